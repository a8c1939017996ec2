"""A number line with Gaussians above it, drawn pixel by pixel.

Fast enough to follow a slider, which Matplotlib's axes aren't.
"""

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT, MARGIN = 680, 220, 24  # pixels
BASE, TOP = HEIGHT - 40, 30  # rows of the line, and of the highest point that a curve may reach
GRAY = (100, 100, 100)
FONT = ImageFont.load_default(20)


@lru_cache(maxsize=8)
def _axis(low, high, height):
    """The empty line, drawn once: its numbers take longer than a curve."""
    image = Image.new("RGB", (WIDTH, height), "white")
    ink = ImageDraw.Draw(image)
    ink.line([(MARGIN, BASE), (WIDTH - MARGIN, BASE)], fill=GRAY, width=2)
    for number in range(int(np.ceil(low)), int(np.floor(high)) + 1):
        column = MARGIN + (number - low) / (high - low) * (WIDTH - 2 * MARGIN)
        ink.line([(column, BASE), (column, BASE + 7)], fill=GRAY, width=2)
        ink.text((column, BASE + 22), f"{number}", fill=GRAY, anchor="mm", font=FONT)
    return image


class Drawing:
    """A number line from ``low`` to ``high`` with curves, ticks and texts above it.

    Args:
        low: the number at its left end.
        high: the number at its right end.
        below: how many pixels are left free below it.
    """

    def __init__(self, low, high, below=0):
        self._low, self._scale = low, (WIDTH - 2 * MARGIN) / (high - low)
        self._x = np.linspace(low, high, 201)
        self.image = _axis(low, high, HEIGHT + below).copy()
        self.ink = ImageDraw.Draw(self.image)

    def column(self, number):
        """Where a number is: pixels from the left."""
        return MARGIN + (number - self._low) * self._scale

    def gaussian(self, mean, stddev, height, color, fill=True):
        """A Gaussian's curve, ``height`` high at its top, where 1 reaches ``TOP``."""
        # A narrow hill would fall between two points of the curve: put one at its top.
        x = np.where(np.arange(len(self._x)) == np.abs(self._x - mean).argmin(), mean, self._x)
        heights = height * np.exp(-0.5 * np.square((x - mean) / stddev))
        rows = BASE - np.clip(heights, 0, 1) * (BASE - TOP)
        points = list(zip(self.column(x).tolist(), rows.tolist(), strict=True))
        if fill:
            corners = [*points, (points[-1][0], BASE), (points[0][0], BASE)]
            # Transparent ink is slower, so only this uses it.
            ImageDraw.Draw(self.image, "RGBA").polygon(corners, fill=color + "3c")
        self.ink.line(points, fill=color, width=3)

    def tick(self, number, color, top=TOP):
        """A vertical line from the number line up to a row."""
        column = self.column(number)
        self.ink.line([(column, BASE), (column, top)], fill=color, width=2)

    def write(self, column, row, text, color, anchor="mm"):
        """A text at a pixel, centered there by default."""
        self.ink.text((column, row), text, fill=color, anchor=anchor, font=FONT)

    def array(self):
        """What was drawn: uint8 array (height, width, 3)."""
        return np.asarray(self.image)


def number_at(point, low, high):
    """The number on a line from low to high that is below a point (x, y) of the image."""
    return low + (point[0] * WIDTH - MARGIN) / (WIDTH - 2 * MARGIN) * (high - low)
