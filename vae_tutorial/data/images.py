"""MNIST, Fashion-MNIST, the embedded digits or your own images, verified before they are used."""

import gzip
import hashlib
import os
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vae_tutorial import _validation
from vae_tutorial.data._formats import DataError, parse_npz, read_file

VARIABLE = "VAE_TUTORIAL_DATA"
URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
MAX_BYTES = 64 * 2**20  # of a file, and of what it uncompresses to
READ_TIMEOUT, TOTAL_TIMEOUT = 10, 600  # seconds without an answer; seconds for a whole download
MAX_CLASSES = 2**16

ARRAYS = ("x_train", "y_train", "x_test", "y_test")
SHAPES = dict(zip(ARRAYS, [(60_000, 28, 28), (60_000,), (10_000, 28, 28), (10_000,)], strict=True))
MNIST_HASHES = {  # of the arrays, because a file's hash changes with its compression
    "x_train": "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
    "y_train": "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
    "x_test": "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
    "y_test": "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
}
FASHION_HASHES = {  # of the files, in the order of ARRAYS
    "train-images-idx3-ubyte": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
    "train-labels-idx1-ubyte": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    "t10k-images-idx3-ubyte": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    "t10k-labels-idx1-ubyte": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
}
FASHION_ARRAYS = {f"{stem}.gz": name for stem, name in zip(FASHION_HASHES, ARRAYS, strict=True)}
FILE_HASHES = {f"{stem}.gz": digest for stem, digest in FASHION_HASHES.items()}
FILE_HASHES["mnist.npz"] = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
FILES = {"mnist": ("mnist.npz",), "fashion_mnist": tuple(FASHION_ARRAYS)}
DIGITS = tuple("0123456789")
CLOTHES = "T-shirt/top,Trouser,Pullover,Dress,Coat,Sandal,Shirt,Sneaker,Bag,Ankle boot"


@dataclass(frozen=True, eq=False, repr=False)
class Images:
    """Images with their labels: ``load_images`` makes them, or you do, from arrays of your own.

    ``Images("mine", x_train, y_train, x_test, y_test)`` is checked when it is made, and keeps
    read-only views: nothing is copied, and your arrays stay as they are.

    Attributes:
        name: what they are called.
        x_train: uint8 (n, h, w), or (n, h, w, c) with 1 or 3 channels; from 0, black, to 255.
        y_train: whole numbers (n,), each an index into ``class_names``.
        x_test: like ``x_train``, images of the same shape.
        y_test: like ``y_train``.
        class_names: of the classes, however many, whether or not each has images; by default
            "0", "1" and so on, up to the largest label.
        source: where they were found: "folder", "cache", "download", "embedded" or "yours".

    Raises:
        TypeError: for something else than arrays, or arrays of another dtype.
        ValueError: for another shape, or labels out of range.
    """

    name: str
    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    class_names: tuple | None = None
    source: str = "yours"

    def __post_init__(self):
        _validation.instance("name", self.name, str, 'write for example "mine"')
        _check_pixels(self.x_train, self.x_test)
        names = self.class_names
        if names is not None:
            kinds = list | tuple | np.ndarray
            names = _validation.instance("class_names", names, kinds, 'use ("cat", "dog")')
        _check_labels(self.y_train, self.y_test, MAX_CLASSES if names is None else len(names))
        for part in ("train", "test"):
            x, y = f"x_{part}", f"y_{part}"
            _validation.same_length(y, getattr(self, y), x, getattr(self, x))
        if names is None:
            names = range(1 + int(max(self.y_train.max(), self.y_test.max())))
        object.__setattr__(self, "class_names", tuple(map(str, names)))
        for name in ARRAYS:
            view = getattr(self, name).view()
            view.setflags(write=False)
            object.__setattr__(self, name, view)

    def __repr__(self):
        height, width, *channels = self.x_train.shape[1:]
        color = "RGB" if channels == [3] else "gray"
        counts = f"{len(self.x_train):,} training and {len(self.x_test):,} test images"
        classes = "1 class" if len(self.class_names) == 1 else f"{len(self.class_names)} classes"
        return f"{self.name}: {counts}, {height}x{width} {color}, {classes}"


