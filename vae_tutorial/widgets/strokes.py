"""Strokes drawn by hand, and the image like an MNIST digit that they give.

A stroke is a list of at least one [x, y], from 0 to 1 from the top left of a pad, y downwards.
"""

import dataclasses
import math

import numpy as np
from PIL import Image, ImageDraw

from vae_tutorial._validation import error

SIDE, BOX = 28, 20  # MNIST: the ink fits into 20 x 20 pixels, its center of mass is the middle
PEN = 2.4  # pixels
MAX_STROKES, MAX_POINTS = 200, 20_000  # of a drawing: bounds what one message can ask for
_OVERSAMPLING = 4


@dataclasses.dataclass(frozen=True)
class Strokes:
    """In place of a control's values: a pad to draw on, whose value is a list of strokes.

    Attributes:
        width: of the ink, as a fraction of the pad.
    """

    width: float = 0.09


def check_strokes(strokes):
    """The strokes, if they are valid.

    Raises:
        ValueError: says what is wrong.
    """
    if not isinstance(strokes, list) or not all(
        isinstance(stroke, list)
        and stroke
        and all(is_point(point) and 0 <= min(point) <= max(point) <= 1 for point in stroke)
        for stroke in strokes
    ):
        hint = "write them as in [[[0.5, 0], [0.5, 1]]]"
        raise error("strokes", "be lists of [x, y] in 0 to 1", f"{strokes!r:.60}", hint)
    points = sum(map(len, strokes))
    if len(strokes) > MAX_STROKES or points > MAX_POINTS:
        expected = f"be at most {MAX_STROKES}, with {MAX_POINTS:,} points in all"
        raise error("strokes", expected, f"{len(strokes)} with {points:,}", "draw fewer")
    return strokes


def is_point(point):
    """Whether this is a pair of finite numbers."""
    return (
        isinstance(point, list | tuple)
        and len(point) == 2
        and all(isinstance(number, int | float) and math.isfinite(number) for number in point)
    )


def digit(strokes):
    """The image that strokes give: sized, centered and drawn as MNIST's digits are.

    Args:
        strokes: a list of strokes, of any size and anywhere on the pad.

    Returns:
        uint8 array (28, 28), white on black; black if there is no stroke. LeCun et al. 1998,
        "Gradient-based learning applied to document recognition", III.A, says how.
    """
    if not check_strokes(strokes):
        return np.zeros((SIDE, SIDE), np.uint8)
    points = np.concatenate([np.array(stroke, float) for stroke in strokes])
    low, high = points.min(axis=0), points.max(axis=0)
    # A dot stays a dot: what is smaller than a fifth of the pad isn't enlarged to fill the box.
    scale = (BOX - PEN) / max((high - low).max(), 0.2)
    middle = (low + high) / 2
    image = _render(strokes, scale, middle)
    rows, columns = np.indices(image.shape)
    mass = np.array([(columns * image).sum(), (rows * image).sum()]) / image.sum()
    # No further than the box may go, so that nothing of a lopsided drawing is cut off.
    shift = np.clip(mass + 0.5 - SIDE / 2, (BOX - SIDE) / 2, (SIDE - BOX) / 2)
    return np.round(_render(strokes, scale, middle + shift / scale)).astype(np.uint8)


def _render(strokes, scale, center):
    """Strokes drawn with their point ``center`` in the middle: float array (28, 28), 0 to 255."""
    image = Image.new("L", (SIDE * _OVERSAMPLING, SIDE * _OVERSAMPLING))
    ink, radius = ImageDraw.Draw(image), PEN * _OVERSAMPLING / 2
    for stroke in strokes:
        points = ((np.array(stroke, float) - center) * scale + SIDE / 2) * _OVERSAMPLING
        ink.line([tuple(point) for point in points], fill=255, width=round(2 * radius))
        for x, y in np.round(points - radius).tolist():  # round ends and joints, all of one size
            ink.ellipse([x, y, x + round(2 * radius), y + round(2 * radius)], fill=255)
    fine = np.asarray(image, float).reshape(SIDE, _OVERSAMPLING, SIDE, _OVERSAMPLING)
    return fine.mean(axis=(1, 3))
