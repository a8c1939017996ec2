"""The widgets show what their pure functions draw, wherever the controls stand."""

import gc
import io
import re

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import psutil
import pytest
import traitlets
from PIL import Image

from vae_tutorial import channel, data, maps, plots, scenes, widgets
from vae_tutorial.explorer import Explorer
from vae_tutorial.losses import kl_divergence
from vae_tutorial.models import Autoencoder, Memory
from vae_tutorial.runtime import keras, tf
from vae_tutorial.stops import steps
from vae_tutorial.strokes import MOST_POINTS, MOST_STROKES, Strokes
from vae_tutorial.vae import VAE

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


@pytest.fixture(scope="module")
def vaes():
    """Two small VAEs, for the map and for the copy."""
    return [VAE(size, units=(8,), decoder_units=(8,)) for size in (2, 5)]


def build(name, memory, autoencoders, images, vaes):
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
            autoencoders[2], RNG.normal(size=(40, 2)), images.y_train[:40], noise=True
        ),
        "digit_pad": lambda: widgets.digit_pad(images, *vaes),
        "gaussian_dial": widgets.gaussian_dial,
        "noisy_line": lambda: widgets.noisy_line([5.43, 5.44, 8], NAMES),
        "epoch_scrubber": lambda: widgets.epoch_scrubber(
            {step: RNG.random((4, 28, 28, 1)) for step in (0, 6, 54)}, images.x_test[:4], 6
        ),
    }
    return builders[name]()


@pytest.fixture(params=widgets.__all__)
def widget(request, memory, autoencoders, images, vaes):
    """Each widget in turn."""
    return build(request.param, memory, autoencoders, images, vaes)


@pytest.fixture(autouse=True)
def closed_figures():
    """Leave no figure open."""
    yield
    plt.close("all")


def shown(widget):
    """(picture, sentence) that the browser is sent."""
    return np.asarray(Image.open(io.BytesIO(widget.png)).convert("RGB")), widget.sentence


def some_strokes():
    """Scribbles: no stroke at all, a dot, lines, up to the edges of the pad."""
    count = RNG.integers(4)
    strokes = [RNG.random((RNG.integers(1, 30), 2)) for _ in range(count)]
    return [np.where(RNG.random(s.shape) < 0.1, s.round(), s).tolist() for s in strokes]


def states(widget, count=50):
    """The first and the last stop of each control, and random places."""

    def state(choose):
        return {
            name: some_strokes() if isinstance(stops, Strokes) else choose(stops)
            for name, stops in widget.stops.items()
        }

    yield state(lambda stops: stops[0])
    yield state(lambda stops: stops[-1])
    for _ in range(count - 2):
        # One in ten at an end: extremes meet extremes.
        yield state(lambda stops: stops[RNG.choice([0, -1, RNG.integers(len(stops))], p=CHANCES)])


CHANCES = [0.05, 0.05, 0.9]


def counted(kind, monkeypatch):
    """A list that gets an entry for each object of this class that is made from now on."""
    made, init = [], kind.__init__
    monkeypatch.setattr(kind, "__init__", lambda *a, **k: (made.append(kind), init(*a, **k))[1])
    return made


def own_memory(process):
    """Bytes without the pages of files, which count as its own once nobody else has them."""
    info = process.memory_info()
    return info.rss - getattr(info, "shared", 0)


def test_thousand_settings_show_what_draw_gives(widget, monkeypatch):
    """Everything finite; no model is built, no function traced again, and memory stays."""
    built, traced = counted(keras.Model, monkeypatch), []
    seen, process = set(), psutil.Process()
    for step, state in enumerate(states(widget, 1000)):
        if step == 20:  # first calls with one picture and with many have been traced
            traced = counted(tf.Graph, monkeypatch)
            gc.collect()
            before = own_memory(process)
        widget.move(**state)
        assert widget.state == state
        picture, sentence = widget.draw(**state)
        assert np.isfinite(picture).all() and sentence.strip() == sentence != ""
        assert "nan" not in sentence and "inf" not in sentence.replace("information", "")
        found, said = shown(widget)
        assert np.array_equal(found, plots.as_bytes(picture[np.newaxis])[0])
        assert said == sentence
        seen.add(hash(widget.png))
    gc.collect()
    assert own_memory(process) - before < 50e6
    assert built == traced == []
    # Three snapshots are three pictures, and no more.
    assert len(seen) >= 3


def test_the_same_place_shows_the_same_again(widget):
    """The picture depends on the sliders alone, not on the way there."""
    first, second, *_ = states(widget)
    bytes_seen = []
    for state in (first, second, first):
        widget.move(**state)
        bytes_seen.append(widget.png)
    assert bytes_seen[0] == bytes_seen[2] != bytes_seen[1]


