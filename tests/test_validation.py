"""What the checks accept, what they raise, and that each hint works when it is applied."""

import tracemalloc

import numpy as np
import pytest

from tests.small_models import CODES, GRAY, PIXELS, SHAPE
from vae_tutorial import _validation

COLOR = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 4), np.uint8)
OBJECTS = np.empty(6, object)
OBJECTS[:] = [*PIXELS]


def changed(array, index, value):
    """A copy of the array with one element changed."""
    copy = array.copy()
    copy[index] = value
    return copy


def test_all_messages_have_one_form():
    found = _validation.error("x", "be an array", np.zeros((2, 3)), "use np.asarray(x)")
    assert str(found) == "x must be an array, not float64 of shape (2, 3): use np.asarray(x)."
    assert type(found) is ValueError
    found = _validation.error("x", "be 3", list(range(10**6)), "write 3", TypeError)
    assert type(found) is TypeError and len(str(found)) < 100  # a long value is cut short


# Numbers and texts


@pytest.mark.parametrize(
    ("value", "minimum"), [(1, 1), (8, 1), (np.int64(8), 1), (np.uint8(3), 2), (0, 0), (10**40, 1)]
)
def test_whole_numbers_become_int(value, minimum):
    found = _validation.whole_number("epochs", value, minimum)
    assert (type(found), found) == (int, value)


@pytest.mark.parametrize(
    ("value", "kind", "received"),
    [
        (True, TypeError, r"True \(bool\)"),
        (2.0, TypeError, r"2\.0 \(float\)"),
        ("8", TypeError, r"'8' \(str\)"),
        (np.bool_(True), TypeError, "bool"),
        (np.array(3), TypeError, r"int64 of shape \(\)"),
        (0, ValueError, r"0 \(int\).*use 1 or more"),
        (10, ValueError, r"10 \(int\).*use 9 or less"),
    ],
)
def test_what_is_no_whole_number_in_range_raises(value, kind, received):
    with pytest.raises(kind, match=f"^latent_dim must be a whole number of at least 1.*{received}"):
        _validation.whole_number("latent_dim", value, maximum=9)


@pytest.mark.parametrize("value", [1, 0.5, 1e-300, np.float32(0.25), np.int64(3), 0, 5e-324])
def test_numbers_become_float(value):
    found = _validation.positive_number("beta", value, or_zero=True)
    assert (type(found), found) == (float, value)


@pytest.mark.parametrize("or_zero", [False, True])
@pytest.mark.parametrize(
    ("value", "kind", "received"),
    [
        (True, TypeError, "True"),
        ("0.1", TypeError, "'0.1'"),
        (1j, TypeError, "1j"),
        (None, TypeError, "None"),
        (np.ones(2), TypeError, r"float64 of shape \(2,\)"),
        (-5e-324, ValueError, "-5e-324"),
        (float("nan"), ValueError, "nan"),
        (np.float32("-inf"), ValueError, "-inf"),
        (10**400, ValueError, "inf"),
    ],
)
def test_what_is_no_finite_positive_number_raises(value, kind, received, or_zero):
    bound = "of at least 0" if or_zero else "above 0"
    with pytest.raises(kind, match=f"^beta must be a finite number {bound}, not {received}.*beta="):
        _validation.positive_number("beta", value, or_zero=or_zero)


def test_zero_is_not_above_zero_and_a_maximum_holds():
    with pytest.raises(ValueError, match=r"above 0, not 0\.0"):
        _validation.positive_number("noise", 0)
    with pytest.raises(ValueError, match="at most 1, not 7.*use 1 or less"):
        _validation.positive_number("learning_rate", 7, maximum=1)


@pytest.mark.parametrize("values", [(3,), [3, 4], range(1, 4), np.array([2, 5])])
def test_whole_numbers_become_a_tuple(values):
    found = _validation.whole_numbers("units", values)
    assert found == tuple(values) and {type(value) for value in found} == {int}


