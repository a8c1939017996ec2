"""Two widgets around a map of two-dimensional codes: a point to drag, and a pad to draw on."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from vae_tutorial import arguments, arrays, plots
from vae_tutorial.data import Images, as_floats
from vae_tutorial.explorer import Explorer
from vae_tutorial.stops import steps
from vae_tutorial.strokes import Strokes, digit

SIDE, MARGIN = 400, 12  # pixels of the map, and of the white around its codes
TEXT, LARGE = ImageFont.load_default(17), ImageFont.load_default(32)
PALETTE = [*plots.COLOURS, "#7A5195", "#8C6D1F", "#C00000", "#666666"]
ORANGE, INK = "#E69F00", "#000000"
NEIGHBOURS = 8


class Map:
    """Codes as dots, and what is marked among them.

    Args:
        codes: float (n, 2).
        labels: (n,) whole numbers 0 to 9, or None; each class gets a colour and its name.
        low: (2,), the code at the lower left corner; the least of each number by default.
        high: (2,), the code at the upper right corner; the largest by default.
    """

    def __init__(self, codes, labels=None, low=None, high=None):
        self.codes = arrays.codes("codes", codes, 2)
        if labels is not None:
            arguments.as_many("labels", arrays.labels("labels", labels, 10), "codes", codes)
        for name, corner in (("low", low), ("high", high)):
            if corner is not None and (np.shape(corner) != (2,) or not np.isfinite(corner).all()):
                way_out = "write for example (-3.5, -3.5)"
                arguments.refuse(ValueError, name, "be two finite numbers", corner, way_out)
        self.low = self.codes.min(axis=0) if low is None else np.array(low, float)
        self.high = self.codes.max(axis=0) if high is None else np.array(high, float)
        if not (self.low < self.high).all() and not (low is None and high is None):
            arguments.refuse(ValueError, "low", "lie below high", f"{self.low}", "swap them")
        self.image = Image.new("RGB", (SIDE, SIDE), "white")
        ink = ImageDraw.Draw(self.image, "RGBA")
        colours = ["#202020"] * len(codes) if labels is None else [PALETTE[i] for i in labels]
        for (x, y), colour in zip(self.places(self.codes), colours, strict=True):
            ink.rectangle([x - 1, y - 1, x + 1, y + 1], fill=colour + "80")
        for label in () if labels is None else np.unique(labels):
            x, y = self.places(self._home(label, labels))
            style = {"font": LARGE, "anchor": "mm", "stroke_width": 3, "stroke_fill": "white"}
            ink.text((x, y), f"{label}", fill=PALETTE[label], **style)

    def _home(self, label, labels):
        """Where a class keeps most to itself, so that the names don't cover each other."""
        cells = np.floor(12 * (self.codes - self.low) / np.maximum(self.high - self.low, 1e-9))
        _, cells = np.unique(cells, axis=0, return_inverse=True)
        own = np.bincount(cells[labels == label], minlength=cells.max() + 1)
        best = (own**2 / np.bincount(cells)).argmax()
        return self.codes[(cells == best) & (labels == label)].mean(axis=0)

    def places(self, z):
        """Pixels (..., 2) from the top left, of codes (..., 2); the largest z[1] is on top."""
        share = (z - self.low) / np.maximum(self.high - self.low, 1e-9)
        share = np.where(np.array([False, True]), 1 - share, share)
        return MARGIN + share * (SIDE - 1 - 2 * MARGIN)

    def code(self, point):
        """The code (2,) at a point (x, y) given in shares of the map, from its top left."""
        share = (np.array(point) * SIDE - MARGIN) / (SIDE - 1 - 2 * MARGIN)
        share = np.clip([share[0], 1 - share[1]], 0, 1)
        return self.low + share * (self.high - self.low)

    def marked(self, z, others=(), stddev=None):
        """The map with a ring at code z (2,): uint8 array (SIDE, SIDE, 3).

        Args:
            z: the code.
            others: codes (m, 2), marked by small dots.
            stddev: (2,), drawn as ellipses of one and two stddevs.
        """
        image = self.image.copy()
        ink = ImageDraw.Draw(image)
        for place in others:
            ink.ellipse(_around(self.places(place), 4), fill=ORANGE, outline=INK)
        if stddev is not None:
            radii = stddev * (SIDE - 1 - 2 * MARGIN) / (self.high - self.low)
            for times in (2, 1):
                box = _around(self.places(z), times * np.maximum(radii, 1))
                ink.ellipse(box, outline=INK, width=3)
        for radius, colour in ((11, INK), (10, ORANGE)):  # a ring, so that what is there shows
            ink.ellipse(
                _around(self.places(z), radius), outline=colour, width=4 if colour == INK else 2
            )
        ink.ellipse(_around(self.places(z), 3), fill=ORANGE, outline=INK)
        return np.asarray(image)


def _around(place, radius):
    return [*(place - radius), *(place + radius)]


def enlarged(picture, side):
    """A picture with its pixels visible: uint8 array (side, side, 3)."""
    small = Image.fromarray(plots.as_picture(picture))
    return np.asarray(small.resize((side, side), Image.Resampling.NEAREST))


