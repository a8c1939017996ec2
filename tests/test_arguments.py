"""What the checks of arguments accept, what they refuse, and with which words."""

import tracemalloc

import numpy as np
import pytest

from vae_tutorial import arguments, arrays

PIXELS = np.zeros((4, 28, 28), np.uint8)
GREY = np.full((4, 28, 28, 1), 0.5, np.float32)
CODES = np.zeros((3, 8), np.float32)


def changed(array, index, value):
    """Return a copy of `array` with one element changed."""
    copy = array.copy()
    copy[index] = value
    return copy


@pytest.mark.parametrize(
    ("value", "minimum"), [(1, 1), (8, 1), (np.int64(8), 1), (np.uint8(3), 2), (0, 0), (10**40, 1)]
)
def test_whole_number_accepts(value, minimum):
    found = arguments.whole_number("epochs", value, minimum)
    assert (type(found), found) == (int, value)


@pytest.mark.parametrize(
    ("value", "kind", "received"),
    [
        (True, TypeError, r"True \(bool\)"),
        (2.0, TypeError, r"2\.0 \(float\)"),
        (2.5, TypeError, r"2\.5 \(float\)"),
        ("8", TypeError, r"'8' \(str\)"),
        (None, TypeError, "NoneType"),
        (np.bool_(True), TypeError, "bool"),
        (np.array(3), TypeError, r"int64 of shape \(\)"),
        (0, ValueError, r"0 \(int\)"),
        (-1, ValueError, r"-1 \(int\)"),
    ],
)
def test_whole_number_refuses(value, kind, received):
    with pytest.raises(kind, match=f"^latent_dim must be a whole number of at least 1.*{received}"):
        arguments.whole_number("latent_dim", value)


def test_whole_number_states_its_minimum():
    with pytest.raises(ValueError, match="at least 2, not 1.*use 2 or more"):
        arguments.whole_number("columns", 1, minimum=2)


@pytest.mark.parametrize("value", [1, 0.5, 1e-300, np.float32(0.25), np.int64(3)])
def test_positive_number_accepts(value):
    found = arguments.positive_number("beta", value)
    assert (type(found), found) == (float, value)


@pytest.mark.parametrize(
    ("value", "kind", "received"),
    [
        (True, TypeError, "True"),
        ("0.1", TypeError, "'0.1'"),
        (1j, TypeError, "1j"),
        (None, TypeError, "None"),
        (np.ones(2), TypeError, r"float64 of shape \(2,\)"),
        (0, ValueError, r"0\.0"),
        (-1.0, ValueError, r"-1\.0"),
        (float("nan"), ValueError, "nan"),
        (float("inf"), ValueError, "inf"),
        (np.float32("-inf"), ValueError, "-inf"),
        (10**400, ValueError, "inf"),
    ],
)
def test_positive_number_refuses(value, kind, received):
    with pytest.raises(kind, match=f"^beta must be a finite number above 0, not {received}.*beta="):
        arguments.positive_number("beta", value)


@pytest.mark.parametrize("value", [0, 0.0, -0.0, np.float32(0), np.int64(0), 5e-324, 1, 0.5])
def test_positive_number_or_zero_accepts(value):
    found = arguments.positive_number("beta", value, or_zero=True)
    assert (type(found), found) == (float, value)


@pytest.mark.parametrize(
    ("value", "kind", "received"),
    [
        (False, TypeError, "False"),
        ("0", TypeError, "'0'"),
        (None, TypeError, "None"),
        (np.zeros(1), TypeError, r"float64 of shape \(1,\)"),
        (-1, ValueError, r"-1\.0"),
        (-5e-324, ValueError, r"-5e-324"),
        (float("nan"), ValueError, "nan"),
        (float("inf"), ValueError, "inf"),
        (float("-inf"), ValueError, "-inf"),
        (10**400, ValueError, "inf"),
    ],
)
def test_positive_number_or_zero_refuses(value, kind, received):
    words = f"^beta must be a finite number of at least 0, not {received}.*beta="
    with pytest.raises(kind, match=words):
        arguments.positive_number("beta", value, or_zero=True)


@pytest.mark.parametrize(
    ("images", "shape"),
    [
        (PIXELS, (4, 28, 28, 1)),
        (PIXELS[:1], (1, 28, 28, 1)),
        (PIXELS[:, ::2, ::-2], (4, 14, 14, 1)),
        (np.zeros((2, 32, 24, 3), np.uint8), (2, 32, 24, 3)),
        (GREY, (4, 28, 28, 1)),
        (GREY[..., 0].astype(np.float64), (4, 28, 28, 1)),
        (GREY.astype(np.float16), (4, 28, 28, 1)),
        (np.array([0.0, 1.0]).reshape(1, 1, 2), (1, 1, 2, 1)),
    ],
)
def test_pictures_accepts_without_copying(images, shape):
    found = arrays.pictures("x", images, shape[1:])
    assert (found.shape, found.dtype) == (shape, images.dtype)
    assert np.shares_memory(found, images)


