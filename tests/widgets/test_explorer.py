"""The shell: each widget shows what its pure function draws, whatever its controls are set to."""

import gc
import io
import re

import matplotlib.pyplot as plt
import numpy as np
import psutil
import pytest
import traitlets
from PIL import Image

from tests.widgets.conftest import MEMORY, NAMES, RNG, drag
from vae_tutorial import plots, widgets
from vae_tutorial.widgets._values import evenly_spaced
from vae_tutorial.widgets.explorer import Explorer
from vae_tutorial.widgets.strokes import MAX_POINTS, MAX_STROKES, Strokes


def shown(widget):
    """(image, sentence) that the browser is sent."""
    return np.asarray(Image.open(io.BytesIO(widget.png)).convert("RGB")), widget.sentence


def check_shown(widget):
    """The browser is sent what ``draw`` gives."""
    image, sentence = widget.draw(**widget.state)
    assert np.isfinite(image).all() and sentence.strip() == sentence != ""
    assert not re.search(r"\b(nan|inf)\b", sentence)
    found, said = shown(widget)
    assert np.array_equal(found, plots.as_rgb_image(image)) and said == sentence


def some_strokes():
    """Scribbles: dots and lines, up to the edges of the pad."""
    strokes = [RNG.random((RNG.integers(1, 30), 2)) for _ in range(RNG.integers(1, 4))]
    return [np.where(RNG.random(s.shape) < 0.1, s.round(), s).tolist() for s in strokes]


def random_value(values):
    """One of them; one in ten is at an end, so that extremes meet extremes."""
    if isinstance(values, Strokes):
        return some_strokes()
    return values[RNG.choice([0, -1, RNG.integers(len(values))], p=[0.05, 0.05, 0.9])]


def random_states(widget, count):
    """The first value of each control, the last ones, then random ones."""
    controls = widget.values.items()
    yield {name: [] if isinstance(values, Strokes) else values[0] for name, values in controls}
    yield {
        name: some_strokes() if isinstance(values, Strokes) else values[-1]
        for name, values in controls
    }
    for _ in range(count - 2):
        yield {name: random_value(values) for name, values in controls}


def private_memory():
    """Bytes without the pages of files, which count as its own once nobody else has them."""
    info = psutil.Process().memory_info()
    return info.rss - getattr(info, "shared", 0)


def test_hundreds_of_states_show_what_draw_gives_and_memory_stays(widget):
    check_shown(widget)
    seen = set()
    for step, state in enumerate(random_states(widget, 200)):
        if step == 20:
            gc.collect()
            before = private_memory()
        widget.set(**state)
        assert widget.state == state
        check_shown(widget)
        seen.add(hash(widget.png))
    gc.collect()
    assert private_memory() - before < 50e6
    assert len(seen) >= 3  # three snapshots are three images, and no more


def test_the_same_state_shows_the_same_again(widget):
    """The image depends on the controls alone, not on the way there."""
    first, second = random_states(widget, 2)
    images = []
    for state in (first, second, first):
        widget.set(**state)
        images.append(widget.png)
    assert images[0] == images[2] != images[1]


def test_the_static_figure_shows_the_same_images(widget):
    name, values = next(iter(widget.values.items()))
    values = [some_strokes() for _ in "123"] if isinstance(values, Strokes) else values[:3]
    before = (widget.state, widget.png)
    axes = widget.static_figure(columns=1, titles=list("abc")[: len(values)], **{name: values})
    assert (widget.state, widget.png) == before and len(plt.get_fignums()) == 1
    sheet = np.asarray(axes.images[0].get_array())
    step = (len(sheet) + plots.GAP) // len(values)  # from one image to the one below
    for i, value in enumerate(values):
        image = plots.as_rgb_image(widget.draw(**{**widget.state, name: value})[0])
        end = (i + 1) * step - plots.GAP
        margin = (sheet.shape[1] - image.shape[1]) // 2  # white, around images that are grids
        found = sheet[end - len(image) : end, margin : margin + image.shape[1]]
        assert np.array_equal(found, image)
    assert len(axes.texts) == len(values)
    plt.gcf().canvas.draw()


def test_the_static_figure_moves_several_sliders_together():
    widget = widgets.mixing_board(MEMORY, NAMES)
    axes = widget.static_figure(slot_0=[0.0, 1.0], slot_2=[1.0, 0.5])
    images = [widget.draw(slot_0=a, slot_1=0.0, slot_2=b)[0] for a, b in ((0, 1), (1, 0.5))]
    sheet = np.asarray(axes.images[0].get_array())[-8:]
    assert np.array_equal(sheet, plots.image_grid(np.stack(images)))
    titles = [text.get_text() for text in axes.texts]
    assert titles == [f"{NAMES[0]} {a}, {NAMES[2]} {b}" for a, b in (("0", "1"), ("1", "0.5"))]
    with pytest.raises(ValueError, match=r"^states must name at least one .*slot_0="):
        widget.static_figure()
    with pytest.raises(ValueError, match="^slot_1 must be as many as slot_0"):
        widget.static_figure(slot_0=[0.0], slot_1=[0.0, 1.0])
    with pytest.raises(ValueError, match="^the control must be one of slot_0"):
        widget.static_figure(slot_9=[0.0])


def test_repr_says_what_is_there_and_holds_no_image(widget):
    text = repr(widget)
    assert "needs a running kernel" in text and len(text) < 300
    assert all(control["label"] in text for control in widget.controls)