def code_map_explorer(model, codes, labels=None, *, low=None, high=None, noise=False, seed=0):
    """A map of two-dimensional codes with a point to drag, and the picture decoded there.

    Args:
        model: a model with ``decode`` and latent_dim 2.
        codes: float (n, 2), the codes of real images, drawn as dots.
        labels: (n,) whole numbers 0 to 9, for a colour and a name of each class.
        low: (2,), the lower left corner of the map; the least of the codes by default.
        high: (2,), the upper right corner.
        noise: whether there is a slider for the stddev of noise; with noise, nine pictures are
            decoded around the point.
        seed: decides the noise.
    """
    ground = Map(codes, labels, low, high)
    epsilon = np.random.default_rng(seed).normal(size=(9, 2))
    line = np.full((SIDE, 4, 3), 128, np.uint8)

    def draw(x, y, noise=0.0):
        z = np.array([x, y])
        around = z + noise * epsilon if noise else z[np.newaxis]
        pictures = model.decode(around.astype(np.float32))
        shown = plots.mosaic(pictures, columns=3) if noise else pictures[0]
        sheet = [ground.marked(z, around if noise else ()), line, enlarged(shown, SIDE)]
        distances = np.square(ground.codes - z).sum(axis=1)
        nearest = distances.argmin()
        whose = "" if labels is None else f" (a {labels[nearest]})"
        sentence = (
            f"z = ({x:.3g}, {y:.3g}); the nearest real code{whose} is "
            f"{np.sqrt(distances[nearest]):.2g} away."
        )
        if noise:
            sentence += f" Nine draws with noise of stddev {noise:g}."
        return np.hstack(sheet), sentence

    def drag(state, start, here):
        if start[0] * (2 * SIDE + 4) > SIDE:  # beside the map
            return {}
        z = ground.code((here[0] * (2 * SIDE + 4) / SIDE, here[1]))
        return {"x": z[0], "y": z[1]}

    across, up = (steps(ground.low[i], ground.high[i], 101) for i in range(2))
    controls = {"x": ("z[0]", across, across[50]), "y": ("z[1]", up, up[50])}
    if noise:
        controls["noise"] = ("noise (stddev)", steps(0, 1.5, 31), 0.0)
    return Explorer(draw, controls, width=800, drag=drag)


def digit_pad(images, flat, deep, count=5000):
    """Draw a digit: see its Gaussian on the map, its copy, and the training digits nearest to it.

    Args:
        images: ``data.Images``, whose first ``count`` training images are searched for neighbours.
        flat: a ``VAE`` with latent_dim 2, for the map.
        deep: a ``VAE`` with more latents, for the copy and the neighbours.
        count: how many images are encoded, once, at the beginning.
    """
    arguments.instance("images", images, Images, "load them by load_images()")
    count = arguments.whole_number("count", count, minimum=NEIGHBOURS)
    x, labels = images.x_train[:count], images.y_train[:count]
    ground = Map(flat.encode(x)[0], labels, (-3.5, -3.5), (3.5, 3.5))
    known = deep.encode(x)[0]

    def draw(strokes):
        seen = digit(strokes)
        sheet = Image.new("RGB", (2 * SIDE, SIDE), "white")
        if not strokes:
            sheet.paste(ground.image, (0, 0))
            return np.asarray(sheet), "Draw a digit, and see its cloud, its copy, its neighbours."
        batch = seen[np.newaxis]
        z_mean, z_log_var = (numbers[0] for numbers in flat.encode(batch))
        stddev, z = np.exp(z_log_var / 2), deep.encode(batch)[0]
        copy = deep.decode(z)[0]
        nearest = np.argsort(np.square(known - z).sum(axis=1))[:NEIGHBOURS]
        sheet.paste(Image.fromarray(ground.marked(z_mean, stddev=stddev)), (0, 0))
        ink = ImageDraw.Draw(sheet)
        for left, picture, title in ((410, seen, "what the network sees"), (610, copy, "its copy")):
            sheet.paste(Image.fromarray(enlarged(picture, 168)), (left, 26))
            ink.text((left, 2), title, fill=INK, font=TEXT)
        ink.text((410, 204), "the training digits nearest to it", fill=INK, font=TEXT)
        board = plots.mosaic(x[nearest], columns=4)
        board = Image.fromarray(board).resize((board.shape[1] * 3, board.shape[0] * 3), 0)
        sheet.paste(board, (410, 228))
        error = np.square(copy - as_floats(batch)[0]).sum()
        (across, up), (wide, high) = z_mean, stddev
        most = np.bincount(labels[nearest]).argmax()
        sentence = (
            f"Of the {NEIGHBOURS} training digits nearest to it {(labels[nearest] == most).sum()} "
            f"are a {images.class_names[most]}. Its copy through {deep.latent_dim} numbers: "
            f"squared error {error:.3g}. Its cloud on the map: mean ({across:.2f}, {up:.2f}), "
            f"stddev ({wide:.2f}, {high:.2f})."
        )
        return np.asarray(sheet), sentence

    return Explorer(draw, {"strokes": ("your digit", Strokes(), [])}, width=800)
