"""The stops of a widget's control: the values that it can take, in order."""

import numbers

import numpy as np


def steps(low, high, count):
    """Stops from low to high, rounded so that they read well."""
    return [round(float(value), 3) for value in np.linspace(low, high, count)]


def text(value):
    """How a stop reads."""
    return f"{value:g}" if isinstance(value, float) else f"{value}"


def spacing(stops):
    """The distance of evenly spaced numbers, at least three; None for other stops."""
    if len(stops) < 3 or not all(isinstance(stop, numbers.Real) for stop in stops):
        return None
    step = round((stops[-1] - stops[0]) / (len(stops) - 1), 6)
    even = stops[0] + step * np.arange(len(stops))
    return step if step > 0 and np.allclose(even, stops, rtol=0, atol=step / 100) else None


def nearest(value, stops):
    """The stop nearest to a number; the first for what is no number."""
    if not isinstance(value, numbers.Real):
        return stops[0]
    return min(stops, key=lambda stop: abs(stop - value))
