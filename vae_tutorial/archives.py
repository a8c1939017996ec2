"""Reading files of arrays without trusting them: sizes, headers and hashes come first."""

import gzip
import hashlib
import io
import math
import stat
import zipfile
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.lib import format

LONGEST_HEADER = 10_240  # bytes of an npy header
SEAL = "sha256"  # the array that holds the hash of all the others


class DataError(ValueError):
    """A file is not the data it should be: the message says which, what is wrong, what to do."""


class Expected(NamedTuple):
    """What an array in a file must be: dtype, shape, and sha256 of its bytes unless None.

    A None in the shape stands for any length.
    """

    dtype: str
    shape: tuple
    sha256: str | None = None

    def count_bytes(self, shape=None):
        """Bytes of the array; of one of this shape, where its own is not fixed."""
        return math.prod(self.shape if shape is None else shape) * np.dtype(self.dtype).itemsize

    def fits(self, shape):
        """Is this shape one that is expected?"""
        return len(shape) == len(self.shape) and all(
            wanted in (None, size) for wanted, size in zip(self.shape, shape, strict=True)
        )


def sealed(arrays):
    """The arrays (by name) and their seal: a hash of all names, dtypes, shapes and bytes."""
    digest = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        # Written by rows or by columns, it is the same array.
        digest.update(f"{name} {array.dtype.str} {array.shape} ".encode())
        digest.update(np.ascontiguousarray(array))
    return {**arrays, SEAL: np.frombuffer(digest.digest(), np.uint8)}


def read_npz(path, spec, way_out="Fetch the file again.", complete=False, largest=None):
    """Return the arrays of an npz file by name, once all are found to be as `spec` says.

    spec: {name: Expected}; with `complete` the file must hold these arrays alone, and their seal.
    Nothing larger than expected is allocated, and no pickle is opened. `largest`: bytes of the
    file, and of any array in it; needed where a shape is not fixed.
    Raises DataError with the path, size, hash, what is wrong, and `way_out`; OSError if unreadable.
    """
    if largest is None:
        largest = 2**20 + sum(expected.count_bytes() for expected in spec.values())
    parse = partial(_parse_npz, spec=spec, complete=complete, largest=largest)
    return read_checked(Path(path), largest, parse, way_out)


def read_checked(path, largest, parse, way_out):
    """Return parse(content) of a file of at most `largest` bytes, or say all that is wrong with it.

    Raises DataError with the path, size, hash, what `parse` found, and `way_out`.
    """
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):  # a pipe would never end, a device neither
        raise DataError(f"{path} is a folder, a pipe or a device, not a file. {way_out}")
    if status.st_size > largest:
        size = f"{status.st_size:,} bytes"
        raise DataError(f"{path} ({size}) has more than {largest:,} bytes. {way_out}")
    with open(path, "rb") as file:
        content = file.read(status.st_size)  # no more, though it may have grown
    try:
        if content[:99].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            raise DataError("this is a web page, not data")
        return parse(content)
    except MemoryError:
        raise
    except Exception as error:  # a damaged file can raise nearly anything from a parser
        wrong = error if isinstance(error, DataError) else "the file is empty, cut short or damaged"
        found = f"{path} ({len(content):,} bytes, sha256 {hashlib.sha256(content).hexdigest()})"
        raise DataError(f"{found}: {wrong}. {way_out}") from None


def parse_idx(content, shape, sha256):
    """Return the uint8 array in the bytes of a gzipped idx file, once their hash is right."""
    _check_hash("the file", content, sha256)
    header = 4 + 4 * len(shape)  # bytes: a magic number, then each dimension
    return np.frombuffer(gzip.decompress(content), np.uint8, offset=header).reshape(shape)


def _parse_npz(content, spec, complete, largest):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        found = [name.removesuffix(".npy") for name in archive.namelist()]
        held = [name for name in found if name != SEAL]
        if not set(spec) <= set(held) or (complete and set(spec) != set(held)):
            needed, held = ", ".join(spec), ", ".join(held) or "none"
            raise DataError(f"it needs the arrays {needed}, and holds {held:.200}")
        for name in spec:
            _check_layout(archive, name, spec[name], largest)
        if complete:
            if sorted(found) != sorted([*spec, SEAL]):
                raise DataError("it has no seal: it was not written by save_arrays")
            spec = {**spec, SEAL: Expected("uint8", (32,))}
            _check_layout(archive, SEAL, spec[SEAL], largest)
        arrays = {name: format.read_array(archive.open(f"{name}.npy")) for name in spec}
    for name in spec:
        _check_hash(name, np.ascontiguousarray(arrays[name]), spec[name].sha256)
    if complete:
        expected = arrays.pop(SEAL).tobytes().hex()
        right = sealed(arrays)[SEAL].tobytes().hex()
        if right != expected:
            raise DataError(f"its arrays have sha256 {right}, not {expected}")
    return arrays


def _check_layout(archive, name, expected, largest):
    """Refuse an array by its header and by its size in the directory, before it is allocated."""
    info = archive.getinfo(f"{name}.npy")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        # Python would unpack these without a limit.
        raise DataError(f"{name} is packed in a way that NumPy never uses")
    with archive.open(info) as member:
        head = io.BytesIO(member.read(LONGEST_HEADER))
    versions = {(1, 0): format.read_array_header_1_0, (2, 0): format.read_array_header_2_0}
    shape, _, dtype = versions[format.read_magic(head)](head)
    if dtype.hasobject:
        raise DataError(f"{name} is a pickle of Python objects, which is never opened")
    if dtype != expected.dtype or not expected.fits(shape):
        raise DataError(f"{name} must be {expected.dtype} {expected.shape}, not {dtype} {shape}")
    claimed = info.file_size
    right = head.tell() + expected.count_bytes(shape)
    if claimed != right or right > largest:
        raise DataError(f"{name} claims {claimed:,} bytes, and needs {right:,}")


def _check_hash(what, content, expected):
    if expected is not None and expected != (found := hashlib.sha256(content).hexdigest()):
        raise DataError(f"{what} has sha256 {found}, not {expected}")
