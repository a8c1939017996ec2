"""KMNIST and EMNIST by name, which ``load_images`` offers beside MNIST.

Sources: Clanuwat et al. 2018, arXiv 1812.01718; Cohen et al. 2017, arXiv 1702.05373.
"""

import dataclasses
import functools
import hashlib
import os
import string
import tempfile
from pathlib import Path

from vae_tutorial.data import arrays, images
from vae_tutorial.data._formats import DataError

KMNIST_URL = "https://codh.rois.ac.jp/kmnist/dataset/kmnist/"
EMNIST_URL = "https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip"
# MD5 guards against damage, not against an attack: nothing better is published for these files.
MD5 = {
    "train-images-idx3-ubyte.gz": "md5:bdb82020997e1d708af4cf47b453dcf7",
    "train-labels-idx1-ubyte.gz": "md5:e144d726b3acfaa3e44228e80efcd344",
    "t10k-images-idx3-ubyte.gz": "md5:5c965bf0a639b31b8f53240b1b52f4d7",
    "t10k-labels-idx1-ubyte.gz": "md5:7320c461ea6c1c855c0b718fb2a4b134",
    "gzip.zip": "md5:58c8d27c78d21e728a6bc7b3cc06412e",
}
EMNIST = "emnist_letters", "emnist_balanced"
PARTS = "train-images-idx3", "train-labels-idx1", "test-images-idx3", "test-labels-idx1"
# KMNIST's files are called as Fashion-MNIST's, and hence have a folder of their own.
FILES = {"kmnist": tuple(f"kmnist/{file}" for file in images.FASHION_ARRAYS)}
FILES |= {k: tuple(f"{k.replace('_', '-')}-{part}-ubyte.gz" for part in PARTS) for k in EMNIST}
CLASSES = {
    "kmnist": "o ki su tsu na ha ma ya re wo".split(),
    "emnist_letters": string.ascii_lowercase,  # labeled from 1
    # Small letters that look like their capitals count as these.
    "emnist_balanced": string.digits + string.ascii_uppercase + "abdefghnqrt",
}
UNSET = f"unset {images.VARIABLE}."


def load(name, folder=None):
    """A set from this folder; without one from the cache, or a download."""
    source = "folder"
    if folder is None:
        folder, source = _cache(name)
    parts = [_read(folder / file) for file in FILES[name]]
    found = arrays.make_images(name, *parts, name.startswith("emnist"), folder)
    first = int(name == "emnist_letters")
    if found.class_names != tuple(map(str, range(first, first + len(CLASSES[name])))):
        held = f"{', '.join(found.class_names):.60}"
        wrong = f"{name} must have {len(CLASSES[name])} labels from {first} on, not {held}"
        raise DataError(f"{folder}: {wrong}. Put its real files there, or {UNSET}")
    return dataclasses.replace(found, class_names=tuple(CLASSES[name]), source=source)


def _cache(name):
    """The cache folder, once it has the files of a set; whether from before, or by a download."""
    import pooch

    pooch.get_logger().setLevel("ERROR")  # it logs to stderr, which a notebook shows in red
    cache = Path(pooch.os_cache("vae_tutorial"))
    missing = [file for file in FILES[name] if images._cached(cache / file, _read) is None]
    if missing:
        (_download_kmnist if name == "kmnist" else _download_emnist)(missing, cache)
    return cache, "download" if missing else "cache"


def _download_kmnist(files, cache):
    import pooch

    for file in files:
        file, options = Path(file).name, dict(downloader=images._stream)
        pooch.retrieve(KMNIST_URL + file, MD5[file], file, cache / "kmnist", **options)


def _download_emnist(_, cache):
    """All of EMNIST that ``FILES`` names: it comes in one zip, which isn't kept."""
    import pooch

    cache.mkdir(parents=True, exist_ok=True)
    stream = functools.partial(images._stream, times=16)  # the limits of other downloads
    unzip = pooch.Unzip([f"gzip/{file}" for split in EMNIST for file in FILES[split]])
    with tempfile.TemporaryDirectory(prefix="emnist-", dir=cache) as folder:
        url, known = EMNIST_URL, MD5["gzip.zip"]
        for path in pooch.retrieve(url, known, "gzip.zip", folder, unzip, stream):
            os.replace(path, cache / Path(path).name)


def _read(path):
    """The array in one file; an error for another MD5 says where the right one is."""
    if path.name in MD5 and path.is_file():
        found = "md5:" + hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
        if found != MD5[path.name]:
            hint = f"Put {KMNIST_URL}{path.name} there, or {UNSET}"
            raise DataError(f"{path} has {found}, not {MD5[path.name]}. {hint}")
    return arrays.read(path)[0]
