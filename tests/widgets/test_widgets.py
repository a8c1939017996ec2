"""What each widget shows and says, and what moves when its image is dragged."""

import re

import numpy as np
import pytest

from tests.widgets.conftest import (
    COPIES,
    DEEP,
    FLAT,
    FOUND,
    IMAGES,
    MEMORY,
    NAMES,
    RNG,
    StandIn,
    drag,
    make_images,
)
from vae_tutorial import channel, plots, widgets
from vae_tutorial.widgets import code_map, drawing
from vae_tutorial.widgets.gaussian_dial import draw_dial
from vae_tutorial.widgets.strokes import digit

CODES = RNG.normal(size=(40, 2))
BOX = {"low": (-1, 10), "high": (3, 20)}
SCRIBBLE = [[[0.2, 0.2], [0.8, 0.2], [0.3, 0.9]]]
INNER = drawing.WIDTH - 2 * drawing.MARGIN


# Number line and dial


def test_a_name_is_dragged_to_the_position_below_the_pointer():
    line = widgets.noisy_line([2, 5.43, 8], NAMES)
    x = [(drawing.MARGIN + (at + 1) / 12 * INNER) / drawing.WIDTH for at in (5.6, 9.3, 20)]
    drag(line, (x[0], 0.3), (x[1], 0.9))
    assert list(line.state.values()) == pytest.approx([0.5, 2, 9.13, 8])
    drag(line, (x[1], 0.3), (x[2], 0.3))
    assert line.state["position_1"] == 10 and line.state["position_2"] == 8


def test_the_line_says_who_is_taken_for_whom():
    line = widgets.noisy_line([2, 5.43, 5.44], ["cat", "apple", "banana"])
    _, sentence = line.draw(noise=1.0, position_0=2.0, position_1=5.43, position_2=5.44)
    assert "apple" in sentence and "banana" in sentence and "cat" not in sentence
    said = re.search(r": (\S+) of the messages .* theory, (\S+) of 3,000 sent;", sentence).groups()
    counted = channel.simulate(np.array([2, 5.43, 5.44]), 1.0, count=100_000)
    assert float(said[0]) == pytest.approx(1 - counted.diagonal().mean(), abs=0.01)
    assert float(said[1]) == pytest.approx(1 - counted.diagonal().mean(), abs=0.04)
    _, sentence = line.draw(noise=1.0, position_0=2.0, position_1=3.0, position_2=2.0)
    assert "same position" in sentence


def test_the_hill_is_dragged():
    dial = widgets.gaussian_dial()
    drag(dial, (0.5, 0.5), (0.3, 0.5))
    assert dial.state["mean"] == pytest.approx(1 - 0.2 * 10 * 680 / 632, abs=0.06)
    before = dial.state["stddev"]
    drag(dial, (0.5, 0.5), (0.5, 0.6))
    assert dial.state["stddev"] > before
    drag(dial, (0.5, 0.5), (9, 9))
    assert dial.state == {"mean": 4, "stddev": 3}


@pytest.mark.parametrize(("mean", "stddev"), [(0.0, 1.0), (1.0, 0.5), (-4.0, 0.01), (4.0, 3.0)])
def test_the_dial_says_the_kl_divergence(mean, stddev):
    from vae_tutorial.losses import kl_divergence

    dial = widgets.gaussian_dial()
    image, sentence = dial.draw(mean=mean, stddev=stddev)
    nats, bits = map(float, re.search(r"Gaussian (\S+) nats, (\S+) bits", sentence).groups())
    arrays = (np.array([[value]], np.float32) for value in (mean, 2 * np.log(stddev)))
    expected = float(kl_divergence(*arrays)[0])
    assert nats == pytest.approx(expected, rel=5e-3, abs=1e-6)
    assert bits == pytest.approx(expected / np.log(2), rel=5e-3, abs=1e-6)
    assert (image != dial.draw(mean=mean, stddev=stddev * 1.5)[0]).any()


