"""The widgets show what their pure functions draw, wherever the sliders stand."""

import base64
import html
import io
import re

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from vae_tutorial import channel, data, gaussians, plots, widgets
from vae_tutorial.explorer import Explorer
from vae_tutorial.losses import kl_divergence
from vae_tutorial.models import Autoencoder, Memory
from vae_tutorial.runtime import keras

RNG = np.random.default_rng(0)
NAMES = ["cat", "dog & <b>cat</b>", 'the "apple"']


@pytest.fixture(scope="module")
def memory():
    """A memory of three colour pictures."""
    return Memory(3, (8, 8, 3), filters=(4,))


@pytest.fixture(scope="module")
def autoencoders():
    """Two autoencoders of grey 28 x 28 pictures, by the length of the code."""
    return {size: Autoencoder(size, units=(8,), filters=(4, 2)) for size in (2, 5)}


@pytest.fixture(scope="module")
def images():
    """A small data set: 3 classes of 50 images."""
    x = RNG.integers(0, 256, (150, 28, 28), np.uint8)
    y = (np.arange(150) % 3).astype(np.uint8)
    return data.Images("some", x, y, x[:9], y[:9], tuple(NAMES), "embedded")


def build(name, memory, autoencoders, images):
    """One widget of each kind."""
    snapshots = {step: RNG.random((1, 8, 8, 3)).astype(np.float32) for step in (0, 10, 5, 200)}
    builders = {
        "dataset_browser": lambda: widgets.dataset_browser(images),
        "training_scrubber": lambda: widgets.training_scrubber(snapshots, RNG.random((8, 8, 3))),
        "input_scale": lambda: widgets.input_scale(memory),
        "mixing_board": lambda: widgets.mixing_board(memory, NAMES),
        "code_path": lambda: widgets.code_path(memory, np.eye(3), NAMES),
        "code_sliders": lambda: widgets.code_sliders(memory, np.array([0.5, -9, 9])),
        "latent_sizes": lambda: widgets.latent_sizes(autoencoders, images.x_test),
        "code_map_explorer": lambda: widgets.code_map_explorer(
            autoencoders[2], RNG.normal(size=(40, 2))
        ),
        "gaussian_dial": widgets.gaussian_dial,
        "noisy_line": lambda: widgets.noisy_line([5.43, 5.44, 8], NAMES),
        "epoch_scrubber": lambda: widgets.epoch_scrubber(
            {step: RNG.random((4, 28, 28, 1)) for step in (0, 6, 54)}, images.x_test[:4], 6
        ),
    }
    return builders[name]()


ALL = ["dataset_browser", "training_scrubber", "input_scale", "mixing_board", "code_path"]
ALL += ["code_sliders", "latent_sizes", "code_map_explorer"]


@pytest.fixture(params=ALL)
def widget(request, memory, autoencoders, images):
    """Each widget in turn."""
    return build(request.param, memory, autoencoders, images)


@pytest.fixture(autouse=True)
def closed_figures():
    """Leave no figure open."""
    yield
    plt.close("all")


def shown(widget):
    """(picture, alt text, sentence) that a reader sees."""
    found = re.fullmatch(
        r'<img alt="([^"]*)" src="data:image/png;base64,([A-Za-z0-9+/=]+)" style="[^"<>]*">',
        widget.picture.value,
    )
    picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(found[2]))))
    sentence = re.fullmatch(r'<p style="[^"<>]*">([^<>]*)</p>', widget.sentence.value)[1]
    return picture, html.unescape(found[1]), html.unescape(sentence)


def states(widget, count=50):
    """The first and the last stop of each slider, and random places."""
    stops = {
        name: [value for _, value in slider.options] for name, slider in widget.sliders.items()
    }
    yield {name: values[0] for name, values in stops.items()}
    yield {name: values[-1] for name, values in stops.items()}
    for _ in range(count - 2):
        yield {name: values[RNG.integers(len(values))] for name, values in stops.items()}


