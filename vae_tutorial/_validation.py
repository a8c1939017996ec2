"""Every check of an argument or an array, made at the public borders before anything is touched.

Inside the package values are trusted. ``raise error(...)`` gives all messages one form: the
argument, what it must be, what came, and a hint that works when it is applied.
"""

import math
import numbers
import reprlib

import numpy as np

MAX_SEED = 2**32 - 1  # the largest that NumPy's and Keras's own seeding takes
MAX_SIZE = 2**14  # latents, units or filters of a layer, pixels of a side: more is a slip

_short = reprlib.Repr()
_short.maxlevel, _short.maxlist = 2, 3


def error(name, expected, received, hint, kind=ValueError):
    """The exception for an argument: "{name} must {expected}, not {received}: {hint}."."""
    if isinstance(received, np.ndarray):
        received = f"{received.dtype} of shape {received.shape}"
    elif not isinstance(received, str) or kind is TypeError:
        received = f"{_short.repr(received)} ({type(received).__name__})"
    return kind(f"{name} must {expected}, not {received}: {hint}.")


# Arguments


def whole_number(name, value, minimum=1, maximum=None):
    """``value`` as an int from ``minimum`` to ``maximum``; bools, 2.0 and "8" are TypeErrors."""
    expected = f"be a whole number of at least {minimum}"
    expected += "" if maximum is None else f" and at most {maximum:,}"
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise error(name, expected, value, f"write for example {name}={max(minimum, 8)}", TypeError)
    if value < minimum:
        raise error(name, expected, value, f"use {minimum} or more")
    if maximum is not None and value > maximum:
        raise error(name, expected, value, f"use {maximum} or less")
    return int(value)


def positive_number(name, value, or_zero=False, maximum=None, example=1.0):
    """``value`` as a finite float above 0 (or at least 0, if asked) and at most ``maximum``."""
    expected = f"be a finite number {'of at least' if or_zero else 'above'} 0"
    expected += "" if maximum is None else f" and at most {maximum:,}"
    hint = f"write for example {name}={example}"
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise error(name, expected, value, hint, TypeError)
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number) or number < 0 or (number == 0 and not or_zero):
        raise error(name, expected, number, hint)
    if maximum is not None and number > maximum:
        raise error(name, expected, number, f"use {maximum:g} or less")
    return number


def whole_numbers(name, values, least=1, maximum=None):
    """``values``, a list or tuple of at least ``least`` whole numbers above 0, as a tuple."""
    if not isinstance(values, list | tuple | range | np.ndarray):
        hint = f"write for example {name}=(32, 16)"
        raise error(name, "be a list of whole numbers", values, hint, TypeError)
    if len(values) < least:
        raise error(name, f"hold at least {least}", values, f"write for example {name}=(32, 16)")
    return tuple(whole_number(name, value, maximum=maximum) for value in values)


def instance(name, value, kind, hint):
    """``value``, which must be a ``kind``."""
    if not isinstance(value, kind):
        kinds = [one for one in getattr(kind, "__args__", (kind,)) if one is not type(None)]
        wanted = " or ".join(one.__name__ for one in kinds)
        article = "an" if wanted[0] in "aeiouAEIOU" else "a"
        raise error(name, f"be {article} {wanted}", value, hint, TypeError)
    return value


def choice(name, value, known):
    """``value``, one of the texts ``known``."""
    if not isinstance(value, str) or value not in tuple(known):
        raise error(name, f"be one of {', '.join(known)}", f"{value!r:.80}", "pick one of these")
    return value


def same_length(name, values, other, others):
    """``values``, which must be as many as ``others``."""
    if len(values) != len(others):
        found = f"{len(values)} and {len(others)}"
        raise error(name, f"be as many as {other}", found, "give one for each")
    return values


