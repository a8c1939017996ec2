"""The search of a code: it finds what the decoder can draw, and changes nothing."""

import numpy as np
import pytest

from tests.test_models import BAD_PICTURES, PIXELS, fingerprint, small_memory
from vae_tutorial.models import Memory
from vae_tutorial.search import find_code


@pytest.fixture(scope="module")
def model():
    """A decoder whose pictures depend on the code clearly, and an optimizer of its own."""
    model = small_memory(seed=2)
    model.set_weights([weight * 3 for weight in model.get_weights()])
    model.compile("adam")
    return model


def test_it_finds_the_code_of_a_picture_that_the_decoder_drew(model):
    wanted = np.array([[0.5, -0.3, 0.8]], np.float32)
    picture = model.decode(wanted)[0]
    before = fingerprint(model)
    code, error = find_code(model, picture, steps=200)
    assert fingerprint(model) == before
    assert (code.shape, code.dtype, type(error)) == ((3,), np.float32, float)
    assert error < 1e-2
    found = np.square(model.decode(code[None])[0] - picture).sum()
    assert error == pytest.approx(found, rel=1e-3, abs=1e-6)
    start = np.square(model.decode(np.zeros((1, 3)))[0] - picture).sum()
    assert error < start / 100


def test_more_steps_come_nearer_and_the_same_steps_come_out_the_same(model):
    errors = [find_code(model, PIXELS[0], steps=steps)[1] for steps in (1, 30)]
    assert errors[1] < errors[0]
    first, second = (find_code(model, PIXELS[0], steps=5) for _ in range(2))
    assert np.array_equal(first[0], second[0]) and first[1] == second[1]


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_it_begins_where_it_is_told(model, dtype):
    start = np.array([2, -1, 3], dtype)
    code, _ = find_code(model, PIXELS[0], steps=1, learning_rate=1e-6, start=start)
    assert np.allclose(code, start, atol=1e-5) and start.tolist() == [2, -1, 3]


@pytest.mark.parametrize(
    "picture",
    [PIXELS[0], PIXELS[0, ..., None], PIXELS[0] / 255, (PIXELS[0] / 255).astype(np.float32)],
    ids=["uint8", "with channel", "float64", "float32"],
)
def test_all_ways_to_write_a_picture_give_the_same(model, picture):
    found, wanted = (find_code(model, x, steps=2) for x in (picture, PIXELS[0]))
    assert np.array_equal(found[0], wanted[0]) and found[1] == wanted[1]


def test_a_colour_picture_may_be_searched_for():
    model = Memory(2, (4, 4, 3), filters=(2,))
    code, error = find_code(model, np.zeros((4, 4, 3), np.uint8), steps=2)
    assert code.shape == (2,) and error > 0


def assert_refused(model, kind, words, *arguments, **options):
    """Refused with these words; the model is as it was."""
    before = fingerprint(model)
    with pytest.raises(kind, match=words):
        find_code(model, *arguments, **options)
    assert fingerprint(model) == before


@pytest.mark.parametrize(
    "case", ["too large", "colour", "0 to 255", "negative", "int64", "objects"]
)
def test_pictures_are_refused(model, case):
    bad, kind, words = BAD_PICTURES[case]
    assert_refused(model, kind, f"^picture must .*{words.replace('(6', '(1')}", bad[0])


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_spoiled_picture_is_refused_with_its_index(model, value):
    bad = PIXELS[0] / 255
    bad[2, 3] = value
    assert_refused(model, ValueError, f"^picture must be finite, not {value} at .*2, 3", bad)


@pytest.mark.parametrize("bad", [PIXELS[0].tolist(), None, 3, "cat", PIXELS, PIXELS[0, :0]])
def test_what_is_no_picture_is_refused(model, bad):
    assert_refused(model, (TypeError, ValueError), "^picture must", bad)


@pytest.mark.parametrize(
    "bad",
    [[0.0, 0.0, 0.0], np.zeros(2), np.zeros((1, 3)), np.array([0, np.nan, 0]), 0.5, "zero"],
    ids=repr,
)
def test_starts_are_refused(model, bad):
    assert_refused(model, (TypeError, ValueError), "^start must", PIXELS[0], start=bad)


@pytest.mark.parametrize(
    ("options", "kind"),
    [({"steps": value}, ValueError) for value in (0, -1)]
    + [({"steps": value}, TypeError) for value in (1.5, None, "3", True)]
    + [({"learning_rate": value}, ValueError) for value in (0, -1, float("nan"), float("inf"))]
    + [({"learning_rate": value}, TypeError) for value in ("0.1", None)],
    ids=str,
)
def test_options_are_refused(model, options, kind):
    assert_refused(model, kind, f"^{next(iter(options))} must be", PIXELS[0], **options)