def test_every_place_of_the_sliders_shows_what_draw_gives(widget, monkeypatch):
    """And moving them builds no model."""
    built, init = [], keras.Model.__init__
    monkeypatch.setattr(
        keras.Model, "__init__", lambda *a, **k: (built.append(a), init(*a, **k))[1]
    )
    seen = set()
    for state in states(widget):
        for name, value in state.items():
            widget.sliders[name].value = value
        assert widget.state == state
        picture, sentence = widget.draw(**state)
        assert np.isfinite(picture).all() and sentence.strip() == sentence != ""
        found, alt, said = shown(widget)
        assert np.array_equal(found, plots.as_bytes(picture[np.newaxis])[0])
        assert alt == said == sentence
        seen.add(found.tobytes())
    assert built == [] and len(seen) > 3


def test_the_same_place_shows_the_same_again(widget):
    """The picture depends on the sliders alone, not on the way there."""
    first, second, *_ = states(widget)
    bytes_seen = []
    for state in (first, second, first):
        for name, value in state.items():
            widget.sliders[name].value = value
        bytes_seen.append(widget.picture.value)
    assert bytes_seen[0] == bytes_seen[2] != bytes_seen[1]


def test_what_is_drawn_first_is_shown_first(widget):
    picture, sentence = widget.draw(**widget.state)
    found, alt, said = shown(widget)
    assert np.array_equal(found, plots.as_bytes(picture[np.newaxis])[0])
    assert alt == said == sentence


def test_still_shows_the_same_pictures(widget):
    name, slider = next(iter(widget.sliders.items()))
    values = [value for _, value in slider.options][:3]
    before = (widget.state, widget.picture.value)
    axes = widget.still(columns=1, **{name: values})
    assert (widget.state, widget.picture.value) == before
    assert len(plt.get_fignums()) == 1
    sheet = np.asarray(axes.images[0].get_array())
    step = (len(sheet) + plots.GAP) // len(values)  # from one picture to the one below
    for place, value in enumerate(values):
        picture, _ = widget.draw(**{**widget.state, name: value})
        wanted = plots.as_bytes(picture[np.newaxis])[0]
        end = (place + 1) * step - plots.GAP
        margin = (sheet.shape[1] - wanted.shape[1]) // 2  # white, around pictures that are boards
        found = sheet[end - len(wanted) : end, margin : margin + wanted.shape[1]]
        assert np.array_equal(found, wanted)
    assert len(axes.texts) == len(values)
    plt.gcf().canvas.draw()


def test_still_moves_several_sliders_together(memory):
    widget = widgets.mixing_board(memory, NAMES)
    axes = widget.still(slot_0=[0.0, 1.0], slot_2=[1.0, 0.5])
    pictures = [widget.draw(slot_0=a, slot_1=0.0, slot_2=b)[0] for a, b in ((0, 1), (1, 0.5))]
    sheet = np.asarray(axes.images[0].get_array())[-8:]
    assert np.array_equal(sheet, plots.mosaic(np.stack(pictures)))
    titles = [text.get_text() for text in axes.texts]
    assert titles == [f"{NAMES[0]} {a}, {NAMES[2]} {b}" for a, b in (("0", "1"), ("1", "0.5"))]


def test_repr_says_what_is_there_and_holds_no_picture(widget):
    text = repr(widget)
    assert "needs a running kernel" in text and len(text) < 300
    assert all(slider.description in text for slider in widget.sliders.values())


def test_a_sentence_cannot_become_markup():
    sentence = "<script>alert('x')</script> & \"quoted\" 'text'"
    widget = Explorer(lambda a: (np.zeros((4, 4)), sentence), {"a": ("label", [1, 2], 2)})
    assert "<script" not in widget.picture.value + widget.sentence.value
    assert shown(widget)[1:] == (sentence, sentence)


@pytest.mark.parametrize(
    "picture",
    [
        np.full((3, 5), 200, np.uint8),
        np.full((3, 5, 1), 0.5),
        np.full((3, 5, 3), 0.5, np.float32),
        np.full((3, 5, 3), 2.0),
    ],
    ids=["grey bytes", "grey floats", "colour", "out of range"],
)
def test_pictures_of_any_kind_are_shown(picture):
    widget = Explorer(lambda a: (picture, "words"), {"a": ("label", ["x", "y"], "y")}, width=77)
    assert np.array_equal(shown(widget)[0], plots.as_bytes(picture[None])[0])
    assert "width:77px" in widget.picture.value and widget.state == {"a": "y"}
    assert list(widget.children) == [widget.sliders["a"], widget.picture, widget.sentence]