IMAGES_BY_KIND = {
    "gray bytes": np.full((3, 5), 200, np.uint8),
    "gray floats": np.full((3, 5, 1), 0.5),
    "color": np.full((3, 5, 3), 0.5, np.float32),
    "a little out of range": np.full((3, 5, 3), 1.2),
}


@pytest.mark.parametrize("image", IMAGES_BY_KIND.values(), ids=IMAGES_BY_KIND)
def test_images_of_any_kind_are_shown(image):
    widget = Explorer(lambda a: (image, "words"), {"a": ("label", ["x", "y"], "y")}, width=77)
    check_shown(widget)
    assert widget.width == 77 and widget.state == {"a": "y"} and widget.index == {"a": 1}


@pytest.mark.parametrize(
    ("values", "kind", "step"),
    [
        (range(5), "number", 1),
        (evenly_spaced(0.01, 4, 400), "number", 0.01),
        (evenly_spaced(-4, 4, 81), "number", 0.1),
        (range(10, 0, -1), "choice", None),
        ([0, 5, 10, 20], "choice", None),
        ([2, 20], "choice", None),
        (["a", "b", "c"], "choice", None),
        (["only"], "choice", None),
    ],
)
def test_evenly_spaced_numbers_can_be_typed(values, kind, step):
    widget = Explorer(lambda a: (np.zeros((2, 2)), "words"), {"a": ("label", values, values[0])})
    [control] = widget.controls
    assert control["kind"] == kind and control.get("step") == step
    if kind == "number":  # the browser counts as the kernel does
        index = np.arange(len(values))
        assert np.allclose(control["low"] + index * control["step"], list(values), atol=step / 99)
    with pytest.raises(ValueError, match="^a must be one of "):
        widget.set(a="something else")


def some_widget(drag=None):
    """Two controls; the image says what they are set to."""

    def draw(a, b):
        return np.array([[a / 10, len(b) / 10]]), f"{a} {b}"

    return Explorer(draw, {"a": ("first", range(11), 3), "b": ("second", Strokes(), [])}, 99, drag)


DOT = [[0.5, 0.5]]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"c": 1}, "the control must be one of a, b, not 'c'"),
        ({"a": 99}, "a must be one of 0, 1, ..., 10, not 99: the nearest is 10"),
        ({"a": 2.5}, "not 2.5: the nearest is 2"),
        ({"a": "3"}, "not '3'"),
        ({"a": 4, "b": [[[0.5, 1.5]]]}, "in 0 to 1"),
        ({"a": 4, "b": [[]]}, "strokes must be lists"),
        ({"a": 4, "b": [[[0.5, float("nan")]]]}, "strokes must be lists"),
        ({"a": 4, "b": "text"}, "strokes must be lists"),
        ({"a": 4, "b": [DOT] * (MAX_STROKES + 1)}, "draw fewer"),
        ({"a": 4, "b": [DOT * (MAX_POINTS + 1)]}, "draw fewer"),
    ],
)
def test_after_an_error_nothing_has_changed(values, words):
    widget = some_widget()
    widget.set(a=5, b=[DOT])
    before = (widget.state, widget.png, widget.sentence)
    with pytest.raises(ValueError, match=re.escape(words)):
        widget.set(**values)
    assert (widget.state, widget.png, widget.sentence) == before


@pytest.mark.parametrize(
    "index",
    [{}, {"a": 1}, {"a": 11, "b": []}, {"a": -1, "b": []}, {"a": 1.0, "b": []}]
    + [{"a": True, "b": []}, {"a": 1, "b": [], "c": 1}, {"a": 1, "b": [[[2, 2]]]}],
)
def test_nonsense_from_the_browser_is_rejected(index):
    widget = some_widget()
    before = (widget.state, widget.png)
    with pytest.raises(traitlets.TraitError):
        widget.set_state({"index": index})
    assert (widget.state, widget.png) == before


def test_what_the_browser_says_is_drawn():
    widget = some_widget()
    widget.set_state({"index": {"a": 10, "b": [DOT]}})
    assert widget.state == {"a": 10, "b": [DOT]} and widget.sentence == "10 [[[0.5, 0.5]]]"


def test_dragging_starts_from_where_things_were():
    """A pure function of the state at the beginning; the nearest value is taken."""
    widget = some_widget(lambda state, start, here: {"a": state["a"] + 10 * (here[0] - start[0])})
    drag(widget, (0.5, 0.5), (0.6, 0.5), (0.74, 0.1))
    assert widget.state["a"] == 5
    drag(widget, (0.2, 0.5), (0.3, 0.5))
    assert widget.state["a"] == 6
    drag(widget, (0.2, 0.5), (99, 0.5))
    assert widget.state["a"] == 10
    for pointer in ({"start": [0, 0], "here": [float("nan"), 0], "stroke": 1}, {"start": [0, 0]}):
        with pytest.raises(traitlets.TraitError):
            widget.set_state({"pointer": pointer})


def test_moving_a_widget_builds_no_model_and_traces_nothing_again(monkeypatch):
    """Both cost memory that doesn't come back."""
    import keras
    import tensorflow as tf

    from vae_tutorial.models import Memory

    codes = RNG.normal(size=(40, 2))
    widget = widgets.code_map_explorer(Memory(2, (8, 8, 1), filters=(4,)), codes, noise=True)
    widget.set(noise=1.0)  # decoded one image, and now nine
    made = []
    for kind in (keras.Model, tf.Graph):
        init = kind.__init__
        monkeypatch.setattr(kind, "__init__", lambda *a, f=init, **k: (made.append(a), f(*a, **k)))
    for state in random_states(widget, 20):
        widget.set(**state)
    assert made == []