@pytest.mark.parametrize("values", [3, "33", None, (), (0,), (2.5,), {3}])
def test_what_is_no_list_of_whole_numbers_raises(values):
    with pytest.raises((TypeError, ValueError), match="^units must"):
        _validation.whole_numbers("units", values)


@pytest.mark.parametrize("value", [None, "learned", 0.1, 1, 1e-4, np.float32(0.5)])
def test_noise_that_a_vae_takes(value):
    _validation.noise_stddev(value)


@pytest.mark.parametrize("value", [0, -1, "fixed", True, 1e-5, 1e5, float("nan"), [0.1]])
def test_noise_that_it_does_not_take(value):
    with pytest.raises((TypeError, ValueError), match="^noise_stddev must"):
        _validation.noise_stddev(value)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: _validation.choice("name", "MNIST", ["mnist"]), "name must be one of mnist"),
        (lambda: _validation.choice("name", ["mnist"], ["mnist"]), "name must be one of mnist"),
        (
            lambda: _validation.instance("ax", 3, dict, "pass one"),
            r"ax must be a dict, not 3 \(int",
        ),
        (lambda: _validation.same_length("y", [1], "x", [1, 2]), "y must be as many as x, not 1"),
        (lambda: _validation.required("y", None, "given", "pass it"), "y must be given, not None"),
        (lambda: _validation.interval(1, 2, 2), "high must lie above low"),
        (lambda: _validation.interval(1, np.nan, 1), "high must lie above low"),
        (lambda: _validation.interval(1e-300, 0, 1e300), "high must lie above low, not inf"),
        (lambda: _validation.interval(0, 1, 2), "noise must be"),
        (lambda: _validation.positions([1, 1]), "positions must be distinct, not 1 for 2 names"),
        (lambda: _validation.positions([1]), "positions must be at least 2, not 1"),
        (lambda: _validation.positions([1, 2, 3], most=2), "positions must .* at most 2, not 3"),
        (lambda: _validation.positions([1, np.inf]), r"positions must be finite, not inf at"),
        (lambda: _validation.positions(["a", "b"]), "positions must be numbers"),
        (lambda: _validation.positions([[1, 2], [3, 4]]), "positions must be numbers"),
    ],
)
def test_each_other_check_names_its_argument(call, words):
    with pytest.raises((TypeError, ValueError), match=f"^{words}"):
        call()


# Images


@pytest.mark.parametrize(
    "images",
    [
        PIXELS,
        PIXELS[:1],
        np.zeros((4, 16, 16), np.uint8)[:, ::2, ::-2],
        GRAY,
        GRAY[..., 0].astype(float),
        GRAY.astype(np.float16),
        np.zeros_like(PIXELS),
    ],
)
def test_images_are_taken_without_copying(images):
    found = _validation.images("x", images, SHAPE)
    assert found.shape == (len(images), *SHAPE) and found.dtype == images.dtype
    assert np.shares_memory(found, images)


