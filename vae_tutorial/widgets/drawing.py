"""A number line with Gaussians above it, and a plane with a curve, drawn pixel by pixel.

Fast enough to follow a slider, which Matplotlib's axes aren't.
"""

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT, MARGIN = 680, 220, 24  # pixels
BASE, TOP = HEIGHT - 40, 30  # rows of the line, and of the highest point that a curve may reach
GRAY = (100, 100, 100)
FONT = ImageFont.load_default(20)
CURVE, POINT = "#0072B2", "#D55E00"
LEFT, BELOW, EDGE = 80, 50, 24  # pixels around a plane: to its left, below it, elsewhere


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


class Plane:
    """Axes, a curve on them, and one point of it marked.

    Args:
        height: of the image, in pixels.
        across: (low, high) of the horizontal axis.
        up: (low, high) of the vertical axis.
    """

    def __init__(self, height, across, up):
        self._across, self._up, self._base = across, up, height - BELOW
        self._image = Image.new("RGB", (WIDTH, height), "white")
        self.ink = ImageDraw.Draw(self._image)
        corners = [(LEFT, EDGE), (LEFT, self._base), (WIDTH - EDGE, self._base)]
        self.ink.line(corners, fill=GRAY, width=2)

    def place(self, x, y):
        """Where a point is: (column, row)."""
        right = (x - self._across[0]) / (self._across[1] - self._across[0])
        up = (y - self._up[0]) / (self._up[1] - self._up[0])
        return LEFT + right * (WIDTH - EDGE - LEFT), self._base - up * (self._base - EDGE)

    def label(self, columns, rows, across, up):
        """Write the numbers below and beside the axes, {number: text}, and what they are."""
        ends = {"fill": GRAY, "font": FONT}
        for number, text in columns.items():
            self.ink.text((self.place(number, 0)[0], self._base + 14), text, anchor="mm", **ends)
        for number, text in rows.items():
            self.ink.text((LEFT - 8, self.place(0, number)[1]), text, anchor="rm", **ends)
        self.ink.text((WIDTH - EDGE, self._base + 36), across, anchor="rm", **ends)
        self.ink.text((LEFT + 8, EDGE - 8), up, anchor="lm", **ends)

    def curve(self, points, here):
        """A line through the points, each with a dot, and a larger dot where ``here`` is."""
        places = [self.place(*point) for point in points]
        self.ink.line(places, fill=CURVE, width=3)
        for x, y in places:
            self.ink.ellipse([x - 5, y - 5, x + 5, y + 5], fill=CURVE)
        x, y = self.place(*here)
        self.ink.ellipse([x - 11, y - 11, x + 11, y + 11], fill=POINT, outline="black", width=2)

    def level(self, y):
        """A dashed line across."""
        low, high = self._across
        (left, row), (right, _) = self.place(low, y), self.place(high, y)
        for column in np.arange(left, right, 16):
            self.ink.line([(column, row), (min(column + 9, right), row)], fill=GRAY, width=2)

    def array(self):
        """What was drawn: uint8 array (height, width, 3)."""
        return np.asarray(self._image)


def full_width(image):
    """An image, uint8 (h, w, 3), enlarged or reduced to ``WIDTH``."""
    tall = round(image.shape[0] * WIDTH / image.shape[1])
    return Image.fromarray(image).resize((WIDTH, tall), Image.Resampling.NEAREST)


def power_labels(most):
    """Labels below a logarithmic axis from 1 to ``most``: {power of ten: its number}."""
    return {power: f"{10**power:,}" for power in range(int(np.log10(most)) + 1)}
