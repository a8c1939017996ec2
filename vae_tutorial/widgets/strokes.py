"""Strokes drawn by hand, and the image like an MNIST digit that they give.

A stroke is a list of at least one [x, y], from 0 to 1 from the top left of a pad, y downwards.
"""

import dataclasses
import math

import numpy as np

from vae_tutorial._validation import error

SIDE, BOX = 28, 20  # MNIST: the ink fits into 20 x 20 pixels, its center of mass is the middle
PEN = 2.4  # pixels
MAX_STROKES, MAX_POINTS = 200, 20_000  # of a drawing: bounds what one message can ask for
FINE = 4  # a pixel is as white as the share of its 4 x 4 points that the ink covers


@dataclasses.dataclass(frozen=True)
class Pad:
    """A control to draw on, whose value is a list of strokes."""

    label: str

    def check(self, name, strokes):
        """The strokes, if they are valid."""
        if not isinstance(strokes, list) or not all(
            isinstance(stroke, list)
            and stroke
            and all(is_point(point) and 0 <= min(point) <= max(point) <= 1 for point in stroke)
            for stroke in strokes
        ):
            hint = "write them as in [[[0.5, 0], [0.5, 1]]]"
            raise error(name, "be lists of [x, y] in 0 to 1", f"{strokes!r:.60}", hint)
        points = sum(map(len, strokes))
        if len(strokes) > MAX_STROKES or points > MAX_POINTS:
            expected = f"be at most {MAX_STROKES}, with {MAX_POINTS:,} points in all"
            raise error(name, expected, f"{len(strokes)} with {points:,}", "draw fewer")
        return strokes


def is_point(point):
    """Whether this is a pair of finite numbers."""
    return (
        isinstance(point, list | tuple)
        and len(point) == 2
        and all(type(number) in (int, float) and math.isfinite(number) for number in point)
    )


def digit(strokes):
    """The image that strokes give: sized, centered and drawn as MNIST's digits are.

    Args:
        strokes: a list of strokes, of any size and anywhere on the pad.

    Returns:
        uint8 array (28, 28), white on black; black if there is no stroke. LeCun et al. 1998,
        "Gradient-based learning applied to document recognition", III.A, says how. The digit pad
        does the same in the browser.
    """
    if not Pad("").check("strokes", strokes):
        return np.zeros((SIDE, SIDE), np.uint8)
    points = np.concatenate([np.array(stroke, float) for stroke in strokes])
    low, high = points.min(axis=0), points.max(axis=0)
    # A dot stays a dot: what is smaller than a fifth of the pad isn't enlarged to fill the box.
    scale = (BOX - PEN) / max((high - low).max(), 0.2)
    middle = (low + high) / 2
    covered = _covered(strokes, scale, middle)
    rows, columns = np.indices(covered.shape)
    mass = np.array([(columns * covered).sum(), (rows * covered).sum()]) / covered.sum()
    room = (SIDE - PEN - (high - low) * scale) / 2  # so that nothing is cut off
    shift = np.clip(mass + 0.5 - SIDE / 2, -room, room)
    covered = _covered(strokes, scale, middle + shift / scale)
    return np.floor(covered * 255 / FINE**2 + 0.5).astype(np.uint8)


def _covered(strokes, scale, center):
    """How many of each pixel's points the ink covers, if ``center`` is in the middle: (28, 28)."""
    grid = (np.arange(SIDE * FINE) + 0.5) / FINE
    x, y = grid[np.newaxis], grid[:, np.newaxis]
    ink = np.zeros((SIDE * FINE, SIDE * FINE), bool)
    for stroke in strokes:
        points = (np.array(stroke, float) - center) * scale + SIDE / 2
        for (x0, y0), (x1, y1) in zip(points, points[[*range(1, len(points)), -1]], strict=True):
            across, down = x1 - x0, y1 - y0
            square = across * across + down * down
            share = ((x - x0) * across + (y - y0) * down) / (square if square > 0 else 1.0)
            share = np.clip(share, 0, 1)  # the point of the segment that is nearest
            right, below = x - x0 - share * across, y - y0 - share * down
            ink |= right * right + below * below <= PEN * PEN / 4
    return ink.reshape(SIDE, FINE, SIDE, FINE).sum(axis=(1, 3))
