"""Checks of arrays, made before anything is touched, so that a refusal leaves all as it was."""

import math

import numpy as np

from vae_tutorial.arguments import refuse

CHUNK = 2**22  # numbers looked at together: bounds the memory that a check takes
CONVERSIONS = {  # what to write for an array of this dtype.kind
    "b": "use 255 * images.astype(np.uint8)",
    **dict.fromkeys("iu", "use images.astype(np.uint8) if the values are 0 to 255"),
    "O": "use np.stack(list(images)).astype(np.uint8), once all pictures have one size",
    "c": "use abs(images).astype(np.float32), scaled to [0, 1]",
}


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
        refuse(TypeError, name, "be uint8 or floating", images, way_out)
    if images.ndim not in (3, 4):
        refuse(ValueError, name, "be (n, h, w) or (n, h, w, c)", images, _reshape(images))
    view = images[..., np.newaxis] if images.ndim == 3 else images
    if image_shape is not None and view.shape[1:] != tuple(image_shape):
        expected = f"hold pictures of (h, w, c) = {tuple(image_shape)}"
        refuse(ValueError, name, expected, images, "resize or crop them to that")
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
        refuse(TypeError, name, "be floating", codes, f"use {name}.astype(np.float32)")
    if codes.ndim != 2 or code_length not in (None, codes.shape[1]):
        way_out = f"use {name}[np.newaxis]" if codes.ndim == 1 else "take the same model's codes"
        refuse(ValueError, name, f"have shape {shape}", codes, way_out)
    with np.errstate(over="ignore"):  # what overflows becomes infinite, and is refused below
        converted = codes.astype(np.float32, copy=False)
    finite(name, converted)
    return converted


def labels(name, values, classes):
    """Return `values`, an integer array (n,) of class indices from 0 to `classes` - 1.

    Raises TypeError for no array or another dtype, ValueError for another shape or range.
    """
    _check_array(name, values, "(n,)")
    if values.dtype.kind not in "iu":
        refuse(TypeError, name, "be whole numbers", values, f"use {name}.astype(int)")
    if values.ndim != 1:
        way_out = "argmax(axis=1)" if values.shape[1:] == (classes,) else "ravel()"
        refuse(ValueError, name, "have shape (n,)", values, f"use {name}.{way_out}")
    low, high = values.min(), values.max()
    if low < 0 or high >= classes:
        expected, found = f"lie in 0 to {classes - 1}", f"in {low} to {high}"
        refuse(ValueError, name, expected, found, "count the classes from 0")
    return values


def shown(name, images):
    """Return `images` as an array to be shown: uint8, or finite floats, which may need clipping.

    images: (n, h, w) or (n, h, w, c) with 1 or 3 channels, n >= 1; nested lists of floats too.
    Raises TypeError for another dtype, ValueError for another shape, NaN or infinity.
    """
    images = np.asarray(images)
    if images.dtype != np.uint8 and images.dtype.kind != "f":
        way_out = f"use {name}.astype(np.uint8)"
        refuse(TypeError, name, "be uint8 0 to 255 or float 0 to 1", images, way_out)
    if images.ndim not in (3, 4) or images.size == 0 or images.shape[3:] not in ((), (1,), (3,)):
        expected = "be (n, h, w), or (n, h, w, c) with 1 or 3 channels"
        refuse(ValueError, name, expected, images, f"for one picture use {name}[np.newaxis]")
    return images if images.dtype == np.uint8 else finite(name, images)


def numbers(name, values, positive=False):
    """Return `values`, numbers (n,), n >= 1, as an array; all finite, and above 0 if asked.

    Raises TypeError for what are no numbers (n,), ValueError for one out of range.
    """
    values = np.asarray(values)
    if values.dtype.kind not in "iuf" or values.ndim != 1 or values.size == 0:
        refuse(TypeError, name, "be numbers (n,)", values, "pass a list of numbers")
    finite(name, values)
    if positive and values.min() <= 0:
        found = f"{values.min():g}"
        refuse(ValueError, name, "be above 0 on a logarithmic axis", found, "make it linear")
    return values


def finite(name, values):
    """Return `values`, a numeric array, if all of them are finite; raises ValueError."""
    rows = max(1, CHUNK // max(1, values[:1].size))
    for start in range(0, len(values), rows):
        wrong = ~np.isfinite(values[start : start + rows])
        if wrong.any():
            row, *rest = np.argwhere(wrong)[0].tolist()
            index = (start + row, *rest)
            found = f"{values[index]} at index {index}"
            refuse(ValueError, name, "be finite", found, "mend or leave out that row")
    return values


def _check_array(name, value, shape):
    if not isinstance(value, np.ndarray):
        refuse(TypeError, name, f"be an array {shape}", value, f"use np.asarray({name})")
    if value.size == 0:
        refuse(ValueError, name, f"be {shape} and not empty", value, "pass at least one row")


def _reshape(images):
    side = math.isqrt(images.shape[-1]) if images.ndim else 0
    if images.ndim == 2 and side**2 == images.shape[1] != images.shape[0]:
        return f"reshape to (n, {side}, {side})"
    return "for one picture use images[np.newaxis]"


def _check_range(name, images):
    low, high = images.min(), images.max()  # reductions copy nothing, and let NaN through
    if 0 <= low and high <= 1:
        return
    finite(name, images)
    way_out = "divide by 255" if low >= 0 and 1.5 < high <= 255 else "rescale or use np.clip"
    refuse(ValueError, name, "lie in [0, 1]", f"in [{low:.4g}, {high:.4g}]", way_out)
