"""Checks of arguments, made before anything is touched, so that a refusal leaves all as it was."""

import math
import numbers
import reprlib

import numpy as np

_short = reprlib.Repr()
_short.maxlevel, _short.maxlist = 2, 3

LARGEST_SEED = 2**53  # a thousand times it is a whole number of 64 bits


def whole_number(name, value, minimum=1, maximum=None):
    """Return `value` as an int; refuse all but int and np.integer from `minimum` to `maximum`.

    Raises TypeError for another type (bool, 2.0, "8" included), ValueError for one out of range.
    """
    expected = f"be a whole number of at least {minimum}"
    expected += "" if maximum is None else f" and at most {maximum:,}"
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        refuse(TypeError, name, expected, value, f"write for example {name}={max(minimum, 8)}")
    if value < minimum:
        refuse(ValueError, name, expected, value, f"use {minimum} or more")
    if maximum is not None and value > maximum:
        refuse(ValueError, name, expected, value, f"use {maximum} or less")
    return int(value)


def seed(value):
    """Return `value` as an int from 0 to LARGEST_SEED; raises as `whole_number` does."""
    return whole_number("seed", value, minimum=0, maximum=LARGEST_SEED)


def positive_number(name, value, or_zero=False, maximum=None, example=1.0):
    """Return `value` as a float; refuse all but finite real numbers above 0 (or 0, if asked).

    Raises TypeError for another type (bool and text included), ValueError for negative numbers,
    NaN, infinity, what a float cannot hold, and what is above `maximum`.
    """
    expected = f"be a finite number {'of at least' if or_zero else 'above'} 0"
    expected += "" if maximum is None else f" and at most {maximum:,}"
    way_out = f"write for example {name}={example}"
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        refuse(TypeError, name, expected, value, way_out)
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number) or number < 0 or (number == 0 and not or_zero):
        refuse(ValueError, name, expected, number, way_out)
    if maximum is not None and number > maximum:
        refuse(ValueError, name, expected, number, f"use {maximum:g} or less")
    return number


def whole_numbers(name, values, least=1, maximum=None):
    """Return `values`, a list or tuple of at least `least` whole numbers above 0, as a list.

    Raises TypeError for no list or tuple and for other entries, ValueError for too few or one
    above `maximum`.
    """
    if not isinstance(values, list | tuple | range | np.ndarray):
        refuse(TypeError, name, "be a list of whole numbers", values, f"write {name}=(32, 16)")
    if len(values) < least:
        refuse(ValueError, name, f"hold at least {least}", values, f"write {name}=(32, 16)")
    return [whole_number(name, value, maximum=maximum) for value in values]


def instance(name, value, kind, way_out):
    """Return `value`, which must be a `kind`; raises TypeError."""
    if not isinstance(value, kind):
        wanted = getattr(kind, "__name__", None) or str(kind).replace(" | ", " or ")
        article = "an" if wanted[0] in "aeiouAEIOU" or wanted == "ndarray" else "a"
        refuse(TypeError, name, f"be {article} {wanted}", value, way_out)
    return value


def choice(name, value, known):
    """Return `value`, one of the texts known; raises ValueError."""
    if not isinstance(value, str) or value not in tuple(known):
        raise ValueError(f"{name} must be one of {', '.join(known)}, not {value!r:.80}: use one.")
    return value


def as_many(name, values, other, others):
    """Refuse, by a ValueError, `values` that aren't as many as `others`."""
    if len(values) != len(others):
        found = f"{len(values)} and {len(others)}"
        refuse(ValueError, name, f"be as many as {other}", found, "pair them")


def no_weights(sample_weight):
    """Refuse weights of single images, by a ValueError: silently ignored, they would mislead."""
    if sample_weight is not None:
        way_out = "leave it out, or repeat the images that count more"
        refuse(ValueError, "sample_weight", "be None", "weights", way_out)


def refuse(kind, name, expected, received, way_out):
    """Raise `kind` with the argument's name, what was expected, what came, and the way out."""
    if isinstance(received, np.ndarray):
        received = f"{received.dtype} of shape {received.shape}"
    elif not isinstance(received, str) or kind is TypeError:
        received = f"{_short.repr(received)} ({type(received).__name__})"
    raise kind(f"{name} must {expected}, not {received}: {way_out}.")
