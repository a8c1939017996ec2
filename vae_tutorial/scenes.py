"""Pictures of Gaussians on a number line, drawn pixel by pixel.

Fast enough to follow a slider, which axes aren't.
"""

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from vae_tutorial.plots import COLOURS

WIDTH, HEIGHT, MARGIN = 680, 220, 24  # pixels
BASE, TOP = HEIGHT - 40, 30  # where the line lies, and how high a curve may rise
ROW = 26  # height of a bar
GREY = (100, 100, 100)
FONT = ImageFont.load_default(20)


@lru_cache(maxsize=8)
def _axis(low, high, height):
    """The empty line: drawn once, since its numbers take longer than a curve."""
    image = Image.new("RGB", (WIDTH, height), "white")
    ink = ImageDraw.Draw(image)
    ink.line([(MARGIN, BASE), (WIDTH - MARGIN, BASE)], fill=GREY, width=2)
    for number in range(int(np.ceil(low)), int(np.floor(high)) + 1):
        column = MARGIN + (number - low) / (high - low) * (WIDTH - 2 * MARGIN)
        ink.line([(column, BASE), (column, BASE + 7)], fill=GREY, width=2)
        ink.text((column, BASE + 22), f"{number}", fill=GREY, anchor="mm", font=FONT)
    return image


class Scene:
    """A number line from ``low`` to ``high`` with curves, ticks and names above it.

    ``more`` pixels below the line are left free.
    """

    def __init__(self, low, high, more=0):
        self._low, self._scale = low, (WIDTH - 2 * MARGIN) / (high - low)
        self.x = np.linspace(low, high, 201)
        self.image = _axis(low, high, HEIGHT + more).copy()
        self.ink = ImageDraw.Draw(self.image)

    def column(self, number):
        """Pixels from the left of a place on the line."""
        return MARGIN + (number - self._low) * self._scale

    def curve(self, heights, colour, fill=True):
        """A curve over ``self.x``; a height of one reaches the top."""
        rows = BASE - np.clip(heights, 0, 1) * (BASE - TOP)
        points = list(zip(self.column(self.x).tolist(), rows.tolist(), strict=True))
        if fill:
            corners = [*points, (points[-1][0], BASE), (points[0][0], BASE)]
            glass = ImageDraw.Draw(
                self.image, "RGBA"
            )  # slower, and only here anything shines through
            glass.polygon(corners, fill=colour + "3c")
        self.ink.line(points, fill=colour, width=3)

    def stick(self, number, colour, top=TOP, width=2):
        """A vertical line from the number line up to a row."""
        column = self.column(number)
        self.ink.line([(column, BASE), (column, top)], fill=colour, width=width)

    def write(self, column, row, text, colour, anchor="mm"):
        """A text at a pixel, centred there by default."""
        self.ink.text((column, row), text, fill=colour, anchor=anchor, font=FONT)

    def picture(self):
        """What was drawn: uint8 array (height, width, 3)."""
        return np.asarray(self.image)


def bell(x, mean, stddev):
    """The Gaussian's shape with its top at one: array like ``x``."""
    return np.exp(-0.5 * np.square((x - mean) / stddev))


def _fine(x, middle):
    # A narrow hill would fall between two points of the curve: have one at its middle.
    return np.where(np.arange(len(x)) == np.abs(x - middle).argmin(), middle, x)


def dial(mean, stddev, epsilon):
    """A latent's Gaussian beside the unit Gaussian, and samples epsilon * stddev + mean.

    Areas under both curves are equal, as densities are; the unit Gaussian reaches a third of the
    height, and a narrow one is cut off at the top.

    Args:
        mean: a number.
        stddev: a number above 0.
        epsilon: float (n,), standard normal numbers.

    Returns:
        uint8 array (height, width, 3).
    """
    scene = Scene(-5, 5)
    scene.curve(bell(scene.x, 0, 1) / 3, "#777777", fill=False)
    scene.x = _fine(scene.x, mean)
    scene.curve(bell(scene.x, mean, stddev) / 3 / stddev, COLOURS[0])
    for sample in np.clip(epsilon * stddev + mean, -5, 5):
        scene.stick(sample, COLOURS[1], top=BASE - 20)
    return scene.picture()


def line(positions, names, noise, taken=None, low=0.0, high=10.0):
    """Names on a line, each with what the noise makes of it, and the borders between them.

    Args:
        positions: float (n,), where the names stand.
        names: n texts.
        noise: stddev of the noise, above 0.
        taken: float (n, n), how often each name is taken for each other; drawn as a bar for each
            name, below the line.
        low: left end of the line.
        high: right end.

    Returns:
        uint8 array (height, width, 3).
    """
    order = np.argsort(positions, kind="stable")
    scene = Scene(low - 1, high + 1, more=ROW * (len(names) + 1))
    middles = (positions[order][1:] + positions[order][:-1]) / 2
    for border in middles:
        scene.stick(border, GREY)
    grid = scene.x
    for place, i in enumerate(order):
        colour = COLOURS[i % len(COLOURS)]
        scene.x = _fine(grid, positions[i])
        scene.curve(0.8 * bell(scene.x, positions[i], noise), colour)
        # Two rows, so that the names of neighbours don't cover each other.
        scene.write(scene.column(positions[i]), 11 + 22 * (place % 2), names[i], colour)
    if taken is not None:
        scene.write(MARGIN, HEIGHT + ROW / 2, "sent, and taken for", GREY, "lm")
        for place, i in enumerate(order):
            _bar(scene, HEIGHT + ROW * (place + 1), i, order, taken[i], names)
    return scene.picture()


def _bar(scene, top, sent, order, shares, names):
    """One name's row: what is understood when it is sent, in shares of the width."""
    scene.write(MARGIN, top + ROW / 2, names[sent], COLOURS[sent % len(COLOURS)], "lm")
    left = start = 150
    for i in order:
        right = left + shares[i] * (WIDTH - MARGIN - start)
        box = [round(left), top + 3, round(right) - 1, top + ROW - 4]
        if box[2] >= box[0]:
            scene.ink.rectangle(box, fill=COLOURS[i % len(COLOURS)])
        text = f"{names[i]} {shares[i]:.0%}"
        if scene.ink.textlength(text, FONT) + 8 < right - left:
            # Black or white, whichever stands out: by the colour's brightness.
            red, green, blue = bytes.fromhex(COLOURS[i % len(COLOURS)][1:])
            ink = "black" if 0.3 * red + 0.6 * green + 0.1 * blue > 110 else "white"
            scene.write((left + right) / 2, top + ROW / 2, text, ink)
        left = right


def number(point, low, high):
    """The number on a line from low to high that lies below a point of the picture."""
    return low + (point[0] * WIDTH - MARGIN) / (WIDTH - 2 * MARGIN) * (high - low)