def test_what_is_drawn_first_is_shown_first(widget):
    picture, sentence = widget.draw(**widget.state)
    found, said = shown(widget)
    assert np.array_equal(found, plots.as_bytes(picture[np.newaxis])[0])
    assert said == sentence


def test_still_shows_the_same_pictures(widget):
    name, stops = next(iter(widget.stops.items()))
    values = [some_strokes() for _ in "123"] if isinstance(stops, Strokes) else stops[:3]
    before = (widget.state, widget.png)
    axes = widget.still(columns=1, titles=list("abc")[: len(values)], **{name: values})
    assert (widget.state, widget.png) == before
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
    assert all(control["label"] in text for control in widget.controls)


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
    assert widget.width == 77 and widget.state == {"a": "y"} and widget.places == {"a": 1}


@pytest.mark.parametrize(
    ("stops", "kind", "step"),
    [
        (range(5), "number", 1),
        (steps(0.01, 4, 400), "number", 0.01),
        (steps(-4, 4, 81), "number", 0.1),
        (range(10, 0, -1), "choice", None),
        ([0, 5, 10, 20], "choice", None),
        ([2, 20], "choice", None),
        (["a", "b", "c"], "choice", None),
    ],
)
def test_evenly_spaced_numbers_can_be_typed(stops, kind, step):
    widget = Explorer(lambda a: (np.zeros((2, 2)), "words"), {"a": ("label", stops, stops[0])})
    [control] = widget.controls
    assert control["kind"] == kind and control.get("step") == step
    if kind == "number":  # the browser counts as the kernel does
        places = np.arange(len(stops))
        assert np.allclose(control["low"] + places * control["step"], list(stops), atol=step / 99)


def some_widget(drag=None):
    """Two controls; the picture says where they stand."""

    def draw(a, b):
        return np.array([[a / 10, len(b) / 10]]), f"{a} {b}"

    return Explorer(draw, {"a": ("first", range(11), 3), "b": ("second", Strokes(), [])}, 99, drag)


DOT = [[0.5, 0.5]]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"c": 1}, "the control must be one of a, b, not 'c'"),
        ({"a": 99}, "a must be one of 0, 1 ... 10, not 99: the nearest is 10"),
        ({"a": 2.5}, "not 2.5: the nearest is 2"),
        ({"a": "3"}, "not '3'"),
        ({"a": 4, "b": [[[0.5, 1.5]]]}, "in 0 to 1"),
        ({"a": 4, "b": [[]]}, "strokes must be lists"),
        ({"a": 4, "b": [[[0.5, float("nan")]]]}, "strokes must be lists"),
        ({"a": 4, "b": "text"}, "strokes must be lists"),
        ({"a": 4, "b": [DOT] * (MOST_STROKES + 1)}, "draw fewer"),
        ({"a": 4, "b": [DOT * (MOST_POINTS + 1)]}, "draw fewer"),
    ],
)
def test_a_refused_move_moves_nothing(values, words):
    widget = some_widget()
    widget.move(a=5, b=[DOT])
    before = (widget.state, widget.png, widget.sentence)
    with pytest.raises(ValueError, match=re.escape(words)):
        widget.move(**values)
    assert (widget.state, widget.png, widget.sentence) == before


@pytest.mark.parametrize(
    "places",
    [{}, {"a": 1}, {"a": 11, "b": []}, {"a": -1, "b": []}, {"a": 1.0, "b": []}]
    + [{"a": True, "b": []}, {"a": 1, "b": [], "c": 1}, {"a": 1, "b": [[[2, 2]]]}],
)
def test_nonsense_from_the_browser_is_refused(places):
    widget = some_widget()
    before = (widget.state, widget.png)
    with pytest.raises(traitlets.TraitError):
        widget.set_state({"places": places})
    assert (widget.state, widget.png) == before


def test_what_the_browser_says_is_drawn():
    widget = some_widget()
    widget.set_state({"places": {"a": 10, "b": [DOT]}})
    assert widget.state == {"a": 10, "b": [DOT]} and widget.sentence == "10 [[[0.5, 0.5]]]"


def drag_to(widget, start, *path):
    """The pointer goes down at start and moves on."""
    for here in (start, *path):
        pointer = {"start": list(start), "here": list(here), "stroke": hash((start, path))}
        widget.set_state({"pointer": pointer})


