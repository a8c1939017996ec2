"""Images to learn from: MNIST, Fashion-MNIST and embedded digits, verified before they are used."""

import os
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from vae_tutorial import arguments, arrays
from vae_tutorial.archives import DataError, Expected, parse_idx, read_checked, read_npz

VARIABLE = "VAE_TUTORIAL_DATA"
URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
LARGEST_FILE = 64 * 2**20  # bytes
SILENCE, PATIENCE = 10, 600  # seconds: without an answer, for a whole download


PICTURE, TRAIN, TEST = (28, 28), 60_000, 10_000
SHAPES = dict(x_train=(TRAIN, *PICTURE), y_train=(TRAIN,), x_test=(TEST, *PICTURE), y_test=(TEST,))
MNIST_HASHES = {  # of the arrays, because a file's hash changes with its compression
    "x_train": "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
    "y_train": "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
    "x_test": "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
    "y_test": "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
}
FASHION_HASHES = {  # of the files, in the order of SHAPES
    "train-images-idx3-ubyte": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
    "train-labels-idx1-ubyte": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    "t10k-images-idx3-ubyte": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    "t10k-labels-idx1-ubyte": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
}
MNIST_ARRAYS = {name: Expected("uint8", SHAPES[name], MNIST_HASHES[name]) for name in SHAPES}
FASHION_ARRAYS = {f"{stem}.gz": name for stem, name in zip(FASHION_HASHES, SHAPES, strict=True)}
FILE_HASHES = {f"{stem}.gz": sha256 for stem, sha256 in FASHION_HASHES.items()}
FILE_HASHES["mnist.npz"] = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
FILES = {"mnist": ["mnist.npz"], "fashion_mnist": list(FASHION_ARRAYS)}
CLOTHES = "T-shirt/top,Trouser,Pullover,Dress,Coat,Sandal,Shirt,Sneaker,Bag,Ankle boot"


@dataclass(frozen=True, eq=False, repr=False)
class Images:
    """Grey images with their labels, all uint8 and read-only.

    x_train, x_test: (n, 28, 28), 0 black to 255 white; y_train, y_test: (n,), index in class_names.
    source: where they were found, one of "folder", "cache", "download", "embedded".
    """

    name: str
    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    class_names: tuple
    source: str

    def __post_init__(self):
        for name in SHAPES:
            getattr(self, name).setflags(write=False)

    def __repr__(self):
        height, width = self.x_train.shape[1:]
        counts = f"{len(self.x_train):,} training and {len(self.x_test):,} test images"
        return f"{self.name}: {counts}, {height}x{width} grey, {len(self.class_names)} classes"


def load_images(name="mnist"):
    """Return the Images called "mnist", "fashion_mnist" or "digits".

    They come from the folder that VAE_TUTORIAL_DATA names, else the cache, else a download, else
    (one printed line says so) "digits" stands in: the 1,797 embedded in scikit-learn, enlarged
    from 8x8 to 20x20 and centred in 28x28, as MNIST's are. These are the UCI test set in its own
    order, writer after writer as its labels tell: the writers of the last 297, our test images,
    differ from those of the first 1,500, our training images, but for the one at the seam.

    Raises ValueError for another name, DataError for a bad file in the folder (left untouched); one
    in the cache is set aside. MNIST: LeCun et al. 1998; Fashion-MNIST: Xiao et al. 2017, arXiv
    1708.07747; digits: Alpaydin and Kaynak 1998, Cascading Classifiers.
    """
    if arguments.choice("name", name, (*FILES, "digits")) == "digits":
        return _embedded()
    folder = _user_folder(FILES[name])
    if folder is not None:
        return _images(name, [_read(folder / file) for file in FILES[name]], "folder")
    try:
        return _from_cache_or_download(name)
    except (OSError, ValueError) as error:
        missing = f"no network, or no writable cache ({type(error).__name__})"
        reason = missing if isinstance(error, OSError) else "the download was not the expected file"
        print(
            f"{name}: {reason}. The 1,797 embedded digits stand in: for the real images "
            f"go online, or put {', '.join(FILES[name])} into a folder that {VARIABLE} names."
        )
        return _embedded()