def load_images(name="mnist"):
    """The images of a data set: from a folder, the cache, a download, or embedded ones.

    The first of these that has them serves: the folder named by the environment variable
    VAE_TUTORIAL_DATA, the cache, a download. Failing all, one printed line says that "digits" stand
    in: the 1,797 that scikit-learn embeds, enlarged from 8x8 to 20x20 and centered in 28x28, as
    MNIST's are. The writers of the last 297, our test images, are others (but for one).

    Args:
        name: "mnist", "fashion_mnist" or "digits"; "kmnist" (cursive Japanese, 10 classes);
            "emnist_letters" (a to z) or "emnist_balanced" (47 digits and letters), which come in
            one download of 535 MB. In your folder, KMNIST's files lie in a subfolder ``kmnist``.

    Returns:
        ``Images``: uint8, (n, 28, 28).

    Raises:
        ValueError: for another name.
        DataError: for a damaged file in the folder, which is left untouched. A damaged file in the
            cache is set aside under another name.

    Sources: MNIST, LeCun et al. 1998; Fashion-MNIST, Xiao et al. 2017, arXiv 1708.07747; digits,
    Alpaydin and Kaynak 1998, Cascading Classifiers; KMNIST, Clanuwat et al. 2018, arXiv 1812.01718;
    EMNIST, Cohen et al. 2017, arXiv 1702.05373.
    """
    from vae_tutorial.data import more  # here, because it builds on this module

    if _validation.choice("name", name, (*FILES, "digits", *more.FILES)) == "digits":
        return _embedded()
    files, load = (FILES[name], _load) if name in FILES else (more.FILES[name], more.load)
    folder = _user_folder(files)
    if folder is not None:
        return load(name, folder)
    try:
        return load(name)
    except (OSError, ValueError) as error:
        missing = f"no network, or no writable cache ({type(error).__name__})"
        reason = missing if isinstance(error, OSError) else "the download was not the expected file"
        print(
            f"{name}: {reason}. The 1,797 embedded digits stand in. For the real images go "
            f"online, or put {', '.join(files)} into a folder and name it in {VARIABLE}."
        )
        return _embedded()


def as_floats(images):
    """Images as float32 (n, h, w, c) in [0, 1].

    Args:
        images: uint8 in 0 to 255, or floating in [0, 1]; (n, h, w, c), or (n, h, w) for c = 1.
            What is float32 already is not copied.

    Raises:
        TypeError: for something that isn't an array, or another dtype.
        ValueError: for an empty array, another shape, or pixels out of range.
    """
    images = _validation.images("images", images)
    if images.dtype == np.uint8:
        return np.divide(images, 255, dtype=np.float32)
    return images.astype(np.float32, copy=False)


# Checks of a reader's own arrays


def _check_pixels(x_train, x_test):
    """Raise unless both are uint8 images, gray or RGB, of one shape."""
    for name, x in (("x_train", x_train), ("x_test", x_test)):
        channels = _validation.images(name, x).shape[3]
        if x.dtype != np.uint8:
            hint = f"use np.round(255 * {name}).astype(np.uint8)"
            raise _validation.error(name, "be uint8", x, hint, TypeError)
        if channels not in (1, 3):
            hint = f"keep the color and drop the rest: {name}[..., :{3 if channels > 3 else 1}]"
            if x.shape[1] in (1, 3, 4):
                hint = f"move the channels to the end: np.moveaxis({name}, 1, -1)"
            raise _validation.error(name, "have 1 or 3 channels", x, hint)
    if x_test.shape[1:] != x_train.shape[1:]:
        hint = "resize the images, so that all have one shape"
        if x_test.shape[1:3] == x_train.shape[1:3]:
            one_is_rgb = 3 in (*x_train.shape[3:], *x_test.shape[3:])
            hint = "convert all to gray, or all to RGB"
            hint = hint if one_is_rgb else f"use x_test.reshape{(-1, *x_train.shape[1:])}"
        expected = f"hold images of shape {x_train.shape[1:]}, as x_train does"
        raise _validation.error("x_test", expected, f"{x_test.shape[1:]}", hint)


def _check_labels(y_train, y_test, count):
    """Raise unless both are whole numbers (n,) from 0 to ``count`` - 1; the hint is for both."""
    both = {"y_train": y_train, "y_test": y_test}
    for name, y in both.items():
        if not isinstance(y, np.ndarray) or y.dtype.kind not in "iu" or y.ndim != 1 or y.size == 0:
            one_hot = isinstance(y, np.ndarray) and y.ndim == 2 and y.shape[1] > 1
            _validation.labels(name, y, y.shape[1] if one_hot else count)  # raises
    found = np.unique(np.concatenate([y_train, y_test]))
    low, high = int(found[0]), int(found[-1])
    if low < 0 or high >= count:
        hint = (
            "with labels = np.unique(np.concatenate([y_train, y_test])), pass "
            "np.searchsorted(labels, y_train) and np.searchsorted(labels, y_test)"
        )
        if low == 1 and high == count:
            hint = "pass y_train - 1 and y_test - 1"
        elif len(found) > count:
            hint = f"name all {len(found)} classes, or leave class_names out"
        expected = f"lie in 0 to {count - 1}"
        raise _validation.error("y_train and y_test", expected, f"in {low} to {high}", hint)


# Where images come from


def _user_folder(files):
    folder = os.environ.get(VARIABLE)
    if not folder:
        return None
    missing = [file for file in files if not os.path.isfile(os.path.join(folder, file))]
    if not missing:
        return Path(folder)
    print(f"{VARIABLE} names no folder with {', '.join(missing)}: trying the cache, then online.")
    return None


