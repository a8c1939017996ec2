"""A map of two-dimensional codes with a point to drag, and the image decoded there."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

from vae_tutorial import _validation, plots
from vae_tutorial._validation import error
from vae_tutorial.widgets._values import evenly_spaced
from vae_tutorial.widgets.explorer import Explorer

SIDE, MARGIN = 400, 12  # pixels of the map, and of the white around its codes
BETWEEN = 4  # pixels between the map and the image beside it
SMALL, LARGE = ImageFont.load_default(17), ImageFont.load_default(32)
ORANGE, INK = "#E69F00", "#000000"


def code_map_explorer(model, codes, labels=None, *, low=None, high=None, noise=False, seed=0):
    """A map of two-dimensional codes with a point to drag, and the image decoded there.

    Args:
        model: a model with ``decode`` and latent_dim 2.
        codes: float (n, 2), the codes of real images, drawn as dots.
        labels: (n,) class indices from 0, for a color and a name of each class.
        low: (2,), the lower left corner of the map; by default the smallest codes.
        high: (2,), the upper right corner; by default the largest codes.
        noise: whether there is a slider for the stddev of noise; with noise, nine images are
            decoded around the point.
        seed: decides the noise.
    """
    code_map = CodeMap(codes, labels, low=low, high=high)
    seed = _validation.whole_number("seed", seed, 0, _validation.MAX_SEED)
    epsilon = np.random.default_rng(seed).normal(size=(9, 2))
    line = np.full((SIDE, BETWEEN, 3), 128, np.uint8)
    width = 2 * SIDE + BETWEEN

    def draw(x, y, noise=0.0):
        z = np.array([x, y])
        around = z + noise * epsilon if noise else z[np.newaxis]
        images = model.decode(around.astype(np.float32))
        decoded = plots.image_grid(images, columns=3) if noise else images[0]
        image = [code_map.mark(z, around if noise else ()), line, enlarge(decoded, SIDE)]
        distances = np.square(code_map.codes - z).sum(axis=1)
        nearest = distances.argmin()
        label = "" if labels is None else f" (a {labels[nearest]})"
        sentence = (
            f"z = ({x:.3g}, {y:.3g}); the nearest real code{label} is "
            f"{np.sqrt(distances[nearest]):.2g} away."
        )
        if noise:
            sentence += f" Nine draws with noise of stddev {noise:g}."
        return np.hstack(image), sentence

    def drag(state, start, here):
        if start[0] * width > SIDE:  # beside the map
            return {}
        z = code_map.code_at((here[0] * width / SIDE, here[1]))
        return {"x": z[0], "y": z[1]}

    across, up = (evenly_spaced(code_map.low[i], code_map.high[i], 101) for i in range(2))
    controls = {"x": ("z[0]", across, across[50]), "y": ("z[1]", up, up[50])}
    if noise:
        controls["noise"] = ("noise (stddev)", evenly_spaced(0, 1.5, 31), 0.0)
    return Explorer(draw, controls, width=800, drag=drag)


class CodeMap:
    """Codes as dots, and what is marked among them.

    Args:
        codes: float (n, 2).
        labels: (n,) class indices from 0, or None; each class gets a color and its name.
        class_names: what the classes are called; their indices by default.
        low: (2,), the code at the lower left corner; by default the smallest of each latent.
        high: (2,), the code at the upper right corner; by default the largest.
    """

    def __init__(self, codes, labels=None, class_names=None, *, low=None, high=None):
        self.codes = _validation.codes("codes", codes, 2)
        if labels is not None:
            labels = _validation.labels("labels", labels, plots.MAX_CLASSES)
            _validation.same_length("labels", labels, "codes", codes)
        for name, corner in (("low", low), ("high", high)):
            if corner is not None and (np.shape(corner) != (2,) or not np.isfinite(corner).all()):
                raise error(name, "be two finite numbers", corner, "write for example (-3.5, -3.5)")
        self.low = self.codes.min(axis=0) if low is None else np.array(low, float)
        self.high = self.codes.max(axis=0) if high is None else np.array(high, float)
        if not (self.low < self.high).all() and not (low is None and high is None):
            raise error("low", f"lie below high, {self.high}", f"{self.low}", "swap them")
        self.image = Image.new("RGB", (SIDE, SIDE), "white")
        ink = ImageDraw.Draw(self.image, "RGBA")
        colors = ["#202020"] * len(codes) if labels is None else map(plots.class_color, labels)
        for (x, y), color in zip(self.pixels(self.codes), colors, strict=True):
            ink.rectangle([x - 1, y - 1, x + 1, y + 1], fill=color + "80")
        for label in () if labels is None else np.unique(labels):
            name = f"{label if class_names is None else class_names[label]}"
            style = {"font": LARGE if len(name) < 3 else SMALL, "fill": plots.class_color(label)}
            x, y = self.pixels(self._name_position(label, labels))
            half = ink.textlength(name, style["font"]) / 2
            x = np.clip(x, half, SIDE - half)  # a long name stays on the map
            ink.text((x, y), name, anchor="mm", stroke_width=3, stroke_fill="white", **style)

    def _name_position(self, label, labels):
        """Where a class is most by itself, so that the names don't cover each other."""
        cells = np.floor(12 * (self.codes - self.low) / np.maximum(self.high - self.low, 1e-9))
        _, cells = np.unique(cells, axis=0, return_inverse=True)
        own = np.bincount(cells[labels == label], minlength=cells.max() + 1)
        best = (own**2 / np.bincount(cells)).argmax()
        return self.codes[(cells == best) & (labels == label)].mean(axis=0)

    def pixels(self, z):
        """Pixels (..., 2) from the top left, of codes (..., 2); the largest z[1] is on top."""
        share = (z - self.low) / np.maximum(self.high - self.low, 1e-9)
        share = np.where(np.array([False, True]), 1 - share, share)
        return MARGIN + share * (SIDE - 1 - 2 * MARGIN)

    def code_at(self, point):
        """The code (2,) at a point (x, y) given as fractions of the map, from its top left."""
        share = (np.array(point) * SIDE - MARGIN) / (SIDE - 1 - 2 * MARGIN)
        share = np.clip([share[0], 1 - share[1]], 0, 1)
        return self.low + share * (self.high - self.low)

    def mark(self, z, others=(), stddev=None):
        """The map with a ring at code z (2,): uint8 array (SIDE, SIDE, 3).

        Args:
            z: the code.
            others: codes (m, 2), marked by small dots.
            stddev: (2,), drawn as ellipses of one and two stddevs.
        """
        image = self.image.copy()
        ink = ImageDraw.Draw(image)
        center = self.pixels(z)
        for other in others:
            ink.ellipse(_box(self.pixels(other), 4), fill=ORANGE, outline=INK)
        if stddev is not None:
            radii = stddev * (SIDE - 1 - 2 * MARGIN) / (self.high - self.low)
            for times in (2, 1):
                ink.ellipse(_box(center, times * np.maximum(radii, 1)), outline=INK, width=3)
        # A ring, so that what is there shows.
        ink.ellipse(_box(center, 11), outline=INK, width=4)
        ink.ellipse(_box(center, 10), outline=ORANGE, width=2)
        ink.ellipse(_box(center, 3), fill=ORANGE, outline=INK)
        return np.asarray(image)


def _box(center, radius):
    return [*(center - radius), *(center + radius)]


def enlarge(image, side):
    """An image with its pixels visible, on white if it isn't square: uint8 (side, side, 3)."""
    small = Image.fromarray(plots.as_rgb_image(image))
    nearest = Image.Resampling.NEAREST
    return np.asarray(ImageOps.pad(small, (side, side), method=nearest, color="white"))