def test_the_dial_draws_its_samples_as_epsilon_times_stddev_plus_mean():
    """Orange columns just above the line."""
    epsilon = np.array([-1.0, 0.0, 2.0])
    row = draw_dial(0.5, 0.5, epsilon)[drawing.BASE - 15].astype(int)
    orange = np.flatnonzero((row[:, 0] > 200) & (row[:, 1] < 120) & (row[:, 2] < 50))
    found = orange[np.flatnonzero(np.diff(orange, prepend=-9) > 1)]
    expected = [drawing.MARGIN + (x + 5) * INNER / 10 for x in epsilon * 0.5 + 0.5]
    assert np.allclose(found, expected, atol=4)


# Code map


def test_the_point_is_dragged_on_the_map_alone():
    explorer = widgets.code_map_explorer(FLAT, CODES, low=(-2, -4), high=(2, 4))
    corner = code_map.MARGIN / (2 * code_map.SIDE + 4), code_map.MARGIN / code_map.SIDE
    drag(explorer, (0.2, 0.5), corner)
    assert explorer.state == {"x": -2, "y": 4}
    drag(explorer, (0.2, 0.5), (9, 9))
    assert explorer.state == {"x": 2, "y": -4}
    drag(explorer, (0.7, 0.5), (0.2, 0.5))
    assert explorer.state == {"x": 2, "y": -4}


@pytest.mark.parametrize(("x", "y"), [(0, 0), (100, 0), (0, 100), (100, 100), (30, 80)])
def test_the_map_marks_the_point_that_is_decoded(x, y):
    codes = np.array([[-1.0, 10.0], [3.0, 20.0], [0.0, 12.0]])
    explorer = widgets.code_map_explorer(FLAT, codes)
    z = np.array([explorer.values["x"][x], explorer.values["y"][y]])
    assert np.allclose(z, [-1 + 4 * x / 100, 10 + 10 * y / 100])
    image, sentence = explorer.draw(x=z[0], y=z[1])
    nearest = np.sqrt(np.square(codes - z).sum(axis=1).min())
    assert sentence == f"z = ({z[0]:.3g}, {z[1]:.3g}); the nearest real code is {nearest:.2g} away."
    inner = code_map.SIDE - 1 - 2 * code_map.MARGIN
    column, row = (round(code_map.MARGIN + share * inner) for share in (x / 100, 1 - y / 100))
    assert tuple(image[row, column]) == (0xE6, 0x9F, 0)
    middles = ((np.arange(28) + 0.5) * code_map.SIDE / 28).astype(int)
    beside = image[:, -code_map.SIDE :][np.ix_(middles, middles)]
    assert np.array_equal(beside, plots.as_rgb(FLAT.decode(z[None]))[0])


def test_the_dots_of_the_map_are_the_codes():
    """The largest z[1] is at the top, the largest z[0] at the right."""
    codes = np.array([[0.0, 0.0], [10.0, 10.0], [10.0, 5.0]])
    dark = np.argwhere(np.asarray(code_map.CodeMap(codes).image).sum(axis=-1) < 700)
    low, high = code_map.MARGIN, code_map.SIDE - 1 - code_map.MARGIN
    for row, column in ((high, low), (low, high), (code_map.SIDE // 2, high)):
        near = np.abs(dark - (row, column)).max(axis=1) <= 2
        assert near.any()
        dark = dark[~near]
    assert len(dark) == 0


def test_noise_decodes_nine_codes_around_the_point():
    draw = widgets.code_map_explorer(FLAT, CODES, noise=True, **BOX, seed=4).draw
    image, sentence = draw(x=0.0, y=12.0, noise=0.5)
    assert "Nine draws with noise of stddev 0.5" in sentence
    around = np.array([0, 12]) + 0.5 * np.random.default_rng(4).normal(size=(9, 2))
    grid = plots.image_grid(FLAT.decode(around.astype(np.float32)), columns=3)
    assert np.array_equal(image[:, -code_map.SIDE :], code_map.enlarge(grid, code_map.SIDE))
    assert "Nine" not in draw(x=0.0, y=12.0, noise=0.0)[1]


@pytest.mark.parametrize("labels", [[3, 8], [12, 345]])
def test_the_map_names_the_class_of_the_nearest_code(labels):
    codes = np.array([[0.0, 12.0], [1.0, 12.0]])
    draw = widgets.code_map_explorer(FLAT, codes, np.array(labels), **BOX).draw
    assert f"(a {labels[0]}) is 0 away" in draw(x=0.0, y=12.0)[1]
    assert f"(a {labels[1]}) is 0.1 away" in draw(x=1.1, y=12.0)[1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"labels": np.arange(3)}, "labels must be as many as codes"),
        ({"labels": -np.ones(40, int)}, "labels must lie in 0 to"),
        ({"low": (0, np.nan)}, "low must be two finite numbers"),
        ({"high": 3}, "high must be two finite numbers"),
        ({"low": (2, 2), "high": (-2, -2)}, "low must lie below high"),
    ],
)
def test_a_map_without_sense_is_an_error(arguments, words):
    with pytest.raises(ValueError, match=f"^{words}"):
        widgets.code_map_explorer(FLAT, CODES, **arguments)


