"""What is in a file: npz, idx and CSV, within limits, and with errors that name the file.

Nothing in a file is executed, and nothing is unpacked beyond a limit that the caller sets.
"""

import hashlib
import io
import math
import re
import struct
import warnings
import zipfile
import zlib

import numpy as np

LABELS = ("label", "labels", "class", "target", "y")  # what headers call the column of labels
NO_LABELS = "A test set without labels can be left out: training images are held out then"
IDX_TYPES = {8: np.dtype("u1"), 12: np.dtype(">i4")}


class DataError(ValueError):
    """A file is not the data it should be: the message says which, what is wrong, what to do."""


def read_file(path, parse, most, hint, checksum=False):
    """What ``parse`` makes of a file's bytes, at most ``most``; a DataError says what is wrong."""
    if not path.is_file():  # reading a pipe would never end
        raise DataError(f"{path} is a folder, a pipe or a device, not a file. {hint}")
    size = path.stat().st_size
    if size > most:
        raise DataError(f"{path} ({size:,} bytes) has more than {most:,} bytes. {hint}")
    with open(path, "rb") as file:
        content = file.read(size)  # no more, though it may have grown
    try:
        if content[:99].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            raise DataError("this is a web page, not data")
        return parse(content)
    except Exception as error:  # from a damaged file libraries raise nearly anything
        wrong = error if isinstance(error, DataError) else "it is empty, cut short or damaged"
        if "Object arrays" in str(error):
            wrong = "it holds pickled Python objects, which are never opened"
        digest = f", sha256 {hashlib.sha256(content).hexdigest()}" if checksum else ""
        raise DataError(f"{path} ({size:,} bytes{digest}): {wrong}. {hint}") from None


def parse_npz(content, names, most):
    """{name: array} of the bytes of an npz file, which must hold these names."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = archive.infolist()
    kinds = {member.compress_type for member in members}  # others have no limit in Python
    limited = kinds <= {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
    if not limited or sum(member.file_size for member in members) > most:
        raise DataError(f"it may uncompress to more than {most:,} bytes")
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        if not set(names) <= set(file.files):
            held = ", ".join(file.files) or "none"
            raise DataError(f"it needs the arrays {', '.join(names)}, and holds {held:.200}")
        return {name: np.asarray(file[name]) for name in names}


def parse_idx(content, most):
    """The array of an idx file, gzipped or not: images (n, h, w), uint8, or labels (n,)."""
    zeros, kind, dimensions = struct.unpack(">HBB", _unpack(content, 4))
    if zeros or kind not in IDX_TYPES or not 1 <= dimensions <= 4:
        found = f"{zeros:04x}{kind:02x}{dimensions:02x}"
        raise DataError(f"it begins with {found}, not 00000803 (images) or 00000801 (labels)")
    offset = 4 + 4 * dimensions
    shape = struct.unpack(f">{dimensions}I", _unpack(content, offset)[4:])
    size = offset + math.prod(shape) * IDX_TYPES[kind].itemsize
    if size > most:
        raise DataError(f"its header promises {shape}, which is more than {most:,} bytes")
    whole = _unpack(content, size + 1)  # one more than promised tells whether there is more
    if len(whole) != size:
        came = "more came" if len(whole) > size else f"{len(whole):,} came"
        raise DataError(f"its header promises {shape}, {size:,} bytes, but {came}")
    array = np.frombuffer(whole, IDX_TYPES[kind], offset=offset).reshape(shape)
    # QMNIST's labels are whole numbers (n, 8): the first is the digit, the others its writer etc.
    return array[:, 0] if kind == 12 and dimensions == 2 else array


def parse_csv(content, most):
    """(images, labels) of a CSV file: in each row a label, and the pixels of a square image."""
    content = _unpack(content, most + 1)
    if len(content) > most:
        raise DataError(f"it uncompresses to more than {most:,} bytes")
    lines = io.TextIOWrapper(io.BytesIO(content), "utf-8-sig")
    separator, header, dtype, shape = _csv_columns(lines.readline(2**22))
    if not header:
        lines.seek(0)
    options = dict(delimiter=separator, comments=None, quotechar='"', ndmin=1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # where NumPy would round, or return nothing
            rows = np.loadtxt(lines, dtype, **options)
    except Warning:
        raise DataError("it has no rows, or numbers that aren't whole") from None
    except ValueError as error:
        reason, _, rest = str(error).partition(" at row ")
        row = re.match(r"\d*", rest)[0] or 0  # NumPy counts rows from 1, but from 0 in conversions
        line = int(row) + bool(header) + ("convert" in reason)
        reason = reason.replace("the dtype passed requires", "expected")
        raise DataError(f"in line {line}, {reason:.100}") from None
    return rows["x"].reshape(-1, *shape), rows["y"]


def _csv_columns(first):
    """(separator, whether there is a header, dtype of a row, shape of an image)."""
    if not first.strip():
        raise DataError("it is empty, or begins with an empty line")
    separator = max(",;\t", key=first.count)
    names = [name.strip(' "\r\n').lower() for name in first.split(separator)]
    header = re.search("[a-df-z_]", first.lower()) is not None  # 1e3 is a number
    pixels, label_is_last = len(names) - 1, names[-1] in LABELS
    channels = [c for c in (1, 3) if pixels and math.isqrt(pixels // c) ** 2 * c == pixels]
    labeled = label_is_last or names[0] in LABELS
    if header and not labeled:
        raise DataError(f"its header names no labels, first or last. {NO_LABELS}")
    if not channels and math.isqrt(len(names)) ** 2 == len(names) > 1:
        raise DataError(f"its {len(names)} columns are the pixels alone. {NO_LABELS}")
    if not channels:
        raise DataError(f"{len(names)} columns are not a label and n * n pixels, or n * n * 3")
    columns = [("y", np.int64), ("x", np.uint8, (pixels,))]
    side = math.isqrt(pixels // channels[0])
    shape = (side, side) if channels == [1] else (side, side, 3)
    return separator, header, np.dtype(columns[::-1] if label_is_last else columns), shape


def _unpack(content, most):
    """The first ``most`` bytes of a file, gzipped or not."""
    if content[:2] != b"\x1f\x8b":
        return content[:most]
    stream = zlib.decompressobj(31)  # gzip, whose checksum is compared once the end is reached
    unpacked = stream.decompress(content, most)
    if len(unpacked) < most and (not stream.eof or stream.unused_data.strip(b"\0")):
        raise DataError("its gzip is cut short, or something follows it")
    return unpacked
