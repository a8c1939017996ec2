"""Checks of arguments, made before anything is touched, so that a refusal leaves all as it was."""

import math
import numbers
import reprlib

import numpy as np

CHUNK = 2**22  # numbers looked at together: bounds the memory that a check takes
CONVERSIONS = {  # what to write for an array of this dtype.kind
    "b": "use 255 * images.astype(np.uint8)",
    **dict.fromkeys("iu", "use images.astype(np.uint8) if the values are 0 to 255"),
    "O": "use np.stack(list(images)).astype(np.uint8), once all pictures have one size",
    "c": "use abs(images).astype(np.float32), scaled to [0, 1]",
}


def whole_number(name, value, minimum=1):
    """Return `value` as an int; refuse all but int and np.integer of at least `minimum`.

    Raises TypeError for another type (bool, 2.0, "8" included), ValueError for one too small.
    """
    expected = f"be a whole number of at least {minimum}"
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        _refuse(TypeError, name, expected, value, f"write for example {name}={max(minimum, 8)}")
    if value < minimum:
        _refuse(ValueError, name, expected, value, f"use {minimum} or more")
    return int(value)


def positive_number(name, value, or_zero=False):
    """Return `value` as a float; refuse all but finite real numbers above 0 (or 0, if asked).

    Raises TypeError for another type (bool and text included), ValueError for negative numbers,
    NaN, infinity, and what a float cannot hold.
    """
    expected = f"be a finite number {'of at least' if or_zero else 'above'} 0"
    way_out = f"write for example {name}=1.0"
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        _refuse(TypeError, name, expected, value, way_out)
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number) or number < 0 or (number == 0 and not or_zero):
        _refuse(ValueError, name, expected, number, way_out)
    return number


def whole_numbers(name, values, least=1):
    """Return `values`, a list or tuple of at least `least` whole numbers above 0, as a list.

    Raises TypeError for no list or tuple and for other entries, ValueError for too few.
    """
    if not isinstance(values, list | tuple):
        _refuse(TypeError, name, "be a list of whole numbers", values, f"write {name}=(32, 16)")
    if len(values) < least:
        _refuse(ValueError, name, f"hold at least {least}", values, f"write {name}=(32, 16)")
    return [whole_number(name, value) for value in values]


def pictures(name, images, image_shape=None):
    """Return `images` as a view of shape (n, h, w, c), dtype unchanged, nothing copied.

    images: uint8 in 0 to 255, or floating in [0, 1]; (n, h, w, c), or (n, h, w) for c = 1.
    image_shape: the (h, w, c) that each picture must have, or None for any.
    Raises TypeError for no array or another dtype; ValueError for an empty array, another shape,
    a float outside [0, 1], NaN or infinity.
    """
    _check_array(name, images, "(n, h, w) or (n, h, w, c)")
    if images.dtype != np.uint8 and images.dtype.kind != "f":
        way_out = CONVERSIONS.get(images.dtype.kind, "use images.astype(np.float32)")
        _refuse(TypeError, name, "be uint8 or floating", images, way_out)
    if images.ndim not in (3, 4):
        _refuse(ValueError, name, "be (n, h, w) or (n, h, w, c)", images, _reshape(images))
    view = images[..., np.newaxis] if images.ndim == 3 else images
    if image_shape is not None and view.shape[1:] != tuple(image_shape):
        expected = f"hold pictures of (h, w, c) = {tuple(image_shape)}"
        _refuse(ValueError, name, expected, images, "resize or crop them to that")
    if images.dtype.kind == "f":
        _check_range(name, images)
    return view


def codes(name, codes, code_length=None):
    """Return `codes` as float32 (n, k), n >= 1; k must equal `code_length` unless that is None.

    codes: (n, k), floating or integer, finite in float32 too.
    Raises TypeError for no array or another dtype, ValueError for another shape, NaN or infinity.
    """
    shape = f"(n, {'k' if code_length is None else code_length})"
    _check_array(name, codes, shape)
    if codes.dtype.kind not in "iuf":
        _refuse(TypeError, name, "be floating", codes, f"use {name}.astype(np.float32)")
    if codes.ndim != 2 or code_length not in (None, codes.shape[1]):
        way_out = f"use {name}[np.newaxis]" if codes.ndim == 1 else "take the same model's codes"
        _refuse(ValueError, name, f"have shape {shape}", codes, way_out)
    with np.errstate(over="ignore"):  # what overflows becomes infinite, and is refused below
        converted = codes.astype(np.float32, copy=False)
    _check_finite(name, converted)
    return converted


def labels(name, values, classes):
    """Return `values`, an integer array (n,) of class indices from 0 to `classes` - 1.

    Raises TypeError for no array or another dtype, ValueError for another shape or range.
    """
    _check_array(name, values, "(n,)")
    if values.dtype.kind not in "iu":
        _refuse(TypeError, name, "be whole numbers", values, f"use {name}.astype(int)")
    if values.ndim != 1:
        _refuse(ValueError, name, "have shape (n,)", values, f"use {name}.ravel()")
    low, high = values.min(), values.max()
    if low < 0 or high >= classes:
        expected, found = f"lie in 0 to {classes - 1}", f"in {low} to {high}"
        _refuse(ValueError, name, expected, found, "count the classes from 0")
    return values


def no_weights(sample_weight):
    """Refuse weights of single images, by a ValueError: silently ignored, they would mislead."""
    if sample_weight is not None:
        way_out = "leave it out, or repeat the images that count more"
        _refuse(ValueError, "sample_weight", "be None", "weights", way_out)


def _refuse(kind, name, expected, received, way_out):
    if isinstance(received, np.ndarray):
        received = f"{received.dtype} of shape {received.shape}"
    elif not isinstance(received, str) or kind is TypeError:
        received = f"{reprlib.repr(received)} ({type(received).__name__})"
    raise kind(f"{name} must {expected}, not {received}: {way_out}.")


def _check_array(name, value, shape):
    if not isinstance(value, np.ndarray):
        _refuse(TypeError, name, f"be an array {shape}", value, f"use np.asarray({name})")
    if value.size == 0:
        _refuse(ValueError, name, f"be {shape} and not empty", value, "pass at least one row")


def _reshape(images):
    side = math.isqrt(images.shape[-1]) if images.ndim else 0
    if images.ndim == 2 and side**2 == images.shape[1] != images.shape[0]:
        return f"reshape to (n, {side}, {side})"
    return "for one picture use images[np.newaxis]"


def _check_range(name, images):
    low, high = images.min(), images.max()  # reductions copy nothing, and let NaN through
    if 0 <= low and high <= 1:
        return
    _check_finite(name, images)
    way_out = "divide by 255" if low >= 0 and 1.5 < high <= 255 else "rescale or use np.clip"
    _refuse(ValueError, name, "lie in [0, 1]", f"in [{low:.4g}, {high:.4g}]", way_out)


def _check_finite(name, values):
    rows = max(1, CHUNK // values[0].size)
    for start in range(0, len(values), rows):
        wrong = ~np.isfinite(values[start : start + rows])
        if wrong.any():
            row, *rest = np.argwhere(wrong)[0].tolist()
            index = (start + row, *rest)
            found = f"{values[index]} at index {index}"
            _refuse(ValueError, name, "be finite", found, "mend or leave out that row")