# Digit pad and data set browser


def test_the_pad_shows_copy_cloud_and_neighbors():
    pad = widgets.digit_pad(IMAGES, FLAT, DEEP, count=50)
    image, sentence = pad.draw(strokes=SCRIBBLE)
    seen = digit(SCRIBBLE)
    copy = DEEP.reconstruct(seen[np.newaxis])[0]
    assert np.array_equal(image[26:194, 410:578], code_map.enlarge(seen, 168))
    assert np.array_equal(image[26:194, 610:778], code_map.enlarge(copy, 168))
    z_mean, z_log_var = (numbers[0] for numbers in FLAT.encode(seen[np.newaxis]))
    numbers = [float(text) for text in re.findall(r"-?\d+\.\d\d\b", sentence)[-4:]]
    assert np.allclose(numbers, [*z_mean, *np.exp(z_log_var / 2)], atol=0.006)
    assert f"squared error {np.square(copy[..., 0] - seen / 255).sum():.3g}. Its" in sentence
    distances = np.square(DEEP.encode(IMAGES.x_train[:50])[0] - DEEP.encode(seen[None])[0]).sum(1)
    nearest = np.argsort(distances)[:8]
    most = np.bincount(IMAGES.y_train[:50][nearest]).argmax()
    assert f"are a {NAMES[most]}. Its copy" in sentence
    first = code_map.enlarge(IMAGES.x_train[nearest[0]], 84)
    assert np.array_equal(image[228 : 228 + 84, 410 : 410 + 84], first)
    assert "Draw a digit" in pad.draw(strokes=[])[1]


# Class counts and image shapes: one class, an empty one, more than there are colors.
ANY_IMAGES = [
    make_images((32, 24, 3), ["only"], [0] * 10),
    make_images((8, 8), ["full", "empty"], [0] * 45),
    make_images((8, 8, 3), [f"class number {i}" for i in range(30)], np.arange(300) % 30),
]


@pytest.mark.parametrize("images", ANY_IMAGES, ids=["color, one class", "an empty class", "many"])
def test_browser_and_pad_take_any_classes_and_color(images):
    browser = widgets.dataset_browser(images)
    for i, name in enumerate(images.class_names):
        browser.set(label=name, page=9)
        count = (images.y_train == i).sum()
        said = f"{min(count, 40)} of its {count:,} training images." if count else "has no"
        assert name in browser.sentence and said in browser.sentence
    shape = (*images.x_train.shape[1:], 1)[:3]
    pad = widgets.digit_pad(images, StandIn(2, shape), StandIn(5, shape))
    pad.set(strokes=SCRIBBLE)
    assert re.search(f"[1-8] are a ({'|'.join(images.class_names)})", pad.sentence)


def test_the_browser_shows_images_of_the_class_alone():
    draw = widgets.dataset_browser(IMAGES).draw
    members = IMAGES.x_train[IMAGES.y_train == 1]
    image, sentence = draw(label=NAMES[1], page=0)
    assert np.array_equal(image, plots.image_grid(members[:40], columns=10))
    assert "50" in sentence and NAMES[1] in sentence
    second, _ = draw(label=NAMES[1], page=1)
    expected = np.concatenate([members[40:], members[:30]])
    assert np.array_equal(second, plots.image_grid(expected, columns=10))


