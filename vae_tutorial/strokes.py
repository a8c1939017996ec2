"""Strokes drawn by hand, and the picture like a training digit that they give.

A stroke is a list of at least one [x, y], in 0 to 1 from the top left of a pad, y downwards.
"""

import dataclasses
import math

import numpy as np
from PIL import Image, ImageDraw

SIDE, BOX = 28, 20  # MNIST: the ink fits into 20 x 20 pixels, its centre of mass is the middle
PEN = 2.4  # pixels
_FINE = 4  # drawn so many times larger, then averaged
MOST_STROKES, MOST_POINTS = 200, 20_000  # of a drawing: bounds what one message can ask for


@dataclasses.dataclass(frozen=True)
class Strokes:
    """In place of a control's stops: a pad to draw on, whose value is a list of strokes.

    Attributes:
        width: of the ink, as a share of the pad.
    """

    width: float = 0.09


def checked_strokes(strokes):
    """The strokes, or the ValueError that says what is wrong."""
    if not isinstance(strokes, list) or not all(
        isinstance(stroke, list)
        and stroke
        and all(is_point(point) and 0 <= min(point) <= max(point) <= 1 for point in stroke)
        for stroke in strokes
    ):
        raise ValueError(
            f"strokes must be lists of [x, y] in 0 to 1, not {strokes!r:.60}: write them as in "
            "[[[0.5, 0], [0.5, 1]]]."
        )
    if len(strokes) > MOST_STROKES or sum(map(len, strokes)) > MOST_POINTS:
        raise ValueError(
            f"strokes must be at most {MOST_STROKES}, of {MOST_POINTS} points in all, not "
            f"{len(strokes)}: draw fewer."
        )
    return strokes


def is_point(point):
    """Is this a pair of finite numbers?"""
    return (
        isinstance(point, list | tuple)
        and len(point) == 2
        and all(isinstance(share, int | float) and math.isfinite(share) for share in point)
    )


def digit(strokes):
    """The picture that strokes give: sized, centred and drawn as MNIST's digits are.

    Args:
        strokes: a list of strokes, of any size, at any place.

    Returns:
        uint8 array (28, 28), white on black; black if there is no stroke. LeCun et al. 1998,
        "Gradient-based learning applied to document recognition", III.A, says how.
    """
    if not checked_strokes(strokes):
        return np.zeros((SIDE, SIDE), np.uint8)
    points = np.concatenate([np.array(stroke, float) for stroke in strokes])
    low, high = points.min(axis=0), points.max(axis=0)
    # A dot stays a dot: what is smaller than a fifth of the pad isn't enlarged to fill the box.
    scale = (BOX - PEN) / max((high - low).max(), 0.2)
    middle = (low + high) / 2
    picture = _drawn(strokes, scale, middle)
    rows, columns = np.indices(picture.shape)
    mass = np.array([(columns * picture).sum(), (rows * picture).sum()]) / picture.sum()
    # No further than the box may go: of a lopsided drawing nothing is cut off.
    shift = np.clip(mass + 0.5 - SIDE / 2, (BOX - SIDE) / 2, (SIDE - BOX) / 2)
    return np.round(_drawn(strokes, scale, middle + shift / scale)).astype(np.uint8)


def _drawn(strokes, scale, middle):
    """Strokes with a point ``middle`` of theirs in the middle: float array (28, 28), 0 to 255."""
    image = Image.new("L", (SIDE * _FINE, SIDE * _FINE))
    ink, radius = ImageDraw.Draw(image), PEN * _FINE / 2
    for stroke in strokes:
        places = ((np.array(stroke, float) - middle) * scale + SIDE / 2) * _FINE
        ink.line([tuple(place) for place in places], fill=255, width=round(2 * radius))
        for x, y in places:  # round ends and joints
            ink.ellipse([x - radius, y - radius, x + radius, y + radius], fill=255)
    fine = np.asarray(image, float).reshape(SIDE, _FINE, SIDE, _FINE)
    return fine.mean(axis=(1, 3))
