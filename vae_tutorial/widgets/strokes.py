"""What is drawn by hand: strokes, and the control on which they are drawn.

A stroke is a list of at least one [x, y], from 0 to 1 from the top left of a pad, y downwards.
"""

import dataclasses
import math

from vae_tutorial._validation import error

MAX_STROKES, MAX_POINTS = 200, 20_000  # of a drawing: bounds what one message can ask for


@dataclasses.dataclass(frozen=True)
class Pad:
    """A control to draw on, whose value is a list of strokes."""

    label: str

    def check(self, name, strokes):
        """The strokes, if the control can take them."""
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
