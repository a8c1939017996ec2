"""Is this machine fit for the notebooks? Asked by the first cell of each, before TensorFlow loads.

A line for each thing that is wrong, with the way out; nothing where all is well.
"""

import json
import logging
import os
import platform
import sys
from importlib import metadata
from pathlib import Path

import numpy as np
import psutil
from IPython import get_ipython
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from vae_tutorial.order import guard

MEGABYTES = 1536  # what a notebook may take
SHORTENING = ("KERAS_MAX_EPOCHS", "KERAS_MAX_STEPS_PER_EPOCH")
AGAIN = "restart the kernel, and run this cell first"


class SetupError(RuntimeError):
    """What keeps the notebooks from running: its text is what a reader needs, without a traceback.

    The text has a line for each thing.
    """

    def _render_traceback_(self):  # IPython asks for it
        return str(self).splitlines()


def check_setup():
    """Look at Python, packages, processor, Keras's settings and free memory.

    Prints a line for each thing that is wrong. In a notebook, a cell that needs what is not defined
    yet is from now on answered by the cell that has to be run first.

    Raises:
        SetupError: for what would end the kernel or spoil each model.
    """
    for line in (*_python(), *_packages(), *_environment(), *_memory()):
        print(line)
    if broken := [*_processor(), *_keras()]:
        raise SetupError("\n".join(broken))
    # Where a home can't be written Matplotlib keeps its cache elsewhere, which concerns no reader.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    if (shell := get_ipython()) is not None:
        guard(shell)


def _about():
    """The metadata of the installed package; nothing where it lies beside and isn't installed."""
    try:
        return metadata.metadata("vae-tutorial")
    except metadata.PackageNotFoundError:
        return {}


def _python():
    version, wanted = platform.python_version(), _about().get("Requires-Python")
    if wanted is None:
        yield "vae_tutorial is not installed: run make lab in its folder, or pip install . there."
    elif not SpecifierSet(wanted).contains(version):
        yield f"Python {version} runs here, {wanted} is needed: try make PYTHON=python3.12 lab."


def _packages():
    for text in metadata.requires("vae-tutorial") or () if _about() else ():
        wanted = Requirement(text)
        if wanted.marker and not wanted.marker.evaluate({"extra": ""}):
            continue
        way_out = f"run make lab, or pip install '{wanted.name}{wanted.specifier}'."
        try:
            version = metadata.version(wanted.name)
        except metadata.PackageNotFoundError:
            yield f"{wanted.name} is not installed: {way_out}"
            continue
        if not wanted.specifier.contains(version, prereleases=True):
            yield f"{wanted.name} {version} is here, {wanted.specifier} is needed: {way_out}"


def _environment():
    for name in SHORTENING:
        if name in os.environ:
            yield f"{name} is set, which cuts trainings short: unset it, and {AGAIN}."


def _processor():
    # As NumPy found it; TensorFlow's own check is an illegal instruction, which ends the kernel.
    features = getattr(np._core._multiarray_umath, "__cpu_features__", {})
    if platform.machine() in ("x86_64", "AMD64") and not features.get("AVX", True):
        yield (
            "This processor lacks AVX, without which TensorFlow can't run: take another machine, "
            "or Binder."
        )


def _keras():
    if "keras" in sys.modules:
        keras = sys.modules["keras"]
        found = {
            "backend": (keras.backend.backend(), "tensorflow"),
            "float type": (keras.config.floatx(), "float32"),
            "dtype policy": (keras.config.dtype_policy().name, "float32"),
            "data format": (keras.config.image_data_format(), "channels_last"),
        }
        for what, (here, wanted) in found.items():
            if here != wanted:
                yield f"Keras's {what} is {here}, and must be {wanted}: {AGAIN}."
        return
    # What else keras.json asks for is overruled; but these values Keras refuses to start with.
    home = Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser()
    try:
        asked = json.loads((home / "keras.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    admitted = {
        "floatx": lambda value: value in ("float16", "float32", "float64"),
        "epsilon": lambda value: isinstance(value, float),
        "image_data_format": lambda value: value in ("channels_last", "channels_first"),
    }
    names = list(admitted) if isinstance(asked, dict) else []
    bad = [f"{n} {asked[n]!r}" for n in names if n in asked and not admitted[n](asked[n])]
    if bad or not isinstance(asked, dict):
        what = " and ".join(bad) or "no settings"
        yield f"keras.json holds {what}, with which Keras won't start: delete it from {home}."


def _memory():
    there = psutil.virtual_memory().available
    limits = [free for free in map(_free_in, _groups()) if free is not None]
    # What this kernel holds already counts: the cell may be run again.
    free = (min([there, *limits]) + psutil.Process().memory_info().rss) // 2**20
    if free < MEGABYTES:
        yield (
            f"{free:,} MB of memory are free, {MEGABYTES:,} are needed: shut down other kernels, "
            "and close what you don't use."
        )


def _groups():
    """Folders where Linux says how much memory a container, or this process, may have."""
    root, paths = Path("/sys/fs/cgroup"), ["/"]
    try:
        lines = Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    paths += [p for _, kind, p in (line.split(":", 2) for line in lines) if kind in ("", "memory")]
    return [top / path.lstrip("/") for top in (root, root / "memory") for path in paths]


def _free_in(group):
    """Bytes left in a group; None where it isn't one, or has no limit."""
    for limit, usage in (
        ("memory.max", "memory.current"),
        ("memory.limit_in_bytes", "memory.usage_in_bytes"),
    ):
        try:
            limit, usage = (int((group / name).read_text()) for name in (limit, usage))
            stat = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
        except (OSError, ValueError):  # there is no such file, or it says "max"
            continue
        # Files that were read and can be read again are counted, but given up when needed.
        return limit - usage + int(stat.get("total_inactive_file", stat.get("inactive_file", 0)))
    return None
