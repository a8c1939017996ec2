"""Static figures: which pixel stands where, which words, and one Axes out."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from vae_tutorial import plots

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (5, 4, 6), np.uint8)
COLOUR = RNG.integers(0, 256, (5, 4, 6, 3), np.uint8)


@pytest.fixture(autouse=True)
def closed_figures():
    """Draw each figure to the end, so that what cannot be drawn is found, and close it."""
    yield
    for number in plt.get_fignums():
        plt.figure(number).canvas.draw()
    plt.close("all")


@pytest.mark.parametrize(
    ("images", "wanted"),
    [
        (GREY, GREY[..., None]),
        (GREY[..., None], GREY[..., None]),
        (COLOUR, COLOUR),
        (GREY / 255, GREY[..., None]),
        ((COLOUR / 255).astype(np.float32), COLOUR),
        ((COLOUR / 255).tolist(), COLOUR),
    ],
    ids=["grey", "grey with channel", "colour", "grey floats", "colour floats", "list"],
)
def test_as_bytes(images, wanted):
    found = plots.as_bytes(images)
    assert (found.shape, found.dtype) == ((5, 4, 6, 3), np.uint8)
    assert np.array_equal(found, np.broadcast_to(wanted, found.shape))


@pytest.mark.parametrize(
    ("value", "byte"), [(-0.5, 0), (-1e9, 0), (0, 0), (0.5, 128), (1, 255), (1.5, 255), (1e9, 255)]
)
def test_floats_outside_the_range_are_clipped(value, byte):
    assert (plots.as_bytes(np.full((1, 2, 2), value, np.float32)) == byte).all()


@pytest.mark.parametrize("images", [GREY, GREY[..., None], COLOUR, COLOUR / 255])
@pytest.mark.parametrize(("columns", "rows"), [(None, 1), (1, 5), (2, 3), (3, 2), (5, 1), (9, 1)])
def test_mosaic_geometry(images, columns, rows):
    sheet = plots.mosaic(images, columns)
    columns = min(columns or 5, 5)
    gap = plots.GAP
    assert (sheet.dtype, sheet.shape) == (
        np.uint8,
        (rows * 4 + (rows - 1) * gap, columns * 6 + (columns - 1) * gap, 3),
    )
    rest = np.ones(sheet.shape[:2], bool)
    for place, tile in enumerate(plots.as_bytes(images)):
        y, x = place // columns * (4 + gap), place % columns * (6 + gap)
        assert np.array_equal(sheet[y : y + 4, x : x + 6], tile)
        rest[y : y + 4, x : x + 6] = False
    assert (sheet[rest] == 255).all()


def texts(axes):
    """The words above the pictures, from left to right and top to bottom."""
    return [text.get_text() for text in axes.texts]


@pytest.mark.parametrize("images", [GREY, COLOUR, COLOUR / 255])
@pytest.mark.parametrize("columns", [None, 1, 2, 5])
def test_board_shows_the_mosaic(images, columns):
    axes = plots.board(images, columns=columns)
    assert isinstance(axes, plt.Axes) and len(plt.get_fignums()) == 1
    assert np.array_equal(axes.images[0].get_array(), plots.mosaic(images, columns))
    assert texts(axes) == [] and not len(axes.get_xticks()) and not len(axes.get_yticks())


def test_board_with_titles_of_the_first_row_and_with_rows():
    axes = plots.board(GREY[:4], columns=2, titles=["a", "b"], rows=["up", "down"])
    assert texts(axes) == ["a", "b"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["up", "down"]
    assert list(axes.get_yticks()) == [2, 2 + 4 + plots.GAP]
    left, right = (text.get_position() for text in axes.texts)
    assert left[0] == 3 and right[0] == 3 + 6 + plots.GAP and left[1] <= 0


def test_board_with_a_title_above_every_picture():
    """Each stands in white, between its picture and the one above."""
    axes = plots.board(GREY, columns=2, titles=list("abcde"))
    assert texts(axes) == list("abcde")
    sheet = np.asarray(axes.images[0].get_array())
    for text, picture in zip(axes.texts, GREY, strict=True):
        x, y = text.get_position()
        below = int(np.ceil(y))
        while not np.array_equal(sheet[below : below + 4, int(x) - 3 : int(x) + 3, 0], picture):
            assert (sheet[below, int(x) - 3 : int(x) + 3] == 255).all()
            below += 1


@pytest.mark.parametrize(
    "draw",
    [
        lambda ax: plots.board(GREY, ax=ax),
        lambda ax: plots.curves([1, 2], {"a": [1, 2]}, xlabel="x", ylabel="y", ax=ax),
        lambda ax: plots.code_map(RNG.normal(size=(20, 2)), np.arange(20) % 10, ax=ax),
    ],
    ids=["board", "curves", "code_map"],
)
def test_given_axes_are_used(draw):
    _, (first, second) = plt.subplots(1, 2)
    assert draw(second) is second
    assert len(plt.get_fignums()) == 1 and not first.has_data()


@pytest.mark.parametrize(
    ("logarithmic", "scales"),
    [({}, ("linear", "linear")), ({"log_x": True, "log_y": True}, ("log", "log"))],
)
def test_curves(logarithmic, scales):
    lines = {"train": np.array([3.0, 2.0, 1.0]), "test": np.array([4.0, 3.0, 2.0])}
    axes = plots.curves(
        [1, 2, 4], lines, xlabel="steps", ylabel="nats", baselines={"mean": 5.0}, **logarithmic
    )
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("steps", "nats")
    assert (axes.get_xscale(), axes.get_yscale()) == scales
    drawn = {line.get_label(): line for line in axes.lines}
    for label, values in lines.items():
        assert drawn[label].get_xydata().tolist() == [
            [x, y] for x, y in zip([1, 2, 4], values, strict=True)
        ]
    assert drawn["mean"].get_ydata() == [5.0, 5.0]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [*lines, "mean"]
    if logarithmic:
        assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "2", "4"]


def test_one_line_alone_needs_no_legend():
    axes = plots.curves(range(30), {"loss": np.ones(30)}, xlabel="x", ylabel="y")
    assert axes.get_legend() is None


def test_lines_can_be_told_apart_without_colour():
    lines = {str(i): [i, i] for i in range(6)}
    axes = plots.curves([0, 1], lines, xlabel="x", ylabel="y")
    looks = {(str(line.get_linestyle()), line.get_marker()) for line in axes.lines}
    assert len(looks) == 6
    assert len(set(plots.COLOURS)) == len(set(plots.DASHES)) == len(set(plots.MARKERS)) == 6


@pytest.mark.parametrize("dtype", [np.uint8, np.int64])
def test_code_map_draws_each_code_once(dtype):
    codes, labels = RNG.normal(size=(30, 2)), (np.arange(30) % 10).astype(dtype)
    axes = plots.code_map(codes, labels, samples=codes[:4] + 9, samples_label="drawn")
    *digits, samples = axes.collections
    assert len(digits) == 10
    for digit, drawn in enumerate(digits):
        assert np.array_equal(drawn.get_offsets(), codes[labels == digit])
    assert np.array_equal(samples.get_offsets(), codes[:4] + 9)
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["drawn"]
    colours = {tuple(drawn.get_facecolor()[0]) for drawn in digits}
    assert len(colours) == 10