@pytest.mark.parametrize("build", [widgets.dataset_browser, lambda x: widgets.digit_pad(x, 0, 0)])
def test_images_are_asked_for(build):
    with pytest.raises(TypeError, match=r"^images must be an Images.*load_images\(\)"):
        build(IMAGES.x_train)


# Memories, trainings and autoencoders


def test_the_path_ends_at_each_code():
    codes = RNG.normal(size=(3, 3))
    draw = widgets.code_path(MEMORY, codes, NAMES).draw
    for i, code in enumerate(codes.astype(np.float32)):
        image, sentence = draw(position=float(i))
        assert np.allclose(image, MEMORY.decode(code[None])[0], atol=1e-6)
        ends = (f"0% of the way from {NAMES[i]} to", f"100% of the way from {NAMES[1]} to")
        assert sentence.startswith(ends[i == 2])
    halfway = MEMORY.decode((codes[:1] + codes[1:2]) / 2)[0]
    assert np.allclose(draw(position=0.5)[0], halfway, atol=1e-6)
    assert draw(position=1.25)[1] == f"25% of the way from {NAMES[1]} to {NAMES[2]}."
    with pytest.raises(ValueError, match="^codes must be at least 2"):
        widgets.code_path(MEMORY, codes[:1], NAMES[:1])


def test_the_mixing_board_starts_at_the_first_image():
    widget = widgets.mixing_board(MEMORY, NAMES)
    assert list(widget.state.values()) == [1.0, 0.0, 0.0]
    assert np.array_equal(widget.draw(**widget.state)[0], MEMORY.decode(np.eye(3)[:1])[0])
    assert widget.draw(**dict.fromkeys(widget.state, 0.0))[1] == "Code: all zeros."
    with pytest.raises(ValueError, match="^names must be as many as the model's slots"):
        widgets.mixing_board(MEMORY, NAMES[:2])


@pytest.mark.parametrize("channels", [1, 3])
def test_the_scrubber_says_the_squared_error(channels):
    """Summed over pixels and channels, as everywhere in the series."""
    target = RNG.integers(0, 256, (8, 8, channels), np.uint8)
    snapshots = {step: RNG.random((1, 8, 8, channels)).astype(np.float32) for step in (0, 7)}
    _, sentence = widgets.training_scrubber(snapshots, target).draw(step=7)
    expected = np.square(snapshots[7][0] - target / 255).sum()
    assert sentence == f"After 7 steps of training: squared error {expected:.3g}."


