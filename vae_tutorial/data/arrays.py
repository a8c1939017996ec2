"""Sets like MNIST from files of your own: npz, idx and CSV."""

import hashlib
import re
from pathlib import Path

import numpy as np

from vae_tutorial import _validation
from vae_tutorial.data._formats import DataError, parse_csv, parse_idx, parse_npz, read_file
from vae_tutorial.data.images import ARRAYS, Images

MAX_BYTES = 2**31  # of a file, and of what it uncompresses to: EMNIST's largest has 547 MB
# train-images-idx3-ubyte.gz, emnist-letters-test-labels-idx1-ubyte, kmnist-train-imgs.npz, ...
NAME = re.compile(
    r"(?:([^.].*)[-_])?(train|t10k|test)[-_](images|imgs|labels)"
    r"(?:[-.]idx\d-(?:ubyte|int)(?:\.gz)?|\.npz)"
)
HINTS = {
    ".npz": 'Download or copy it again, or make Images("mine", ...) of arrays of your own.',
    ".idx": "Download or copy it again, packed (.gz) or unpacked.",
    ".csv": "Write a label and n * n whole numbers from 0 to 255 (or n * n * 3, in color) in each "
    "row; with a header, call the first or the last column label.",
}


def load_arrays(path, test=None, *, test_share=0.1, transpose=None):
    """A set like MNIST from the disk, as ``Images``.

    - ``load_arrays("mnist.npz")``: a file with x_train, y_train, x_test and y_test.
    - ``load_arrays("fashion")``: a folder with four idx files, packed (.gz) or not, named as those
      of MNIST, Fashion-MNIST, KMNIST, QMNIST or EMNIST; or with the four npz files of KMNIST.
    - ``load_arrays("gzip/emnist-letters")``: where a folder holds several sets, add the beginning
      of the files' names.
    - ``load_arrays("train.csv")``, ``load_arrays("mnist_train.csv", "mnist_test.csv")``: CSV files,
      also packed (.csv.gz), with a label and the pixels of a square image in each row: gray, or
      red, green and blue of each pixel in turn. Without a header, the label comes first.

    The labels may be any whole numbers, with gaps or from 1. They become 0, 1, 2 and so on;
    ``class_names`` says what they were.

    Args:
        path: a file, a folder, or a folder and the beginning of its files' names.
        test: for CSV, the file with the test images.
        test_share: for CSV without ``test``, about how many rows become test images. The pixels
            of a row alone decide which, so that it stays where it is when others come.
        transpose: whether to swap rows and columns. By default only images from files called
            emnist... are turned so, because EMNIST's lie on their sides.

    Raises:
        DataError: for a file that isn't there, or isn't what it should be.
    """
    share = _validation.positive_number("test_share", test_share, maximum=0.9, example=0.1)
    path, files = Path(path), [Path(path)]
    name = path.name.split(".")[0]
    if _is_csv(path):
        files += [] if test is None else [Path(test)]
        parts = [part for file in files for part in read(file)]
        parts = _hold_out(path, *parts, share) if test is None else parts
    elif test is not None:
        raise DataError(f"{path} is no CSV file, and test is for CSV alone: leave test out.")
    elif path.suffix == ".npz" and not NAME.fullmatch(path.name):
        parts = read(path, ARRAYS)
    else:
        files = _find(path)
        name = NAME.fullmatch(files[0].name)[1] or files[0].resolve().parent.name
        parts = [read(file, ["arr_0"])[0] for file in files]
    if transpose is None:
        transpose = files[0].name.lower().startswith("emnist")
    return make_images(name, *parts, transpose, " and ".join(str(file) for file in files))


def read(path, names=()):
    """The arrays in one file: those called ``names`` of an npz, (x, y) of a CSV, one of an idx."""
    kind = ".csv" if _is_csv(path) else ".npz" if path.suffix == ".npz" else ".idx"
    if not path.exists():
        raise DataError(f"{path} is not there: check the folder, and the name.")
    parse = {
        ".csv": lambda content: parse_csv(content, MAX_BYTES),
        ".npz": lambda content: list(parse_npz(content, names, MAX_BYTES).values()),
        ".idx": lambda content: [parse_idx(content, MAX_BYTES)],
    }[kind]
    return read_file(path, parse, MAX_BYTES, HINTS[kind])


def _is_csv(path):
    return path.name.lower().endswith((".csv", ".csv.gz"))


def _find(path):
    """The files of a set: training images and labels, test images and labels."""
    folder, match = (path if path.is_dir() else path.parent), NAME.fullmatch(path.name)
    sets = {}
    for file in sorted(folder.iterdir()) if folder.is_dir() else ():
        found = NAME.fullmatch(file.name)
        if found and file.is_file():
            key = found[2] != "train", found[3] == "labels"
            sets.setdefault(found[1] or "", {}).setdefault(key, file)
    if folder != path:
        prefix = (match[1] or "") if match else path.name.rstrip("-_")
        sets = {prefix: sets[prefix]} if prefix in sets else {}
    whole = {prefix: files for prefix, files in sets.items() if len(files) == 4}
    if len(whole) > 1:
        ways = [
            str(folder / (prefix or files[False, False].name)) for prefix, files in whole.items()
        ]
        raise DataError(f"{path} holds several sets: give one of {', '.join(ways)} instead.")
    if not whole:
        held = ", ".join(file.name for files in sets.values() for file in files.values()) or "none"
        raise DataError(
            f"{path} must be an npz or CSV file, or a folder with four files such as "
            f"train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz "
            f"and t10k-labels-idx1-ubyte.gz, of which it holds {held}: check the path, or complete "
            f"them. For a folder of pictures use load_folder."
        )
    return [file for _, file in sorted(*[files.items() for files in whole.values()])]


def _hold_out(path, x, y, share):
    """(x_train, y_train, x_test, y_test) of the rows of one file, at least one for each part."""
    if len(x) < 2:
        raise DataError(f"{path} holds {len(x)} image: put in at least two, or give test.")
    hashes = [hashlib.sha256(image.tobytes()).digest()[:8] for image in x]
    numbers = np.array([int.from_bytes(digest, "big") / 2**64 for digest in hashes])
    is_test, order = numbers < share, np.argsort(numbers)
    is_test[order[0]], is_test[order[-1]] = True, False
    return x[~is_test], y[~is_test], x[is_test], y[is_test]


def make_images(name, x_train, y_train, x_test, y_test, transpose, where):
    """``Images``, whose labels become 0, 1, 2, ...; an error says where they come from."""
    turn = [x.swapaxes(1, 2) if transpose and x.ndim > 2 else x for x in (x_train, x_test)]
    labels, classes = [y_train, y_test], None
    try:
        if all(y.dtype.kind in "iu" and y.ndim == 1 for y in labels):  # else Images says what is
            classes, both = np.unique(np.concatenate(labels).astype(np.int64), return_inverse=True)
            labels = np.split(both, [len(y_train)])
        return Images(name, turn[0], labels[0], turn[1], labels[1], classes, source="folder")
    except (TypeError, ValueError) as error:
        raise DataError(f"{where}: {error}") from None
