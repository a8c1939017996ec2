"""Images from a folder of your own: of any size and kind, with labels from its subfolders."""

import hashlib
import os
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

from vae_tutorial import _validation
from vae_tutorial.data.images import DataError, Images

KINDS = {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".gif", ".bmp"}
FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP")  # Pillow tries no other decoder
MAX_PIXELS = 100_000_000  # of a file: more is a bomb, or a mistake
IN_MEMORY = 2**30  # bytes


def load_folder(
    path, size=(64, 64), *, gray=False, shape="crop", test_share=0.1, in_memory=IN_MEMORY
):
    """The images of a folder and its subfolders, as ``Images``.

    JPEG, PNG, WebP, TIFF, BMP, and the first picture of a GIF; turned as their camera says, on
    white where they are transparent. A file that can't be read is named in one printed line, and
    left out; files of other kinds are counted in one. Nothing outside of the folder is read.

    Args:
        path: the folder. Each subfolder is a class; pictures beside them form a class, too.
        size: (height, width) of the images in pixels.
        gray: whether to drop the colors.
        shape: what happens to pictures of another shape: "crop" or "pad" (in white).
        test_share: about how many become test images. A file's name alone decides which, so that a
            file stays where it is when others come.
        in_memory: bytes; if the images need more, they lie in a temporary file on the disk.

    Raises:
        DataError: if there is no folder, or fewer than two images in it.
    """
    from PIL import Image, UnidentifiedImageError  # here, so that importing costs little

    height, width = _validation.whole_numbers("size", size, least=2, maximum=_validation.MAX_SIZE)
    _validation.choice("shape", shape, ("crop", "pad"))
    test_share = _validation.positive_number("test_share", test_share, maximum=0.9)
    root = Path(path)
    if not root.is_dir():
        raise DataError(f"{root} is not a folder: name one that holds your pictures.")
    # Training images first: both parts are then views of one array, and nothing is copied.
    files = sorted((_number(file.relative_to(root)) < test_share, file) for file in _files(root))
    x = _room((len(files), height, width, *([] if gray else [3])), in_memory)
    kept = []
    for is_test, file in tqdm(files, desc=root.name, unit="image", delay=5, leave=False):
        try:
            x[len(kept)] = _read(file, (width, height), gray, shape)
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            unknown = isinstance(error, UnidentifiedImageError)
            reason = "not a picture" if unknown else f"{error}".partition("\n")[0]
            reason = reason.replace(f"{file}", "the file")
            print(f"left out {file.relative_to(root).as_posix()}: {reason or type(error).__name__}")
            continue
        kept.append((is_test, file.relative_to(root)))
    if len(kept) < 2:
        raise DataError(f"{root} holds {len(kept)} pictures that can be read: put in at least two.")
    tests, paths = zip(*kept, strict=True)
    classes = [path.parts[0] if path.parts[1:] else root.resolve().name for path in paths]
    names, labels = np.unique(classes, return_inverse=True)
    count = min(max(len(kept) - sum(tests), 1), len(kept) - 1)  # at least one of each
    parts = [x[:count], labels[:count], x[count : len(kept)], labels[count:]]
    return Images(root.name, *parts, tuple(names), source="folder")


def _files(root):
    """The picture files below a folder, without those that a link would fetch from elsewhere."""
    inside, others = Path(os.path.realpath(root)), Counter()
    for folder, _, names in os.walk(root):  # which follows no linked folder
        for name in names:
            file = Path(folder, name)
            if name.startswith("."):
                continue
            if file.suffix.lower() not in KINDS:
                others[file.suffix.lower() or name] += 1
            elif inside in Path(os.path.realpath(file)).parents and os.path.isfile(file):
                yield file
            else:
                print(f"left out {file.relative_to(root).as_posix()}: not a file in this folder")
    if others:
        found = ", ".join(f"{count} {kind}" for kind, count in others.most_common(5))
        print(f"passed over {found}: it reads {', '.join(FORMATS)}")


def _room(shape, in_memory):
    """An empty uint8 array: in memory, or in a file that goes when the array goes."""
    if np.prod(shape, dtype=float) <= in_memory:
        return np.empty(shape, np.uint8)
    return np.memmap(tempfile.TemporaryFile(), np.uint8, "w+", shape=shape)


def _read(file, size, gray, shape):
    """One picture: uint8 (h, w), or (h, w, 3) in color."""
    from PIL import Image, ImageOps

    with Image.open(file, formats=FORMATS) as opened:
        if opened.width * opened.height > MAX_PIXELS:
            raise ValueError(f"{opened.width:,} x {opened.height:,} pixels are too many")
        opened.draft("RGB", (4 * size[0], 4 * size[1]))  # a large JPEG need not be decoded whole
        image = ImageOps.exif_transpose(opened)
    if image.mode.startswith(("I", "F")):  # 16 bits, or more
        numbers = np.asarray(image, float).clip(0)
        most = 65535 if image.mode[0] == "I" and numbers.max() < 65536 else max(numbers.max(), 1)
        image = Image.fromarray(np.rint(255 / most * numbers).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    image = image.convert("RGB").convert("L" if gray else "RGB")
    resize = ImageOps.fit if shape == "crop" else ImageOps.pad
    options = {} if shape == "crop" else {"color": "white"}
    return np.asarray(resize(image, size, Image.Resampling.LANCZOS, **options))


def _number(name):
    """A number from 0 to 1 that a file's name alone decides."""
    return int.from_bytes(hashlib.sha256(name.as_posix().encode()).digest()[:8], "big") / 2**64
