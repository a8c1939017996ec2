"""A folder of pictures to try ``load_folder`` on: snapshots of the four drawings."""

from pathlib import Path

import numpy as np

from vae_tutorial import _validation
from vae_tutorial.data.drawings import DRAWINGS, load_drawings


def example_folder(path, count=250, seed=0):
    """Write snapshots of the four drawings, as a careless photographer of toys would bring home.

    Each is turned and cropped a little, and has a color and a brightness of its own. They are JPEG,
    PNG and WebP files of unequal sizes, in one subfolder for each drawing.

    Args:
        path: the folder, which is made if it isn't there.
        count: how many snapshots of each drawing.
        seed: decides how they vary.

    Introduced in notebook 14.
    """
    _validation.whole_number("count", count)
    rng = np.random.default_rng(seed)
    for name, drawing in zip(DRAWINGS, load_drawings(192), strict=True):
        folder = Path(path) / name
        folder.mkdir(parents=True, exist_ok=True)
        for i in range(count):
            kind, options = [("jpg", {"quality": 90}), ("png", {}), ("webp", {})][i % 3]
            _snapshot(drawing, rng).save(folder / f"{i:04}.{kind}", **options)


def _snapshot(drawing, rng):
    """One picture of a drawing, uint8 (192, 192, 3)."""
    from PIL import Image  # here, because importing the package should cost little

    background = tuple(map(int, drawing[2, 2]))
    turned = Image.fromarray(drawing).rotate(
        rng.normal(0, 8), Image.Resampling.BICUBIC, fillcolor=background
    )
    left, top, width, height = (*rng.integers(0, 20, 2), *rng.integers(160, 172, 2))
    cropped = turned.crop((left, top, left + width, top + height))
    hue, saturation, value = np.moveaxis(np.array(cropped.convert("HSV")), 2, 0)
    hue = hue + rng.integers(0, 256, dtype=np.uint8)  # around the circle of colors
    value = np.clip(value * rng.uniform(0.6, 1.1), 0, 255).astype(np.uint8)
    channels = [Image.fromarray(channel) for channel in (hue, saturation, value)]
    return Image.merge("HSV", channels).convert("RGB")
