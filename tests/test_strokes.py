"""A drawn digit becomes a picture like MNIST's: same size, same middle, same ink."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vae_tutorial.strokes import BOX, SIDE, digit

THREE = [[[0.3, 0.2], [0.6, 0.2], [0.45, 0.45], [0.65, 0.7], [0.3, 0.8]]]
POINT = st.lists(st.floats(0, 1), min_size=2, max_size=2)
STROKES = st.lists(st.lists(POINT, min_size=1, max_size=6), min_size=1, max_size=4)


def centre(picture):
    """Centre of mass, (row, column)."""
    rows, columns = np.indices(picture.shape)
    return np.array([(rows * picture).sum(), (columns * picture).sum()]) / picture.sum()


def moved(strokes, scale, shift):
    """The same drawing, larger and elsewhere."""
    return [(scale * np.array(stroke) + shift).tolist() for stroke in strokes]


def test_no_stroke_is_a_black_picture():
    assert digit([]).shape == (SIDE, SIDE) and not digit([]).any()


@given(STROKES)
def test_any_strokes_give_ink_within_the_picture(strokes):
    picture = digit(strokes)
    assert picture.shape == (SIDE, SIDE) and picture.dtype == np.uint8
    assert picture.max() > 100 and picture.min() == 0
    # The centre of mass is the middle, unless the drawing is so lopsided that it meets the edge.
    rows, columns = np.nonzero(picture)
    room = min(rows.min(), columns.min(), SIDE - 1 - rows.max(), SIDE - 1 - columns.max())
    assert room <= 1 or np.abs(centre(picture) - (SIDE - 1) / 2).max() < 0.75


def test_nothing_of_a_lopsided_drawing_is_cut_off():
    """Its centre of mass is then not quite in the middle."""
    lopsided = [[[0.0, 1.0]], [[0.0, 0.0], [1.0, 0.0]]]
    rows, columns = np.nonzero(digit(lopsided) > 30)
    assert np.ptp(rows) + 1 >= BOX - 1 and np.ptp(columns) + 1 >= BOX - 1
    assert 0 <= rows.min() and rows.max() < SIDE


def test_size_and_place_on_the_pad_do_not_matter():
    """But for rounding: it differs by less than half of what a shift by one pixel would."""
    picture = digit(THREE).astype(int)
    pixel = np.abs(picture - np.roll(picture, 1, axis=1)).mean()
    for scale, shift in ((0.4, [0.05, 0.5]), (1, [0.2, 0.1]), (0.7, [0.0, 0.0])):
        assert np.abs(picture - digit(moved(THREE, scale, shift))).mean() < pixel / 2


def test_the_ink_fills_the_box_that_mnist_gives_it():
    rows, columns = np.nonzero(digit(THREE) > 30)
    assert max(np.ptp(rows), np.ptp(columns)) + 1 in (BOX - 1, BOX, BOX + 1)


def test_a_dot_stays_a_dot():
    picture = digit([[[0.9, 0.1]]])
    assert 3 < (picture > 100).sum() < 16


@pytest.mark.parametrize("up", [True, False])
def test_the_direction_is_kept(up):
    """y points down, x to the right."""
    hook = (
        [[[0.2, 0.1], [0.2, 0.9], [0.5, 0.9]]] if not up else [[[0.2, 0.9], [0.2, 0.1], [0.5, 0.1]]]
    )
    picture = digit(hook).astype(float)
    below, above = picture[SIDE // 2 :, 14:].sum(), picture[: SIDE // 2, 14:].sum()
    assert (above > below) == up