def as_floats(images):
    """Return images as float32 (n, h, w, c) in [0, 1], from uint8 0 to 255 or floats in [0, 1].

    images: (n, h, w, c), or (n, h, w) for c = 1. Floats that are float32 already are not copied.
    Raises TypeError or ValueError as `arrays.pictures` does.
    """
    images = arrays.pictures("images", images)
    if images.dtype == np.uint8:
        return np.divide(images, 255, dtype=np.float32)
    return images.astype(np.float32, copy=False)


def _user_folder(files):
    folder = os.environ.get(VARIABLE)
    if not folder:
        return None
    missing = [file for file in files if not os.path.isfile(os.path.join(folder, file))]
    if not missing:
        return Path(folder)
    print(f"{VARIABLE} names no folder with {', '.join(missing)}: trying the cache, then online.")
    return None


def _from_cache_or_download(name):
    import pooch

    pooch.get_logger().setLevel("ERROR")  # it writes its news to stderr
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
    class_names = tuple("0123456789" if name != "fashion_mnist" else CLOTHES.split(","))
    return Images(name=name, class_names=class_names, source=source, **arrays)


def _embedded():
    from PIL import Image
    from sklearn.datasets import load_digits

    digits = load_digits()
    small = [Image.fromarray(image) for image in np.rint(digits.images * 255 / 16).astype(np.uint8)]
    large = np.stack([image.resize((20, 20), Image.Resampling.BICUBIC) for image in small])
    images, labels = np.pad(large, ((0, 0), (4, 4), (4, 4))), digits.target.astype(np.uint8)
    parts = {"x_train": images[:1500], "y_train": labels[:1500]}
    parts |= {"x_test": images[1500:], "y_test": labels[1500:]}
    return _images("digits", [parts], "embedded")


def _cached(path):
    """Return the arrays of a cached file, or None where there is none or it was set aside."""
    try:
        seen = path.stat()
        try:
            return _read(path)
        except DataError:
            if os.path.samestat(seen, path.stat()):  # else another process has replaced it
                aside = path.with_name(f"{path.name}.corrupt-{time.time_ns()}")
                os.replace(path, aside)
                print(f"{path.name} in the cache was damaged: it is set aside as {aside.name}.")
    except FileNotFoundError:  # never there, or another process has just set it aside
        pass
    return None


def _stream(url, output_file, _pooch):
    """Copy `url` to the path `output_file`, within limits of size and time."""
    import requests
    from tqdm.auto import tqdm

    options = dict(stream=True, timeout=SILENCE, allow_redirects=False)  # none away from https
    look = dict(unit="B", unit_scale=True, leave=False, disable=None)  # None: not into a pipe
    deadline = time.monotonic() + PATIENCE
    with requests.get(url, **options) as response, open(output_file, "wb") as output:
        response.raise_for_status()
        length = int(response.headers.get("content-length", 0))
        with tqdm(total=length or None, **look) as bar:
            for block in response.iter_content(2**16):
                if output.tell() + len(block) > LARGEST_FILE:
                    raise DataError(f"{url} sends more than {LARGEST_FILE:,} bytes.")
                if time.monotonic() > deadline:
                    raise requests.Timeout(f"{url} took more than {PATIENCE} s.")
                bar.update(output.write(block))


def _read(path):
    """Return {array name: array} of one file that belongs to a data set."""
    way_out = f"Put {URL}{path.name} (sha256 {FILE_HASHES[path.name]}) there, or unset {VARIABLE}."
    if path.suffix == ".npz":
        return read_npz(path, MNIST_ARRAYS, way_out)
    array_name, sha256 = FASHION_ARRAYS[path.name], FILE_HASHES[path.name]
    parse = partial(parse_idx, shape=(-1, *SHAPES[array_name][1:]), sha256=sha256)
    return {array_name: read_checked(path, LARGEST_FILE, parse, way_out)}