def test_the_epoch_scrubber_shows_originals_above_copies():
    x = IMAGES.x_test[:4]
    image, sentence = widgets.epoch_scrubber(COPIES, x, steps_per_epoch=6).draw(epoch=9)
    assert np.array_equal(image[:28, :28, 0], x[0])
    assert np.array_equal(image[30:, :28, 0], plots.as_rgb(COPIES[54])[0, ..., 0])
    expected = np.square(COPIES[54][..., 0] - x / 255).sum(axis=(1, 2)).mean()
    assert float(sentence.split()[-3]) == pytest.approx(expected, rel=5e-3)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda x: widgets.epoch_scrubber({}, x, 6), "snapshots must hold at least one"),
        (lambda x: widgets.epoch_scrubber(COPIES, x[:3], 6), "snapshots must hold 3 images"),
        (lambda x: widgets.epoch_scrubber([x], x, 6), "snapshots must be a dict"),
        (lambda x: widgets.training_scrubber({1: x[:2]}, x[0]), "snapshots must hold 1 images"),
        (lambda x: widgets.training_scrubber({1: x[:1]}, x[0, :9]), "snapshots must have shape"),
        (lambda x: widgets.latent_sizes({}, x), "models must hold at least one"),
        (lambda x: widgets.collapse_slider({}, x, {}), "models must hold at least one"),
        (
            lambda x: widgets.collapse_slider({4: DEEP}, x, {2: (1, 9)}),
            "points must have the betas 4",
        ),
        (lambda x: widgets.latent_sizes({2: FLAT}, x / 255), "x must be uint8"),
        (
            lambda x: widgets.draws_slider(x, np.zeros((8, 5)), np.zeros(9)),
            "log_weights must be as many as x",
        ),
        (
            lambda x: widgets.draws_slider(x, np.zeros((9, 5)), np.zeros(8)),
            "evidence must be as many as x",
        ),
        (lambda x: widgets.inversion_stepper(x, {}, x), "found must hold steps from 1 on"),
        (lambda x: widgets.inversion_stepper(x, {0: x}, x), "found must hold steps from 1 on"),
        (lambda x: widgets.inversion_stepper(x, {1: x[:3]}, x), "found must be as many as x"),
        (lambda x: widgets.inversion_stepper(x, {1: x}, x[:3]), "encoded must be as many as x"),
        (lambda x: widgets.metric_switch(x, {}, {}, {}), "copies must hold at least one model"),
        (
            lambda x: widgets.metric_switch(x, {"a": x}, {"b": x}, {"a": ""}),
            "samples must have the models a",
        ),
        (
            lambda x: widgets.metric_switch(x, {"a": x[:3]}, {"a": x}, {"a": ""}),
            "copies must be as many as x",
        ),
    ],
)
def test_what_a_widget_cannot_show_is_an_error(build, words):
    with pytest.raises((TypeError, ValueError), match=f"^{words}"):
        build(IMAGES.x_test)


def test_latent_sizes_shows_original_copy_and_difference():
    x = IMAGES.x_test
    image, sentence = widgets.latent_sizes({2: FLAT, 5: DEEP}, x).draw(latent_dim=5, image=4)
    original, copy = x[4][..., None] / 255, DEEP.reconstruct(x[4:5])[0]
    assert np.array_equal(image, plots.image_grid([original, copy, abs(copy - original)]))
    assert f"{np.square(copy - original).sum():.3g}" in sentence and "5 numbers" in sentence


def test_the_collapse_slider_shows_the_copies_and_marks_the_point_of_its_model():
    x, points = IMAGES.x_test, {4: (8.0, 120.0), 0.5: (30.0, 80.0)}
    slider = widgets.collapse_slider({0.5: DEEP, 4: FLAT}, x, points)
    assert slider.state == {"beta": 4} and slider.values["beta"] == [4, 0.5]
    seen = {}
    for beta, model in ((4, FLAT), (0.5, DEEP)):
        seen[beta], sentence = slider.draw(beta=beta)
        rate, distortion = points[beta]
        wanted = f"Beta {beta:g}: a rate of {rate} nats, a distortion of {distortion} nats."
        assert sentence.startswith(wanted)
        tile = seen[beta].shape[1] / (30 * len(x) - 2)  # an image pixel, enlarged
        rows, columns = (((np.arange(28) + o + 0.5) * tile).astype(int) for o in (30, 0))
        copy = plots.as_rgb(model.reconstruct(x[:1]))[0]
        assert np.array_equal(seen[beta][np.ix_(rows, columns)], copy)
    marked = {
        b: np.argwhere((i == (0xD5, 0x5E, 0)).all(axis=2)).mean(axis=0) for b, i in seen.items()
    }
    assert marked[0.5][1] > marked[4][1] and marked[0.5][0] > marked[4][0]  # right, and lower down


