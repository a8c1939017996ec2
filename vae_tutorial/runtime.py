"""TensorFlow, imported quietly and set so that the same seed gives the same weights.

The other modules take ``tf`` and ``keras`` from here, so that importing any of them first has the
same effect.
"""

import contextlib
import os
import sys
import tempfile

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@contextlib.contextmanager
def _silent_stderr():
    """Keep what C++ writes to file descriptor 2 out of the notebook; show it if the body fails."""
    sys.stderr.flush()
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


with _silent_stderr():
    import keras
    import tensorflow as tf

    tf.get_logger().setLevel("ERROR")  # a sweep builds many models, which TensorFlow warns of
    tf.config.experimental.enable_op_determinism()
    # Said here, because a user's keras.json may ask for something else.
    keras.config.set_floatx("float32")
    keras.config.set_epsilon(1e-7)
    keras.config.set_image_data_format("channels_last")
    # The first operation makes the CPU device, which logs too.
    tf.zeros(1)

__all__ = ["keras", "tf"]
