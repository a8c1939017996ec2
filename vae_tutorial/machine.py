"""``check_setup``, the first call of each notebook: can this machine run it?"""

import contextlib
import logging
import math
import os
import platform
import sys
import tempfile
from pathlib import Path

import numpy as np

MEMORY = 1536  # MB that a notebook may take
CGROUP = Path("/sys/fs/cgroup")  # where Linux says what a container may use


class SetupError(RuntimeError):
    """The notebooks can't run here; a notebook shows the message without a traceback."""

    def _render_traceback_(self):  # IPython asks for it
        return [str(self)]


def check_setup():
    """Check processor, settings and free memory; load TensorFlow and Keras quietly.

    From then on Keras computes in this kernel in float32 with the channels last, whatever
    ``keras.json`` says.

    Raises:
        SetupError: if TensorFlow or Keras can't run here.
    """
    # As NumPy found it; TensorFlow's own check is an illegal instruction, which kills the kernel.
    features = getattr(np._core._multiarray_umath, "__cpu_features__", {})
    if platform.machine() in ("x86_64", "AMD64") and not features.get("AVX", True):
        raise SetupError("TensorFlow needs a processor with AVX: use another machine, or Binder.")
    if (free := _free_memory()) < MEMORY:
        print(f"Only {free:,.0f} of {MEMORY:,} MB of memory are free: shut down other kernels.")
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # no lines about its font cache
    _load()


def _load():
    if "keras" not in sys.modules:
        os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        with _quiet_stderr():
            import keras
            import tensorflow as tf

            tf.zeros(1)  # the first operation sets up the devices, which logs too
    except (AssertionError, AttributeError, ValueError) as error:  # from reading keras.json
        home = os.environ.get("KERAS_HOME", "~/.keras")
        hint = f"If its settings are odd, delete keras.json from {home}, and restart the kernel."
        raise SetupError(f"Keras did not start: {error!r}. {hint}") from error
    if (backend := keras.backend.backend()) != "tensorflow":
        hint = "restart the kernel, and run this cell first."
        raise SetupError(f"Keras must run on TensorFlow, not on {backend}: {hint}")
    tf.get_logger().setLevel("ERROR")
    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy("float32")
    keras.config.set_epsilon(1e-7)
    keras.config.set_image_data_format("channels_last")


@contextlib.contextmanager
def _quiet_stderr():
    """Hold back what C++ writes to file descriptor 2; show it if the body fails."""
    kept = os.dup(2)
    with tempfile.TemporaryFile() as log:
        os.dup2(log.fileno(), 2)
        try:
            yield
        except BaseException:
            log.seek(0)
            os.write(kept, log.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def _free_memory():
    """MB that this kernel holds or may still take, in its container too; infinite if unknown."""
    try:
        import psutil
    except ImportError:
        return math.inf
    free = psutil.virtual_memory().available
    with contextlib.suppress(OSError, ValueError):  # no container, or one without a limit
        limit, used = (int((CGROUP / f"memory.{name}").read_text()) for name in ("max", "current"))
        # Cached files count as used, but are given up when memory is needed.
        stat = (CGROUP / "memory.stat").read_text().split()
        free = min(free, limit - used + int(stat[stat.index("inactive_file") + 1]))
    # What this kernel already holds counts as free: the cell may be run again.
    return (free + psutil.Process().memory_info().rss) / 2**20