@pytest.mark.parametrize("channels", [1, 3])
def test_the_scrubber_says_the_squared_error(channels):
    """Summed over pixels and channels, as everywhere in the series."""
    target = RNG.integers(0, 256, (8, 8, channels), np.uint8)
    snapshots = {step: RNG.random((1, 8, 8, channels)).astype(np.float32) for step in (0, 7)}
    _, sentence = widgets.training_scrubber(snapshots, target).draw(step=7)
    wanted = np.square(snapshots[7][0] - target / 255).sum()
    assert sentence == f"After 7 steps of training: squared error {wanted:.3g}."


def test_the_path_ends_at_each_code(memory):
    codes = RNG.normal(size=(3, 3))
    draw = widgets.code_path(memory, codes, NAMES).draw
    for place, code in enumerate(codes.astype(np.float32)):
        picture, sentence = draw(place=float(place))
        assert np.allclose(picture, memory.decode(code[None])[0], atol=1e-6)
        assert f"100% {NAMES[place]}" in sentence
    halfway = memory.decode((codes[:1] + codes[1:2]) / 2)[0]
    assert np.allclose(draw(place=0.5)[0], halfway, atol=1e-6)
    assert draw(place=1.25)[1] == f"75% {NAMES[1]}, 25% {NAMES[2]}."


def test_the_mixing_board_starts_at_the_first_picture(memory):
    widget = widgets.mixing_board(memory, NAMES)
    assert list(widget.state.values()) == [1.0, 0.0, 0.0]
    assert np.array_equal(widget.draw(**widget.state)[0], memory.decode(np.eye(3)[:1])[0])
    nothing = dict.fromkeys(widget.state, 0.0)
    assert widget.draw(**nothing)[1] == "Code: all zeros."


def test_the_browser_shows_images_of_the_class_alone(images):
    draw = widgets.dataset_browser(images).draw
    members = images.x_train[images.y_train == 1]
    picture, sentence = draw(label=NAMES[1], page=0)
    assert np.array_equal(picture, plots.mosaic(members[:40], columns=10))
    assert "50" in sentence and NAMES[1] in sentence
    second, _ = draw(label=NAMES[1], page=1)
    wanted = np.concatenate([members[40:], members[:30]])
    assert np.array_equal(second, plots.mosaic(wanted, columns=10))


def test_latent_sizes_shows_original_copy_and_difference(autoencoders, images):
    picture, sentence = widgets.latent_sizes(autoencoders, images.x_test).draw(
        latent_dim=5, image=4
    )
    original = images.x_test[4][..., None] / 255
    copy = autoencoders[5].reconstruct(images.x_test[4:5])[0]
    assert np.array_equal(picture, plots.mosaic([original, copy, abs(copy - original)]))
    assert f"{np.square(copy - original).sum():.3g}" in sentence and "5 numbers" in sentence


@pytest.mark.parametrize("size", [28, 112, 140, 100])
def test_the_map_has_the_size_asked_for(autoencoders, size):
    codes = RNG.normal(size=(40, 2))
    picture, _ = widgets.code_map_explorer(autoencoders[2], codes, size=size).draw(x=50, y=50)
    side = size + 2 * widgets.MARGIN
    assert picture.shape[0] == side and picture.shape[1] >= 2 * side and picture.shape[2] == 3


@pytest.mark.parametrize(("x", "y"), [(0, 0), (100, 0), (0, 100), (100, 100), (30, 80)])
def test_the_map_marks_the_point_that_is_decoded(autoencoders, x, y):
    codes = np.array([[-1.0, 10.0], [3.0, 20.0], [0.0, 12.0]])
    picture, sentence = widgets.code_map_explorer(autoencoders[2], codes).draw(x=x, y=y)
    z = np.array([-1 + 4 * x / 100, 10 + 10 * y / 100])
    nearest = np.sqrt(np.square(codes - z).sum(axis=1).min())
    assert sentence == f"z = ({z[0]:.3g}, {z[1]:.3g}); the nearest real code is {nearest:.2g} away."
    row, column = (widgets.MARGIN + round(share * 111) for share in (1 - y / 100, x / 100))
    assert np.allclose(picture[row, column], (0.84, 0.37, 0))
    decoded = autoencoders[2].decode(z[None])[0, ..., 0]
    side = len(picture)
    middles = ((np.arange(28) + 0.5) * side / 28).astype(int)
    shown = picture[:, -side:, 0][np.ix_(middles, middles)]
    assert np.allclose(shown, decoded, atol=1e-6)