IN_CODE = {  # what a hint in words means
    "divide by 255": "x / 255",
    "multiply by 255": "255 * x",
    "add 1 and divide by 2": "(x + 1) / 2",
    "use np.clip": "np.clip(x, 0, 1)",
}
HINTS = {  # what is wrong, what it is said to be, the hint
    "flat": (PIXELS.reshape(6, 64), "(6, 64)", "x.reshape(-1, 8, 8, 1)"),
    "labels in front": (
        np.c_[np.full((6, 1), 7, np.uint8), PIXELS.reshape(6, 64)],
        "(6, 65)",
        "x[:, 1:].reshape(-1, 8, 8, 1)",
    ),
    "channels first": (PIXELS[:, np.newaxis], "(6, 1, 8, 8)", "np.moveaxis(x, 1, -1)"),
    "one image": (PIXELS[0], "(8, 8)", "x[np.newaxis]"),
    "one image with channel": (GRAY[0], "(8, 8, 1)", "x[np.newaxis]"),
    "a list of images": ([*PIXELS], "list", "np.stack(x)"),
    "nested lists": (GRAY.tolist(), "list", "np.asarray(x)"),
    "int64": (PIXELS.astype(np.int64), "int64", "x.astype(np.uint8)"),
    "uint16": (PIXELS.astype(np.uint16), "uint16", "(x / x.max()).astype(np.float32)"),
    "bool": (PIXELS > 99, "bool", "255 * x.astype(np.uint8)"),
    "objects": (OBJECTS, "object", "np.stack(x)"),
    "complex": (GRAY.astype(complex), "complex128", "abs(x).astype(np.float32)"),
    "texts": (GRAY.astype(str), "<U32", "x.astype(np.float32)"),
    "0 to 255": (255 * GRAY, "[0, 255]", "divide by 255"),
    "masks": ((PIXELS > 99).astype(np.uint8), "0 and 1", "multiply by 255"),
    "divided twice": (GRAY / 255, "divided by 255 twice", "multiply by 255"),
    "-1 to 1": (2 * GRAY - 1, "[-1, 1]", "add 1 and divide by 2"),
    "a little outside": (1.2 * GRAY, "[0, 1.2]", "use np.clip"),
    "far outside": (1e6 * GRAY - 3, "[-3, 1e+06]", "use np.clip"),
}


@pytest.mark.parametrize(("wrong", "received", "hint"), HINTS.values(), ids=list(HINTS))
def test_the_hint_works_when_it_is_applied(wrong, received, hint):
    with pytest.raises((TypeError, ValueError)) as caught:
        _validation.images("x", wrong, SHAPE)
    message = str(caught.value)
    assert message.startswith("x must ") and hint in message and received in message
    repaired = eval(IN_CODE.get(hint, hint), {"x": wrong, "np": np})
    assert _validation.images("x", repaired, SHAPE).shape == (len(repaired), *SHAPE)


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (COLOR, "x[..., :3]"),
        (np.moveaxis(COLOR[..., :3], -1, 1), "np.moveaxis(x, 1, -1)"),
        (COLOR[0, ..., :3], "x[np.newaxis]"),
        (COLOR[..., :3].reshape(6, 192), "x.reshape(-1, 8, 8, 3)"),
    ],
)
def test_the_hint_for_color_works_when_it_is_applied(wrong, hint):
    with pytest.raises(ValueError) as caught:
        _validation.images("x", wrong, (8, 8, 3))
    assert hint in str(caught.value)
    _validation.images("x", eval(hint, {"x": wrong, "np": np}), (8, 8, 3))


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [(PIXELS.reshape(6, 64), "x.reshape(-1, 8, 8)"), (PIXELS[0], "x[np.newaxis]")],
)
def test_the_hint_works_where_any_shape_will_do(wrong, hint):
    with pytest.raises(ValueError) as caught:
        _validation.images("x", wrong)
    assert hint in str(caught.value)
    _validation.images("x", eval(hint, {"x": wrong, "np": np}))


@pytest.mark.parametrize(
    ("wrong", "kind", "words"),
    [
        (None, TypeError, r"be an array \(n, h, w\).*None"),
        (PIXELS[:0], ValueError, r"not empty, not uint8 of shape \(0, 8, 8\)"),
        (PIXELS[0, 0], ValueError, r"\(8,\): if these are labels, leave them out: dataset.map"),
        (np.array(3, np.uint8), ValueError, r"not \(\)"),
        (PIXELS[None, ..., None], ValueError, r"\(1, 6, 8, 8, 1\): reshape it to \(n, 8, 8, 1\)"),
        (np.zeros((4, 9, 9), np.uint8), ValueError, r"\(4, 9, 9\).*image_shape=\(9, 9, 1\)"),
        (COLOR[..., :3], ValueError, r"\(6, 8, 8, 3\).*image_shape=\(8, 8, 3\)"),
        ([PIXELS[0], PIXELS[0, :4]], TypeError, r"resize all images to one size, then use np\.st"),
        (changed(GRAY, (1, 2, 3, 0), 300), ValueError, r"\[0, 300\].*rescale"),
        (changed(GRAY, (1, 2, 3, 0), np.nan), ValueError, r"nan at index \(1, 2, 3, 0\).*row 1"),
    ],
)
def test_other_images_raise_with_what_was_received(wrong, kind, words):
    with pytest.raises(kind, match=f"^x must .*{words}"):
        _validation.images("x", wrong, SHAPE)