def test_dragging_starts_from_where_things_stood():
    """A pure function of the state at the beginning; the nearest stop is taken."""
    widget = some_widget(lambda state, start, here: {"a": state["a"] + 10 * (here[0] - start[0])})
    drag_to(widget, (0.5, 0.5), (0.6, 0.5), (0.74, 0.1))
    assert widget.state["a"] == 5
    drag_to(widget, (0.2, 0.5), (0.3, 0.5))
    assert widget.state["a"] == 6
    drag_to(widget, (0.2, 0.5), (99, 0.5))
    assert widget.state["a"] == 10
    with pytest.raises(traitlets.TraitError):
        widget.set_state({"pointer": {"start": [0, 0], "here": [float("nan"), 0], "stroke": 1}})
    with pytest.raises(traitlets.TraitError):
        widget.set_state({"pointer": {"start": [0, 0]}})


def test_a_name_is_dragged_to_the_place_below_the_pointer():
    line = widgets.noisy_line([2, 5.43, 8], NAMES)
    width, margin = scenes.WIDTH, scenes.MARGIN
    x = [(margin + (at + 1) / 12 * (width - 2 * margin)) / width for at in (5.6, 9.3, 20)]
    drag_to(line, (x[0], 0.3), (x[1], 0.9))
    assert list(line.state.values()) == pytest.approx([0.5, 2, 9.13, 8])
    drag_to(line, (x[1], 0.3), (x[2], 0.3))
    assert line.state["place_1"] == 10 and line.state["place_2"] == 8


def test_the_hill_is_dragged():
    dial = widgets.gaussian_dial()
    drag_to(dial, (0.5, 0.5), (0.3, 0.5))
    assert dial.state["mean"] == pytest.approx(1 - 0.2 * 10 * 680 / 632, abs=0.06)
    before = dial.state["stddev"]
    drag_to(dial, (0.5, 0.5), (0.5, 0.6))
    assert dial.state["stddev"] > before
    drag_to(dial, (0.5, 0.5), (9, 9))
    assert dial.state == {"mean": 4, "stddev": 3}


def test_the_point_is_dragged_on_the_map_alone(autoencoders):
    explorer = widgets.code_map_explorer(
        autoencoders[2], RNG.normal(size=(40, 2)), low=(-2, -4), high=(2, 4)
    )
    corner = maps.MARGIN / (2 * maps.SIDE + 4), maps.MARGIN / maps.SIDE
    drag_to(explorer, (0.2, 0.5), corner)
    assert explorer.state == {"x": -2, "y": 4}
    drag_to(explorer, (0.2, 0.5), (9, 9))
    assert explorer.state == {"x": 2, "y": -4}
    drag_to(explorer, (0.7, 0.5), (0.2, 0.5))
    assert explorer.state == {"x": 2, "y": -4}


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
        ends = (f"0% of the way from {NAMES[place]} to", f"100% of the way from {NAMES[1]} to")
        assert sentence.startswith(ends[place == 2])
    halfway = memory.decode((codes[:1] + codes[1:2]) / 2)[0]
    assert np.allclose(draw(place=0.5)[0], halfway, atol=1e-6)
    assert draw(place=1.25)[1] == f"25% of the way from {NAMES[1]} to {NAMES[2]}."


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


BOX = {"low": (-1, 10), "high": (3, 20)}


@pytest.mark.parametrize(("x", "y"), [(0, 0), (100, 0), (0, 100), (100, 100), (30, 80)])
def test_the_map_marks_the_point_that_is_decoded(autoencoders, x, y):
    codes = np.array([[-1.0, 10.0], [3.0, 20.0], [0.0, 12.0]])
    explorer = widgets.code_map_explorer(autoencoders[2], codes)
    z = np.array([explorer.stops["x"][x], explorer.stops["y"][y]])
    assert np.allclose(z, [-1 + 4 * x / 100, 10 + 10 * y / 100])
    picture, sentence = explorer.draw(x=z[0], y=z[1])
    nearest = np.sqrt(np.square(codes - z).sum(axis=1).min())
    assert sentence == f"z = ({z[0]:.3g}, {z[1]:.3g}); the nearest real code is {nearest:.2g} away."
    inner = maps.SIDE - 1 - 2 * maps.MARGIN
    column, row = (round(maps.MARGIN + share * inner) for share in (x / 100, 1 - y / 100))
    assert tuple(picture[row, column]) == (0xE6, 0x9F, 0)
    decoded = plots.as_bytes(autoencoders[2].decode(z[None]))[0]
    middles = ((np.arange(28) + 0.5) * maps.SIDE / 28).astype(int)
    assert np.array_equal(picture[:, -maps.SIDE :][np.ix_(middles, middles)], decoded)