def _load(name, folder=None):
    """MNIST or Fashion-MNIST from this folder; without one from the cache, or a download."""
    if folder is not None:
        return _images(name, [_read(folder / file) for file in FILES[name]], "folder")
    import pooch

    pooch.get_logger().setLevel("ERROR")  # it logs to stderr, which a notebook shows in red
    cache, parts, source = Path(pooch.os_cache("vae_tutorial")), [], "cache"
    for file in FILES[name]:
        part = _cached(cache / file)
        if part is None:
            pooch.retrieve(URL + file, FILE_HASHES[file], file, cache, downloader=_stream)
            part, source = _read(cache / file), "download"
        parts.append(part)
    return _images(name, parts, source)


def _images(name, parts, source):
    arrays = {array_name: array for part in parts for array_name, array in part.items()}
    class_names = tuple(CLOTHES.split(",")) if name == "fashion_mnist" else DIGITS
    return Images(name=name, class_names=class_names, source=source, **arrays)


def _embedded():
    from PIL import Image
    from sklearn.datasets import load_digits

    digits = load_digits()
    small = [Image.fromarray(image) for image in np.rint(digits.images * 255 / 16).astype(np.uint8)]
    large = np.stack([image.resize((20, 20), Image.Resampling.BICUBIC) for image in small])
    x, y = np.pad(large, ((0, 0), (4, 4), (4, 4))), digits.target.astype(np.uint8)
    parts = {"x_train": x[:1500], "y_train": y[:1500], "x_test": x[1500:], "y_test": y[1500:]}
    return _images("digits", [parts], "embedded")


def _cached(path, read=None):
    """What is in a cached file, or None where there is none or it was set aside."""
    try:
        seen = path.stat()
        try:
            return (read or _read)(path)
        except DataError:
            if os.path.samestat(seen, path.stat()):  # else another process has replaced it
                aside = path.with_name(f"{path.name}.corrupt-{time.time_ns()}")
                os.replace(path, aside)
                print(f"{path.name} in the cache was damaged: it is set aside as {aside.name}.")
    except FileNotFoundError:  # never there, or another process has just set it aside
        pass
    return None


def _stream(url, output_file, _pooch, times=1):
    """Download ``url`` to ``output_file``, within limits of size and time, or ``times`` these."""
    import requests
    from tqdm.auto import tqdm

    # No redirects: one could lead away from https.
    options = dict(stream=True, timeout=READ_TIMEOUT, allow_redirects=False)
    look = dict(unit="B", unit_scale=True, leave=False, disable=None)  # None: not into a pipe
    most, seconds = times * MAX_BYTES, times * TOTAL_TIMEOUT
    deadline = time.monotonic() + seconds
    with requests.get(url, **options) as response, open(output_file, "wb") as output:
        response.raise_for_status()
        length = int(response.headers.get("content-length", 0))
        with tqdm(total=length or None, **look) as bar:
            for block in response.iter_content(2**16):
                if output.tell() + len(block) > most:
                    raise DataError(f"{url} sends more than {most:,} bytes.")
                if time.monotonic() > deadline:
                    raise requests.Timeout(f"{url} took more than {seconds} s.")
                bar.update(output.write(block))


# What is in a file


def _read(path):
    """{array name: array} of one file of a data set, verified; a DataError says all of it."""
    hint = f"Put {URL}{path.name} (sha256 {FILE_HASHES[path.name]}) there, or unset {VARIABLE}."
    is_npz = path.suffix == ".npz"
    parse = _parse_npz if is_npz else lambda content: _parse_idx(content, path.name)
    return read_file(path, parse, MAX_BYTES, hint, checksum=True)


def _parse_npz(content):
    """The four arrays of MNIST in the bytes of an npz file."""
    arrays = parse_npz(content, ARRAYS, MAX_BYTES)
    for name, array in arrays.items():
        if array.dtype != np.uint8 or array.shape != SHAPES[name]:
            found = f"{array.dtype} {array.shape}"
            raise DataError(f"{name} must be uint8 {SHAPES[name]}, not {found:.80}")
        _check_hash(name, np.ascontiguousarray(array), MNIST_HASHES[name])
    return arrays


def _parse_idx(content, file):
    """The one array of Fashion-MNIST in the bytes of a gzipped idx file."""
    _check_hash("the file", content, FILE_HASHES[file])
    name = FASHION_ARRAYS[file]
    header = 4 + 4 * len(SHAPES[name])  # bytes: a magic number, then each dimension
    pixels = np.frombuffer(gzip.decompress(content), np.uint8, offset=header)
    return {name: pixels.reshape(-1, *SHAPES[name][1:])}


def _check_hash(what, content, expected):
    if expected != (found := hashlib.sha256(content).hexdigest()):
        raise DataError(f"{what} has sha256 {found}, not {expected}")
