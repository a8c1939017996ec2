"""Saving and loading codes and weights as plain arrays: atomic, checked, nothing that executes."""

import contextlib
import glob
import os
import tempfile
import time
from pathlib import Path

import numpy as np

from vae_tutorial import arguments
from vae_tutorial.archives import SEAL, DataError, Expected, read_npz, sealed

LEFT_BEHIND = 3600  # seconds after which a part belongs to a save that was killed


@contextlib.contextmanager
def trial(path):
    """A new binary file beside ``path``, gone after the body: can there be one?"""
    path = Path(os.path.realpath(path))
    # In the same folder, because a file can be replaced at one stroke only within one disk.
    place = {"dir": path.parent, "prefix": f".{path.name}.", "suffix": ".part"}
    with tempfile.NamedTemporaryFile(**place, delete=False) as file:
        try:
            yield file
        finally:
            with contextlib.suppress(OSError):  # where it has taken the place it is gone
                os.unlink(file.name)


@contextlib.contextmanager
def replacing(path):
    """A new binary file, which takes the place of ``path`` at one stroke once the body has ended.

    Whoever reads ``path`` sees the old file or the whole new one, also after an error in the body
    or a kill, and while others write it too. A link stays: the file that it leads to is replaced.

    Raises:
        OSError: if the file can't be written; an earlier file of that name is as it was.
    """
    path = Path(os.path.realpath(path))
    for part in path.parent.glob(f".{glob.escape(path.name)}.*.part"):
        with contextlib.suppress(OSError):  # another process may be quicker
            if time.time() - part.stat().st_mtime > LEFT_BEHIND:
                part.unlink()
    with trial(path) as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
        file.close()
        # A temporary file is for its owner alone; a saved one is for whom the umask lets.
        os.umask(umask := os.umask(0))
        os.chmod(file.name, 0o666 & ~umask)
        os.replace(file.name, path)


def save_arrays(path, **arrays):
    """Write named arrays to an ``.npz`` file, and with them a hash of them all.

    Args:
        path: where to; its folder must exist.
        arrays: numeric NumPy arrays by name.

    Raises:
        ValueError: for no array or one of objects, before anything is written.
        OSError: if the file can't be written; an earlier file of that name is as it was.
    """
    path = Path(arguments.instance("path", path, str | os.PathLike, "use 'codes.npz'"))
    if path.suffix != ".npz":
        raise ValueError(f"path must end in .npz; got {path.name!r}. Try {path.name + '.npz'!r}")
    if not arrays:
        raise ValueError("arrays must hold at least one; got none. Pass them by name: codes=codes")
    if reserved := {"file", "allow_pickle", SEAL} & set(arrays):
        raise ValueError(
            f"arrays must not be named {reserved.pop()!r}, which is taken: use another name"
        )
    arrays = {name: _array(name, array) for name, array in arrays.items()}
    for name, array in arrays.items():
        if array.dtype.kind not in "biufc":
            kind = "objects" if array.dtype.hasobject else array.dtype
            raise ValueError(f"{name} must hold numbers; got {kind}. Convert it first")
        if not name.isidentifier():
            raise ValueError(f"arrays must have names like codes_2, not {name!r}: use letters.")
    with replacing(path) as file:
        np.savez(file, **sealed(arrays))


def _array(name, array):
    try:
        return np.asarray(array)
    except (TypeError, ValueError):  # rows of different lengths
        raise ValueError(f"{name} must hold numbers in even rows. Convert it first") from None


def load_arrays(path, shapes):
    """Read arrays saved by ``save_arrays``, all of them float32.

    Args:
        path: the ``.npz`` file.
        shapes: {name: shape}, what it must hold.

    Returns:
        {name: array}.

    Raises:
        DataError: if the file holds something else (or is damaged), with the way out.
    """
    arguments.instance("shapes", shapes, dict, "write for example {'codes': (100, 8)}")
    spec = {}
    for name, shape in shapes.items():
        arguments.instance("shapes", shape, tuple | list, f"write for example {{'{name}': (9, 8)}}")
        shape = tuple(arguments.whole_number("shapes", size, minimum=0) for size in shape)
        spec[name] = Expected("float32", shape)
    return read_npz(
        arguments.instance("path", path, str | os.PathLike, "use 'codes.npz'"),
        spec,
        way_out="Save it again with the model that you load it into.",
        complete=True,
    )


def save_weights(path, model):
    """Write a model's weights, in the order of ``model.weights``, to an ``.npz`` file."""
    save_arrays(path, **_weights(model))


def load_weights(path, model):
    """Give a model the weights that ``save_weights`` wrote.

    Raises:
        DataError: if the file doesn't hold exactly this model's shapes, or numbers that are not
            finite; the model is as it was.
    """
    shapes = {name: array.shape for name, array in _weights(model).items()}
    arrays = load_arrays(path, shapes)
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise DataError(f"{path}: {name} holds numbers that are not finite. Train it again.")
    model.set_weights([arrays[name] for name in shapes])


def _weights(model):
    if not hasattr(model, "get_weights"):
        arguments.refuse(TypeError, "model", "be a Keras model", model, "the path comes first")
    return {f"weight_{i:03}": array for i, array in enumerate(model.get_weights())}


__all__ = [
    "DataError",
    "load_arrays",
    "load_weights",
    "replacing",
    "save_arrays",
    "save_weights",
    "trial",
]