def test_the_dots_of_the_map_are_the_codes():
    """The largest z[1] is at the top, the largest z[0] at the right."""
    codes = np.array([[0.0, 0.0], [10.0, 10.0], [10.0, 5.0]])
    dark = np.argwhere(np.asarray(maps.Map(codes).image).sum(axis=-1) < 700)
    low, high = maps.MARGIN, maps.SIDE - 1 - maps.MARGIN
    for row, column in ((high, low), (low, high), (maps.SIDE // 2, high)):
        near = np.abs(dark - (row, column)).max(axis=1) <= 2
        assert near.any()
        dark = dark[~near]
    assert len(dark) == 0


def test_noise_decodes_nine_codes_around_the_point(autoencoders):
    draw = widgets.code_map_explorer(
        autoencoders[2], RNG.normal(size=(40, 2)), noise=True, **BOX, seed=4
    ).draw
    _, sentence = draw(x=0.0, y=12.0, noise=0.5)
    assert "Nine draws with noise of stddev 0.5" in sentence
    around = np.array([0, 12]) + 0.5 * np.random.default_rng(4).normal(size=(9, 2))
    board = plots.mosaic(autoencoders[2].decode(around), columns=3)
    wanted = maps.enlarged(board, maps.SIDE)
    assert np.array_equal(draw(x=0.0, y=12.0, noise=0.5)[0][:, -maps.SIDE :], wanted)
    assert "Nine" not in draw(x=0.0, y=12.0, noise=0.0)[1]


def test_the_map_names_the_class_of_the_nearest_code(autoencoders):
    codes = np.array([[0.0, 12.0], [1.0, 12.0]])
    draw = widgets.code_map_explorer(autoencoders[2], codes, np.array([3, 8]), **BOX).draw
    assert "(a 3) is 0 away" in draw(x=0.0, y=12.0)[1]
    assert "(a 8) is 0.1 away" in draw(x=1.1, y=12.0)[1]


def test_the_pad_shows_copy_cloud_and_neighbours(images, vaes):
    flat, deep = vaes
    pad = widgets.digit_pad(images, flat, deep, count=50)
    strokes = [[[0.2, 0.2], [0.8, 0.2], [0.3, 0.9]]]
    picture, sentence = pad.draw(strokes=strokes)
    seen = maps.digit(strokes)
    copy = deep.reconstruct(seen[np.newaxis])[0]
    assert np.array_equal(picture[26:194, 410:578], maps.enlarged(seen, 168))
    assert np.array_equal(picture[26:194, 610:778], maps.enlarged(copy, 168))
    z_mean, z_log_var = (numbers[0] for numbers in flat.encode(seen[np.newaxis]))
    numbers = [float(text) for text in re.findall(r"-?\d+\.\d\d\b", sentence)[:4]]
    assert np.allclose(numbers, [*z_mean, *np.exp(z_log_var / 2)], atol=0.006)
    error = np.square(copy[..., 0] - seen / 255).sum()
    assert f"squared error {error:.3g}. Its" in sentence
    distances = np.square(deep.encode(images.x_train[:50])[0] - deep.encode(seen[None])[0]).sum(1)
    nearest = np.bincount(images.y_train[:50][np.argsort(distances)[:8]]).argmax()
    assert f"are a {images.class_names[nearest]}. Its copy" in sentence
    assert "Draw a digit" in pad.draw(strokes=[])[1]


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
    picture = scenes.dial(0.5, 0.5, epsilon)
    row = picture[scenes.BASE - 15].astype(int)
    orange = np.flatnonzero((row[:, 0] > 200) & (row[:, 1] < 120) & (row[:, 2] < 50))
    found = orange[np.flatnonzero(np.diff(orange, prepend=-9) > 1)]
    inner = scenes.WIDTH - 2 * scenes.MARGIN
    wanted = [scenes.MARGIN + (x + 5) * inner / 10 for x in epsilon * 0.5 + 0.5]
    assert np.allclose(found, wanted, atol=4)


def test_the_line_says_who_is_taken_for_whom():
    line = widgets.noisy_line([2, 5.43, 5.44], ["cat", "apple", "banana"])
    _, sentence = line.draw(noise=1.0, place_0=2.0, place_1=5.43, place_2=5.44)
    assert "apple" in sentence and "banana" in sentence and "cat" not in sentence
    said = re.search(r": (\S+) of the messages .* theory, (\S+) of 3,000 sent;", sentence).groups()
    counted = channel.simulate(np.array([2, 5.43, 5.44]), 1.0, count=100_000)
    assert float(said[0]) == pytest.approx(1 - counted.diagonal().mean(), abs=0.01)
    assert float(said[1]) == pytest.approx(1 - counted.diagonal().mean(), abs=0.04)
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