def network(policy, image_shape, **sizes):
    """Raise unless Keras's dtype ``policy`` is float32, and a network can have these sizes.

    ``sizes``: latent_dim, or lists of units or filters, each of which doubles an image's size.
    """
    if policy.name != "float32":
        hint = 'call keras.config.set_dtype_policy("float32") first'
        raise error("Keras's dtype policy", "be float32", policy.name, hint)
    for name, value in sizes.items():
        if name == "latent_dim":
            whole_number(name, value, maximum=MAX_SIZE)
        else:
            whole_numbers(name, value, least=int(name == "filters"), maximum=MAX_SIZE)
    shape = whole_numbers("image_shape", image_shape, least=2, maximum=MAX_SIZE)
    if len(shape) != 3:
        hint = f"for gray images write image_shape={(*shape[:2], 1)}"
        raise error("image_shape", "be (height, width, channels)", f"{shape}", hint)
    block = 2 ** len(sizes.get("filters", ()))
    if shape[0] % block or shape[1] % block:
        height, width = (-(-side // block) * block for side in shape[:2])
        expected = f"have a height and a width divisible by {block}"
        hint = f"pad the images to {height}x{width}, or give fewer filters"
        raise error("image_shape", expected, f"{shape}", hint)


def noise_stddev(value):
    """Raise unless ``value`` is None, "learned", or a stddev of pixels in [0, 1]."""
    if value is not None and value != "learned":
        positive_number("noise_stddev", value, maximum=1e4, example=0.1)
        if value < 1e-4:
            hint = "images in [0, 1] want a number near 0.1"
            raise error("noise_stddev", "be at least 0.0001", f"{value}", hint)


def required(name, value, what, hint):
    """``value``, which must not be None."""
    if value is None:
        raise error(name, f"be {what}", "None", hint)
    return value


def positions(values, noise=1.0, *, least=2, most=None):
    """``values`` as float64 (n,): distinct, finite places of names; ``noise`` is checked too."""
    positive_number("noise", noise)
    values = np.asarray(values)
    if values.dtype.kind not in "iuf" or values.ndim != 1:
        hint = "use np.array([5.4, 6])"
        raise error("positions", "be numbers (n,)", values, hint, TypeError)
    if len(values) < least or (most is not None and len(values) > most):
        expected = f"be at least {least}" + ("" if most is None else f" and at most {most:,}")
        raise error("positions", expected, f"{len(values)}", "add names, or leave some out")
    values = finite("positions", values.astype(float))
    if (found := len(np.unique(values))) < len(values):
        raise error("positions", "be distinct", f"{found} for {len(values)} names", "move one")
    return values


def interval(noise, low, high):
    """How many stddevs of the noise ``high`` lies above ``low``."""
    width = (high - low) / positive_number("noise", noise)
    if not 0 < width < math.inf:
        raise error("high", "lie above low", f"{width:g} stddevs", "pass finite low < high")
    return width


# Arrays


def images(name, x, image_shape=None):
    """``x`` as a view of shape (n, h, w, c), dtype unchanged, nothing copied.

    ``x``: uint8 in 0 to 255, or floating in [0, 1]; (n, h, w, c), or (n, h, w) for c = 1.
    ``image_shape``: the (h, w, c) that each image must have, or None for any.
    """
    x = _array(name, x, "(n, h, w) or (n, h, w, c)")
    image_dtype(name, x.dtype, x)
    view = x[..., np.newaxis] if x.ndim == 3 else x
    if x.ndim not in (3, 4) or (image_shape is not None and view.shape[1:] != tuple(image_shape)):
        raise _shape_error(name, x.shape, image_shape)
    low, high = x.min(), x.max()
    if not np.isfinite([low, high]).all():
        finite(name, x)
    if problem := range_problem(float(low), float(high), x.dtype == np.uint8):
        raise error(name, *problem)
    return view


def image_dtype(name, dtype, x):
    """Raise for images of another dtype than uint8 or floating; ``x`` is shown in the message."""
    kind = np.dtype(dtype).kind
    if dtype != np.uint8 and kind != "f":
        hint = {
            "b": f"use 255 * {name}.astype(np.uint8)",
            "i": f"use {name}.astype(np.uint8) if the values are 0 to 255",
            "u": f"use ({name} / {name}.max()).astype(np.float32)",
            "O": f"resize all images to one size, then use np.stack({name})",
            "c": f"use abs({name}).astype(np.float32), scaled to [0, 1]",
        }.get(kind, f"use {name}.astype(np.float32)")
        raise error(name, "be uint8 or floating", x, hint, TypeError)


def static_image_shape(name, shape, image_shape):
    """Raise unless a tensor's ``shape`` is (n, h, w, c), or (n, h, w) for one channel."""
    full = (*shape, 1) if len(shape) == 3 else tuple(shape)
    if len(full) != 4 or any(
        found not in (None, wanted) for found, wanted in zip(full[1:], image_shape, strict=True)
    ):
        raise _shape_error(name, tuple(shape), image_shape)


def range_problem(low, high, whole):
    """(expected, received, hint) for pixels from ``low`` to ``high``, or None if they fit.

    ``whole``: they are whole numbers from 0 to 255, rather than floats in [0, 1].
    """
    found = f"in [{low:.4g}, {high:.4g}]"
    if not math.isfinite(high - low):
        return "be finite", found, "find the pixel by np.argwhere(~np.isfinite(x))"
    if whole:
        if high == 1:  # a mask: all but black once it is divided by 255
            return "span 0 to 255 if it is uint8", f"0 and {high:.0f}", "multiply by 255"
        return None
    if 0 < high < 1.001 / 255 and low >= 0:
        return "lie in [0, 1]", f"{found}, as if divided by 255 twice", "multiply by 255"
    if low >= 0 and high <= 1:
        return None
    if low >= 0 and 1.5 < high <= 255:
        return "lie in [0, 1] if it is floating", found, "divide by 255"
    if low >= -1.01 and high <= 1.01 and low < 0:
        return "lie in [0, 1]", found, "add 1 and divide by 2, or use np.clip"
    return "lie in [0, 1]", found, "rescale it, or use np.clip"


def _shape_error(name, shape, image_shape):
    wanted = "(n, h, w) or (n, h, w, c)"
    if image_shape is not None:
        wanted = f"(n, {', '.join(map(str, image_shape))})"
    hint = _shape_hint(name, tuple(shape), image_shape) or f"reshape it to {wanted}"
    return error(name, f"have shape {wanted}", f"{tuple(shape)}", hint)


def _shape_hint(name, shape, image_shape):
    """What to write so that an array of this shape fits, or None; derived from both shapes."""
    if image_shape is None:
        side = math.isqrt(shape[-1]) if len(shape) == 2 else 0
        flat = len(shape) == 2 and side**2 == shape[1] != shape[0]
        return f"use {name}.reshape(-1, {side}, {side})" if flat else f"use {name}[np.newaxis]"
    if len(shape) == 1:
        return "if these are labels, leave them out: dataset.map(lambda x, y: x)"
    height, width, channels = image_shape
    flat = f"reshape(-1, {height}, {width}, {channels})"
    if shape == image_shape or (channels == 1 and shape == (height, width)):
        return f"for one image use {name}[np.newaxis]"
    if len(shape) == 2 and shape[1] == math.prod(image_shape):
        return f"use {name}.{flat}"
    if len(shape) == 2 and shape[1] == math.prod(image_shape) + 1:
        return f"if the first column is a label use {name}[:, 1:].{flat}"
    if len(shape) == 4 and shape[1:] == (channels, height, width):
        return f"move the channels to the end: np.moveaxis({name}, 1, -1)"
    if len(shape) == 4 and shape[1:3] == (height, width) and shape[3] == 4 and channels == 3:
        return f"drop the alpha channel: {name}[..., :3]"
    if len(shape) in (3, 4):
        built = shape[1:] if len(shape) == 4 else (*shape[1:], 1)
        return f"resize the images, or build the model with image_shape={built}"
    return None


def codes(name, z, code_length=None):
    """``z`` as float32 (n, k), n >= 1, all finite; k must equal ``code_length`` unless None."""
    shape = f"(n, {'k' if code_length is None else code_length})"
    z = _array(name, z, shape)
    if z.dtype.kind not in "iuf":
        raise error(name, "be floating", z, f"use {name}.astype(np.float32)", TypeError)
    if z.ndim != 2 or code_length not in (None, z.shape[1]):
        one = z.ndim == 1 and code_length in (None, len(z))
        hint = f"use {name}[np.newaxis]" if one else "use codes made for this model"
        raise error(name, f"have shape {shape}", z, hint)
    with np.errstate(over="ignore"):  # what overflows becomes infinite, and is found below
        converted = z.astype(np.float32, copy=False)
    return finite(name, converted)


def labels(name, values, classes):
    """``values``, an integer array (n,) of class indices from 0 to ``classes`` - 1."""
    values = _array(name, values, "(n,)")
    if values.dtype.kind not in "iu":
        raise error(name, "be whole numbers", values, f"use {name}.astype(int)", TypeError)
    if values.ndim != 1:
        hint = "argmax(axis=1)" if values.shape[1:] == (classes,) else "ravel()"
        raise error(name, "have shape (n,)", values, f"use {name}.{hint}")
    low, high = values.min(), values.max()
    if low < 0 or high >= classes:
        hint = f"use np.unique({name}, return_inverse=True)[1]"
        raise error(name, f"lie in 0 to {classes - 1}", f"in {low} to {high}", hint)
    return values


def displayable(name, x):
    """``x`` as an array to show, (n, h, w, c): uint8, or finite floats, which may need clipping.

    ``x``: (n, h, w) or (n, h, w, c) with 1 or 3 channels, n >= 1; nested lists of floats too.
    """
    x = np.asarray(x)
    if x.dtype != np.uint8 and x.dtype.kind != "f":
        hint = f"use {name}.astype(np.uint8)"
        raise error(name, "be uint8 0 to 255 or float 0 to 1", x, hint, TypeError)
    if x.ndim not in (3, 4) or x.size == 0 or x.shape[3:] not in ((), (1,), (3,)):
        expected = "be (n, h, w), or (n, h, w, c) with 1 or 3 channels"
        raise error(name, expected, x, f"for one image use {name}[np.newaxis]")
    # A little beyond [0, 1] is rounding; this is another scale.
    if x.dtype != np.uint8 and (most := finite(name, x).max()) > 1.5:
        raise error(name, "lie in [0, 1] if it is floating", f"up to {most:.4g}", "divide by 255")
    return x if x.ndim == 4 else x[..., np.newaxis]


def finite(name, values):
    """``values``, a numeric array, if all of them are finite; names the first that isn't."""
    if not np.isfinite(values).all():
        index = tuple(np.argwhere(~np.isfinite(values))[0].tolist())
        found = f"{values[index]} at index {index}"
        raise error(name, "be finite", found, f"drop or repair row {index[0]}")
    return values


def _array(name, value, shape):
    if not isinstance(value, np.ndarray):
        many = isinstance(value, list | tuple) and value and isinstance(value[0], np.ndarray)
        sizes = {item.shape for item in value} if many else set()
        hint = f"use np.stack({name})" if len(sizes) == 1 else f"use np.asarray({name})"
        if len(sizes) > 1:
            hint = f"resize all images to one size, then use np.stack({name})"
        raise error(name, f"be an array {shape}", value, hint, TypeError)
    if value.size == 0:
        raise error(name, f"be {shape} and not empty", value, "pass at least one row")
    return value
