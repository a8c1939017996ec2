"""A drawn digit becomes an image like MNIST's: same size, same middle, same ink."""

import numpy as np
import pytest
from hypothesis import strategies as st

from vae_tutorial.widgets.strokes import BOX, SIDE, digit

THREE = [[[0.3, 0.2], [0.6, 0.2], [0.45, 0.45], [0.65, 0.7], [0.3, 0.8]]]
POINT = st.lists(st.floats(0, 1), min_size=2, max_size=2)
STROKES = st.lists(st.lists(POINT, min_size=1, max_size=6), min_size=1, max_size=4)


def test_no_stroke_is_a_black_image():
    assert digit([]).shape == (SIDE, SIDE) and not digit([]).any()


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