@pytest.mark.parametrize("spoiled", [False, True])
def test_looking_at_images_takes_little_memory(spoiled):
    images = np.full((20_000, 28, 28), 0.5, np.float32)
    images[-1, -1, -1] = 300 if spoiled else 1
    tracemalloc.start()
    try:
        _validation.images("x", images)
    except ValueError:
        assert spoiled
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < images.nbytes / 8


@pytest.mark.parametrize("images", [PIXELS, COLOR[..., :3], 1.4 * GRAY, -GRAY, GRAY[..., 0]])
def test_what_can_be_shown(images):
    shown = _validation.displayable("images", images)
    assert shown.ndim == 4 and np.array_equal(shown, images.reshape(shown.shape))


@pytest.mark.parametrize(
    "images", [PIXELS[0], COLOR, PIXELS[:0], 255 * GRAY, GRAY * np.nan, PIXELS.astype(int), "x", 3]
)
def test_what_cannot_be_shown(images):
    with pytest.raises((TypeError, ValueError), match="^images must"):
        _validation.displayable("images", images)


# Codes and labels


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int64", "uint8", ">f4"])
def test_codes_become_float32(dtype):
    found = _validation.codes("z", np.arange(6).reshape(3, 2).astype(dtype), 2)
    assert (found.dtype, found.tolist()) == (np.float32, [[0, 1], [2, 3], [4, 5]])
    assert _validation.codes("z", CODES) is CODES  # of any length, and nothing copied


@pytest.mark.parametrize(
    ("codes", "kind", "words"),
    [
        (CODES.tolist(), TypeError, r"np\.asarray\(z\)"),
        (CODES[:0], ValueError, r"not empty.*\(0, 3\)"),
        (CODES[0], ValueError, r"\(n, 3\).*\(3,\).*z\[np\.newaxis\]"),
        (CODES[:, :2], ValueError, r"\(n, 3\).*\(6, 2\)"),
        (np.array(1.0), ValueError, r"of shape \(\)"),
        (CODES.astype(bool), TypeError, "bool"),
        (CODES.astype(object), TypeError, r"object.*z\.astype\(np\.float32\)"),
        (changed(CODES, (2, 1), np.nan), ValueError, r"nan at index \(2, 1\)"),
        (changed(CODES.astype(float), (0, 1), 1e39), ValueError, r"inf at index \(0, 1\)"),
    ],
)
def test_other_codes_raise(codes, kind, words):
    with pytest.raises(kind, match=f"^z must .*{words}"):
        _validation.codes("z", codes, 3)


@pytest.mark.parametrize(
    ("labels", "hint"),
    [
        (np.array([1.0, 2.0]), "y.astype(int)"),
        (np.eye(3, dtype=int), "y.argmax(axis=1)"),
        (np.array([[1], [2]]), "y.ravel()"),
        (np.array([3, 8]), "np.unique(y, return_inverse=True)[1]"),
        (np.array([-1, 1]), "np.unique(y, return_inverse=True)[1]"),
    ],
)
def test_the_hint_for_labels_works_when_it_is_applied(labels, hint):
    with pytest.raises((TypeError, ValueError)) as caught:
        _validation.labels("y", labels, 3)
    assert str(caught.value).startswith("y must ") and hint in str(caught.value)
    repaired = eval(hint, {"y": labels, "np": np})
    assert _validation.labels("y", repaired, 3) is repaired