def test_the_draws_slider_shows_each_draw_as_wide_as_it_counts_and_the_bound_below_the_evidence():
    x = IMAGES.x_test[:2]
    shares = np.array([[0.5, 0.25, 0.125, 0.125], [1 - 3e-9, 1e-9, 1e-9, 1e-9]])
    slider = widgets.draws_slider(x, np.log(shares) - 90, np.array([-91.0, -85.0]))
    assert slider.state == {"image": 1, "draws": 1} and slider.values["draws"] == [1, 2, 4]
    image, sentence = slider.draw(image=1, draws=4)
    # Of four draws the mean is a quarter of the total weight, e^-90; three equal ones' worth count.
    assert "With 4 draws the bound of image 1 is -91.4 nats; the evidence is -91.0." in sentence
    assert "as much as 2.9 equal draws" in sentence
    row = image[80, 163:654]  # through the bar, inside its frame
    dark = (row == (0x00, 0x72, 0xB2)).all(axis=1)
    edges = np.flatnonzero(np.diff(dark.astype(int))) / len(row)
    assert np.allclose(edges, [0.5, 0.75, 0.875], atol=0.01)
    other, sentence = slider.draw(image=2, draws=4)
    assert "as much as 1.0 equal draws" in sentence
    assert (other[80, 170:640] == (0x00, 0x72, 0xB2)).all()
    assert not np.array_equal(image[:130, :130], other[:130, :130])  # another digit
    equal = widgets.draws_slider(x[:1], np.zeros((1, 2000)), [0.0]).draw(image=1, draws=2000)[0]
    assert (equal[80, 170:640] == 0xDD).all()  # each is thinner than a pixel


def test_the_draws_slider_marks_its_point_further_right_with_more_draws():
    slider = widgets.draws_slider(IMAGES.x_test[:1], RNG.normal(-90, 3, (1, 1000)), [-85.0])
    columns = []
    for draws in (1, 10, 1000):
        image, _ = slider.draw(image=1, draws=draws)
        columns.append(np.argwhere((image == (0xD5, 0x5E, 0)).all(axis=2)).mean(axis=0)[1])
    assert columns == sorted(columns) and columns[2] - columns[0] > 400


def test_the_inversion_stepper_shows_what_was_found_and_how_far_off_it_is():
    x, encoded = IMAGES.x_test[:4], FOUND[10][::-1]
    stepper = widgets.inversion_stepper(x, FOUND, encoded)
    assert stepper.state == {"image": 1, "step": 1} and stepper.values["step"] == [1, 10, 500]
    image, sentence = stepper.draw(image=2, step=10)
    errors = [np.square(y[1, ..., 0] - x[1] / 255).sum() for y in (FOUND[10], encoded)]
    expected = "Image 2; the search after 10 steps, squared error {:.1f}; one pass of the encoder, "
    assert sentence == expected.format(errors[0]) + f"{errors[1]:.1f}."
    tile = image.shape[1] / 88  # three images of 28 pixels and two gaps of 2, enlarged
    for place, wanted in enumerate((x[1] / 255, FOUND[10][1], encoded[1])):
        rows, columns = (((np.arange(28) + o + 0.5) * tile).astype(int) for o in (0, 30 * place))
        assert np.array_equal(image[np.ix_(rows, columns)], plots.as_rgb_image(wanted))


def test_the_inversion_stepper_marks_its_point_where_the_search_is():
    falling = {step: np.full((4, 28, 28, 1), 0.5 + 0.3 / step) for step in (1, 10, 100)}
    stepper = widgets.inversion_stepper(np.full((4, 28, 28), 127, np.uint8), falling, falling[100])
    marks = []
    for step in (1, 10, 100):
        image, _ = stepper.draw(image=1, step=step)
        marks.append(np.argwhere((image == (0xD5, 0x5E, 0)).all(axis=2)).mean(axis=0))
    rows, columns = np.transpose(marks)
    assert (np.diff(rows) > 1).all() and (np.diff(columns) > 100).all()  # further down, and right


def test_the_metric_switch_shows_the_rows_of_its_model():
    x = IMAGES.x_test[:4]
    switch = widgets.metric_switch(
        x, {"a": COPIES[0], "b": COPIES[6]}, {"a": COPIES[54], "b": COPIES[0]}, {"a": "1", "b": "2"}
    )
    assert switch.state == {"model": "a"}
    image, sentence = switch.draw(model="b")
    rows = [plots.as_rgb(images) for images in (x, COPIES[6], COPIES[0])]
    assert np.array_equal(image, plots.image_grid(np.concatenate(rows), columns=4))
    assert sentence == "Originals, copies, samples. 2"
