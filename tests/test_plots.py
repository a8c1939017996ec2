"""Static figures: which pixel goes where, which words, and one Axes out."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from vae_tutorial import plots

RNG = np.random.default_rng(0)
GRAY = RNG.integers(0, 256, (5, 4, 6), np.uint8)
COLOR = RNG.integers(0, 256, (5, 4, 6, 3), np.uint8)


@pytest.fixture(autouse=True)
def closed_figures():
    """Draw each figure to the end, so that what cannot be drawn is found, and close it."""
    yield
    for number in plt.get_fignums():
        plt.figure(number).canvas.draw()
    plt.close("all")


SAME_IMAGES = {
    "gray": (GRAY, GRAY[..., None]),
    "gray with channel": (GRAY[..., None], GRAY[..., None]),
    "color": (COLOR, COLOR),
    "gray floats": (GRAY / 255, GRAY[..., None]),
    "color floats": ((COLOR / 255).astype(np.float32), COLOR),
    "list": ((COLOR / 255).tolist(), COLOR),
}


@pytest.mark.parametrize(("images", "expected"), SAME_IMAGES.values(), ids=SAME_IMAGES)
def test_as_rgb(images, expected):
    found = plots.as_rgb(images)
    assert (found.shape, found.dtype) == ((5, 4, 6, 3), np.uint8)
    assert np.array_equal(found, np.broadcast_to(expected, found.shape))


@pytest.mark.parametrize(
    ("value", "byte"), [(-0.5, 0), (-1e9, 0), (0, 0), (0.5, 128), (1, 255), (1.5, 255)]
)
def test_floats_a_little_outside_the_range_are_clipped(value, byte):
    assert (plots.as_rgb(np.full((1, 2, 2), value, np.float32)) == byte).all()


@pytest.mark.parametrize("images", [GRAY, GRAY[..., None], COLOR, COLOR / 255])
@pytest.mark.parametrize(("columns", "rows"), [(None, 1), (1, 5), (2, 3), (3, 2), (5, 1), (9, 1)])
def test_images_stand_in_rows(images, columns, rows):
    grid = plots.show_images(images, columns=columns).images[0].get_array()
    columns, gap = min(columns or 5, 5), plots.GAP
    shape = (rows * 4 + (rows - 1) * gap, columns * 6 + (columns - 1) * gap, 3)
    assert (grid.dtype, grid.shape) == (np.uint8, shape)
    rest = np.ones(grid.shape[:2], bool)
    for i, tile in enumerate(plots.as_rgb(images)):
        y, x = i // columns * (4 + gap), i % columns * (6 + gap)
        assert np.array_equal(grid[y : y + 4, x : x + 6], tile)
        rest[y : y + 4, x : x + 6] = False
    assert (grid[rest] == 255).all()


def texts(axes):
    """The words above the images, from left to right and top to bottom."""
    return [text.get_text() for text in axes.texts]


@pytest.mark.parametrize("images", [GRAY, COLOR / 255])
@pytest.mark.parametrize("columns", [None, 1, 2, 5])
def test_show_images_is_one_picture_without_words(images, columns):
    axes = plots.show_images(images, columns=columns)
    assert isinstance(axes, plt.Axes) and len(plt.get_fignums()) == 1
    assert texts(axes) == [] and not len(axes.get_xticks()) and not len(axes.get_yticks())


def test_titles_of_the_first_row_and_row_labels():
    axes = plots.show_images(GRAY[:4], columns=2, titles=["a", "b"], row_labels=["up", "down"])
    assert texts(axes) == ["a", "b"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["up", "down"]
    assert list(axes.get_yticks()) == [2, 2 + 4 + plots.GAP]
    left, right = (text.get_position() for text in axes.texts)
    assert left[0] == 3 and right[0] == 3 + 6 + plots.GAP and left[1] <= 0


def test_a_title_above_every_image():
    """Each is in white, between its image and the one above."""
    axes = plots.show_images(GRAY, columns=2, titles=list("abcde"))
    assert texts(axes) == list("abcde")
    sheet = np.asarray(axes.images[0].get_array())
    for text, image in zip(axes.texts, GRAY, strict=True):
        x, y = text.get_position()
        below = int(np.ceil(y))
        while not np.array_equal(sheet[below : below + 4, int(x) - 3 : int(x) + 3, 0], image):
            assert (sheet[below, int(x) - 3 : int(x) + 3] == 255).all()
            below += 1


def curves(x, lines, **options):
    """Curves with labels at the axes."""
    return plots.curves(x, lines, xlabel="steps", ylabel="nats", **options)


@pytest.mark.parametrize(
    "draw",
    [
        lambda ax: plots.show_images(GRAY, ax=ax),
        lambda ax: curves([1, 2], {"a": [1, 2]}, ax=ax),
        lambda ax: plots.code_map(RNG.normal(size=(20, 2)), np.arange(20) % 10, ax=ax),
    ],
    ids=["show_images", "curves", "code_map"],
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
    axes = curves([1, 2, 4], lines, baselines={"mean": 5.0}, **logarithmic)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("steps", "nats")
    assert (axes.get_xscale(), axes.get_yscale()) == scales
    drawn = {line.get_label(): line for line in axes.lines}
    for label, values in lines.items():
        assert np.array_equal(drawn[label].get_xydata(), np.stack([[1, 2, 4], values], axis=1))
    assert drawn["mean"].get_ydata() == [5.0, 5.0]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [*lines, "mean"]
    if logarithmic:
        assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "2", "4"]


def test_one_line_alone_needs_no_legend():
    assert curves(range(30), {"loss": np.ones(30)}).get_legend() is None


def test_lines_can_be_told_apart_without_color():
    axes = curves([0, 1], {str(i): [i, i] for i in range(6)})
    assert len({(str(line.get_linestyle()), line.get_marker()) for line in axes.lines}) == 6
    assert len(set(plots.COLORS)) == len(set(plots.DASHES)) == len(set(plots.MARKERS)) == 6


@pytest.mark.parametrize(("dtype", "classes"), [(np.uint8, 10), (np.int64, 10), (np.int64, 23)])
def test_code_map_draws_each_code_once(dtype, classes):
    codes = RNG.normal(size=(40, 2)).astype(np.float32)
    labels = (np.arange(40) % classes).astype(dtype)
    axes = plots.code_map(codes, labels, samples=codes[:4] + 9, samples_label="drawn")
    *drawn, samples = axes.collections
    assert len(drawn) == classes
    for label, points in enumerate(drawn):
        assert np.array_equal(points.get_offsets(), codes[labels == label])
    assert np.array_equal(samples.get_offsets(), codes[:4] + 9)
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["drawn"]
    assert len({tuple(points.get_facecolor()[0]) for points in drawn}) == 10  # then they repeat