@pytest.mark.parametrize(
    ("images", "kind", "words"),
    [
        (PIXELS.tolist(), TypeError, r"be an array.*list.*np\.asarray\(x\)"),
        (None, TypeError, "be an array.*None"),
        (PIXELS[:0], ValueError, r"not empty.*\(0, 28, 28\)"),
        (np.zeros((5, 0, 28), np.uint8), ValueError, r"not empty.*\(5, 0, 28\)"),
        (PIXELS.reshape(4, 784), ValueError, r"\(4, 784\).*reshape to \(n, 28, 28\)"),
        (PIXELS[0], ValueError, r"\(28, 28\).*images\[np\.newaxis\]"),
        (PIXELS[0, 0], ValueError, r"\(28,\)"),
        (np.array(3, np.uint8), ValueError, r"of shape \(\)"),
        (PIXELS[None, ..., None], ValueError, r"\(1, 4, 28, 28, 1\)"),
        (
            np.zeros((4, 32, 32, 1), np.uint8),
            ValueError,
            r"\(28, 28, 1\).*\(4, 32, 32, 1\).*resize",
        ),
        (np.zeros((4, 28, 28, 3), np.uint8), ValueError, r"\(28, 28, 1\).*\(4, 28, 28, 3\)"),
        (PIXELS.astype(bool), TypeError, r"bool.*255 \* images"),
        (PIXELS.astype(np.int64), TypeError, r"int64.*astype\(np\.uint8\)"),
        (PIXELS.astype(np.uint16), TypeError, r"uint16.*astype\(np\.uint8\)"),
        (PIXELS.astype(object), TypeError, r"object.*np\.stack"),
        (PIXELS.astype(complex), TypeError, r"complex128.*abs"),
        (PIXELS.astype(str), TypeError, r"astype\(np\.float32\)"),
        (changed(GREY, (1, 2, 3, 0), 255), ValueError, r"\[0\.5, 255\].*divide by 255"),
        (changed(GREY, (1, 2, 3, 0), 1.1), ValueError, r"\[0\.5, 1\.1\].*np\.clip"),
        (changed(GREY, (1, 2, 3, 0), 300), ValueError, r"\[0\.5, 300\].*rescale"),
        (changed(GREY, (1, 2, 3, 0), -1), ValueError, r"\[-1, 0\.5\].*rescale"),
        (changed(GREY, (1, 2, 3, 0), np.nan), ValueError, r"finite.*nan at index \(1, 2, 3, 0\)"),
        (changed(GREY, (3, 0, 9, 0), np.inf), ValueError, r"finite.*inf at index \(3, 0, 9, 0\)"),
        (changed(GREY[..., 0], (3, 0, 9), -np.inf), ValueError, r"-inf at index \(3, 0, 9\)"),
    ],
)
def test_pictures_refuses(images, kind, words):
    with pytest.raises(kind, match=f"^x must .*{words}"):
        arrays.pictures("x", images, (28, 28, 1))


def test_an_index_is_right_in_a_later_chunk(monkeypatch):
    monkeypatch.setattr(arrays, "CHUNK", 1000)
    with pytest.raises(ValueError, match=r"index \(3, 5, 6, 0\)"):
        arrays.pictures("x", changed(GREY, (3, 5, 6, 0), np.nan))


@pytest.mark.parametrize("spoiled", [False, True])
def test_pictures_takes_little_memory(spoiled):
    images = np.full((40_000, 28, 28), 0.5, np.float32)
    images[-1, -1, -1] = np.nan if spoiled else 1
    tracemalloc.start()
    try:
        arrays.pictures("x", images)
    except ValueError:
        assert spoiled
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < images.nbytes / 8


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int64", "uint8", ">f4"])
def test_codes_become_float32(dtype):
    found = arrays.codes("z", np.arange(6).reshape(3, 2).astype(dtype), 2)
    assert (found.dtype, found.tolist()) == (np.float32, [[0, 1], [2, 3], [4, 5]])


@pytest.mark.parametrize(
    ("codes", "kind", "words"),
    [
        (CODES.tolist(), TypeError, r"np\.asarray\(z\)"),
        (CODES[:0], ValueError, r"not empty.*\(0, 8\)"),
        (CODES[0], ValueError, r"\(n, 8\).*\(8,\).*z\[np\.newaxis\]"),
        (CODES[:, :2], ValueError, r"\(n, 8\).*\(3, 2\)"),
        (CODES[..., None], ValueError, r"\(3, 8, 1\)"),
        (np.array(1.0), ValueError, r"of shape \(\)"),
        (CODES.astype(bool), TypeError, "bool"),
        (CODES.astype(object), TypeError, r"object.*z\.astype\(np\.float32\)"),
        (CODES.astype(complex), TypeError, "complex128"),
        (changed(CODES, (2, 7), np.nan), ValueError, r"nan at index \(2, 7\)"),
        (changed(CODES.astype(float), (0, 1), 1e39), ValueError, r"inf at index \(0, 1\)"),
    ],
)
def test_codes_refuses(codes, kind, words):
    with pytest.raises(kind, match=f"^z must .*{words}"):
        arrays.codes("z", codes, 8)


def test_codes_of_any_length():
    assert arrays.codes("z", CODES) is CODES