def test_the_dots_of_the_map_are_the_codes(autoencoders):
    """The largest z[1] is at the top, the largest z[0] at the right."""
    codes = np.array([[0.0, 0.0], [10.0, 10.0], [10.0, 9.0]])
    picture, _ = widgets.code_map_explorer(autoencoders[2], codes).draw(x=50, y=50)
    margin = widgets.MARGIN
    dark = np.argwhere(picture[margin : margin + 112, margin : margin + 112].sum(axis=-1) < 2.9)
    dark = {tuple(place) for place in dark if not (45 < place[0] < 65 and 45 < place[1] < 65)}
    assert dark == {(111, 0), (0, 111), (11, 111)}


@pytest.mark.parametrize(("mean", "stddev"), [(0.0, 1.0), (1.0, 0.5), (-4.0, 0.01), (4.0, 3.0)])
def test_the_dial_says_the_kl_divergence(mean, stddev):
    dial = widgets.gaussian_dial()
    picture, sentence = dial.draw(mean=mean, stddev=stddev)
    nats, bits = map(float, re.search(r"Gaussian (\S+) nats, (\S+) bits", sentence).groups())
    wanted = kl_divergence([[mean]], [[2 * np.log(stddev)]]).numpy()[0]
    assert nats == pytest.approx(wanted, rel=5e-3, abs=1e-6)
    assert bits == pytest.approx(wanted / np.log(2), rel=5e-3, abs=1e-6)
    assert (picture != dial.draw(mean=mean, stddev=stddev * 1.5)[0]).any()


def test_the_dial_draws_its_samples_as_epsilon_times_stddev_plus_mean():
    """Orange columns just above the line."""
    epsilon = np.array([-1.0, 0.0, 2.0])
    picture = gaussians.dial(0.5, 0.5, epsilon)
    row = picture[gaussians.BASE - 15].astype(int)
    orange = np.flatnonzero((row[:, 0] > 200) & (row[:, 1] < 120) & (row[:, 2] < 50))
    found = orange[np.flatnonzero(np.diff(orange, prepend=-9) > 1)]
    wanted = [40 + (x + 5) * (gaussians.WIDTH - 80) / 10 for x in epsilon * 0.5 + 0.5]
    assert np.allclose(found, wanted, atol=4)


def test_the_line_says_who_is_taken_for_whom():
    line = widgets.noisy_line([2, 5.43, 5.44], ["cat", "apple", "banana"])
    _, sentence = line.draw(noise=1.0, place_0=2.0, place_1=5.43, place_2=5.44)
    assert "apple" in sentence and "banana" in sentence and "cat" not in sentence
    said = float(re.search(r": (\S+) of the messages", sentence)[1])
    counted = channel.simulate(np.array([2, 5.43, 5.44]), 1.0, count=100_000)
    assert said == pytest.approx(1 - counted.diagonal().mean(), abs=0.01)
    _, sentence = line.draw(noise=1.0, place_0=2.0, place_1=3.0, place_2=2.0)
    assert "same place" in sentence


def test_the_epoch_scrubber_shows_originals_above_copies(images):
    copies = {step: RNG.random((3, 28, 28, 1)) for step in (0, 4, 8)}
    scrubber = widgets.epoch_scrubber(copies, images.x_test[:3], steps_per_epoch=4)
    picture, sentence = scrubber.draw(epoch=2)
    assert np.array_equal(picture[:28, :28, 0], images.x_test[0])
    assert np.array_equal(picture[30:, :28, 0], plots.as_bytes(copies[8])[0, ..., 0])
    wanted = np.square(copies[8][..., 0] - images.x_test[:3] / 255).sum(axis=(1, 2)).mean()
    assert float(sentence.split()[-3]) == pytest.approx(wanted, rel=5e-3)
