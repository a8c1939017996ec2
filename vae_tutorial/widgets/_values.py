"""The values that a widget's control can take, in order."""

import numbers

import numpy as np


def evenly_spaced(low, high, count):
    """``count`` numbers from low to high, rounded so that they read well."""
    return [round(float(value), 3) for value in np.linspace(low, high, count)]


def text(value):
    """A value as the reader sees it."""
    return f"{value:g}" if isinstance(value, float) else f"{value}"


def spacing(values):
    """The step between evenly spaced, rising numbers, at least three; None for other values."""
    if len(values) < 3 or not all(isinstance(value, numbers.Real) for value in values):
        return None
    step = round((values[-1] - values[0]) / (len(values) - 1), 6)
    even = values[0] + step * np.arange(len(values))
    return step if step > 0 and np.allclose(even, values, rtol=0, atol=step / 100) else None


def nearest(value, values):
    """The one of ``values`` nearest to a number; the first if ``value`` is not a number."""
    if not isinstance(value, numbers.Real):
        return values[0]
    return min(values, key=lambda candidate: abs(candidate - value))
