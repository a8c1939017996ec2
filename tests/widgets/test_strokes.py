"""A drawn digit becomes an image like MNIST's: same size, same middle, same ink."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vae_tutorial.widgets.strokes import BOX, SIDE, digit

THREE = [[[0.3, 0.2], [0.6, 0.2], [0.45, 0.45], [0.65, 0.7], [0.3, 0.8]]]
POINT = st.lists(st.floats(0, 1), min_size=2, max_size=2)
STROKES = st.lists(st.lists(POINT, min_size=1, max_size=6), min_size=1, max_size=4)


def test_no_stroke_is_a_black_image():
    assert digit([]).shape == (SIDE, SIDE) and not digit([]).any()


@given(STROKES)
@example([[[0.75, 0.0], [0.75, 0.75]], [[0.1875, 0.0]]])  # lopsided, and narrower than the box
@example([[[1.0, 0.3125]], [[0.3307403261973563, 0.0]]])  # two dots, which must weigh the same
def test_any_strokes_give_ink_within_the_image(strokes):
    image = digit(strokes)
    assert image.shape == (SIDE, SIDE) and image.dtype == np.uint8
    assert image.max() > 100 and image.min() == 0
    # The center of mass is the middle, unless the drawing is so lopsided that it meets the edge.
    rows, columns = np.nonzero(image)
    room = min(rows.min(), columns.min(), SIDE - 1 - rows.max(), SIDE - 1 - columns.max())
    center = np.array([(axis * image).sum() for axis in np.indices(image.shape)]) / image.sum()
    assert room <= 1 or np.abs(center - (SIDE - 1) / 2).max() < 0.75


def test_nothing_of_a_lopsided_drawing_is_cut_off():
    """Its center of mass is then not quite in the middle."""
    rows, columns = np.nonzero(digit([[[0.0, 1.0]], [[0.0, 0.0], [1.0, 0.0]]]) > 30)
    assert np.ptp(rows) + 1 >= BOX - 1 and np.ptp(columns) + 1 >= BOX - 1
    assert 0 <= rows.min() and rows.max() < SIDE


def test_size_and_position_on_the_pad_do_not_matter():
    """But for rounding: it differs by less than half of what a shift by one pixel would."""
    image = digit(THREE).astype(int)
    pixel = np.abs(image - np.roll(image, 1, axis=1)).mean()
    for scale, shift in ((0.4, [0.05, 0.5]), (1, [0.2, 0.1]), (0.7, [0.0, 0.0])):
        moved = [(scale * np.array(stroke) + shift).tolist() for stroke in THREE]
        assert np.abs(image - digit(moved)).mean() < pixel / 2


def test_the_ink_fills_the_box_that_mnist_gives_it():
    rows, columns = np.nonzero(digit(THREE) > 30)
    assert max(np.ptp(rows), np.ptp(columns)) + 1 in (BOX - 1, BOX, BOX + 1)


def test_a_dot_stays_a_dot():
    assert 3 < (digit([[[0.9, 0.1]]]) > 100).sum() < 16


@pytest.mark.parametrize(("start", "end"), [(0.1, 0.9), (0.9, 0.1)])
def test_the_direction_is_kept(start, end):
    """y points down, x to the right."""
    image = digit([[[0.2, start], [0.2, end], [0.5, end]]]).astype(float)
    below, above = image[SIDE // 2 :, 14:].sum(), image[: SIDE // 2, 14:].sum()
    assert (below > above) == (end > start)
