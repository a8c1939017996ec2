"""The Python half: each widget is an ipywidget whose traits its controls check."""

import gc
import json
import re
from types import SimpleNamespace

import ipywidgets
import numpy as np
import psutil
import pytest
import traitlets

from tests.widgets.conftest import (
    BOTH,
    BUILDERS,
    CODES,
    COPIES,
    DEEP,
    FLAT,
    IMAGES,
    LABELS,
    MEMORY,
    NAMES,
    X,
    make_images,
    some_state,
)
from vae_tutorial import widgets
from vae_tutorial.widgets.explorer import Explorer, Slider, packed
from vae_tutorial.widgets.strokes import MAX_POINTS, MAX_STROKES


def private_memory():
    """Bytes without the pages of files, which count as its own once nobody else has them."""
    info = psutil.Process().memory_info()
    return info.rss - getattr(info, "shared", 0)


def current(widget):
    return {name: getattr(widget, name) for name in widget.parts}


def test_there_is_a_builder_for_each_widget():
    names = {name for name in vars(widgets) if name[0].isupper()}
    assert {*BUILDERS, "Playground"} == names


def test_a_thousand_settings_are_kept_and_memory_stays(widget):
    for step in range(1000):
        if step == 50:
            gc.collect()
            before = private_memory()
        state = some_state(widget)
        widget.set_state(state)  # as the browser does
        assert current(widget) == state
    gc.collect()
    assert private_memory() - before < 50e6


def test_what_is_sent_once_holds_all_that_the_browser_needs(widget):
    sent = widget.get_state()
    assert {"data", "controls", "_esm", "_css", *widget.parts} <= set(sent)
    assert [part["name"] for part in sent["controls"]] == [*widget.parts]
    json.dumps(sent["controls"])
    json.dumps(sent["data"], default=lambda value: assert_bytes(value))


def assert_bytes(value):
    assert isinstance(value, bytes)
    return ""


def test_repr_says_what_the_widget_does(widget):
    text = repr(widget)
    assert text.endswith(" Try it in JupyterLab or on Binder.") and len(text) <= 110
    assert widget._repr_mimebundle_()[0]["text/plain"] == text


NONSENSE = [None, "text", [], [[]], float("nan"), 10**9, -(10**9), [float("inf")] * 99, {}, b"x"]


def test_nonsense_is_refused_whoever_says_it_and_changes_nothing(widget):
    before = current(widget)
    for name in widget.parts:
        for value in NONSENSE:
            if name == "strokes" and value == []:
                continue
            with pytest.raises(traitlets.TraitError, match=f"^{name}.* must "):
                setattr(widget, name, value)
            with pytest.raises(traitlets.TraitError):
                widget.set_state({name: value})
    assert current(widget) == before


def test_what_python_sets_is_heard_and_linked():
    dial, line = widgets.GaussianDial(), widgets.NoisyLine([2, 5], ["a", "b"])
    heard = []
    dial.observe(lambda change: heard.append(change["new"]), "stddev")
    ipywidgets.link((dial, "stddev"), (line, "noise"))
    dial.stddev = 2
    line.noise = np.float32(0.25)
    assert heard == [2, 0.25] and dial.stddev == line.noise == 0.25
    assert ipywidgets.jslink((dial, "mean"), (line, "noise")).source == (dial, "mean")


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: widgets.GaussianDial(mean=9), "mean must be a number from -4 to 4, not 9: .* 4"),
        (lambda: widgets.GaussianDial(stddev=0), "stddev must be a number from 0.01 to 3"),
        (lambda: widgets.NoisyLine([2, 11], ["a", "b"]), r"positions\[1\] must be a number from 0"),
        (lambda: widgets.MixingBoard(MEMORY, NAMES, [1, 0]), "code must be a list of 3 numbers"),
        (lambda: widgets.Switchboard(DEEP, X, latents=["off"] * 5), r"latents\[0\] must be one of"),
        (lambda: widgets.LatentSizes({2: FLAT}, X, image=9), "image must be one of 0, 1, ..., 8"),
        (lambda: widgets.CodeMap(FLAT, CODES, show="all"), "show must be one of codes, pictures"),
        (lambda: setattr(widgets.CodeMap(FLAT, CODES), "noise", 1), "the control must be one of"),
    ],
)
def test_a_value_out_of_range_is_refused_with_the_range(build, words):
    with pytest.raises(traitlets.TraitError, match=f"^{words}"):
        build()


@pytest.mark.parametrize(
    ("strokes", "words"),
    [
        ([[[0.5, 1.5]]], "in 0 to 1"),
        ([[]], "strokes must be lists"),
        ([[[0.5, float("nan")]]], "strokes must be lists"),
        ([[[0.5, 0.5]]] * (MAX_STROKES + 1), "draw fewer"),
        ([[[0.5, 0.5]] * (MAX_POINTS + 1)], "draw fewer"),
    ],
)
def test_strokes_that_no_hand_drew_are_refused(strokes, words):
    pad = BUILDERS["DigitPad"]()
    before = pad.strokes
    with pytest.raises(traitlets.TraitError, match=re.escape(words)):
        pad.strokes = strokes
    assert pad.strokes == before


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: widgets.EpochScrubber(COPIES, X[:3], 6), "snapshots must hold 3 images"),
        (lambda: widgets.TrainingScrubber({1: X[:2]}, X[0]), "snapshots must hold 1 images"),
        (lambda: widgets.TrainingScrubber({1: X[:1]}, X[0, :9]), "snapshots must have shape"),
        (lambda: widgets.LatentSizes({2: FLAT}, X / 255), "x must be uint8"),
        (lambda: widgets.CollapseSlider({}, X, {}), "models must hold at least one"),
        (lambda: widgets.CollapseSlider({4: DEEP}, X, {2: (1, 9)}), "points must have the betas 4"),
        (lambda: widgets.CollapseSlider({4: DEEP}, X, {4: (1, np.nan)}), "points must be finite"),
        (
            lambda: widgets.NoisyLine(range(21), "a" * 21),
            "positions must be at least 2 and at most",
        ),
        (lambda: widgets.DrawsSlider(X, np.zeros((8, 5)), np.zeros(9)), "log_weights must be as"),
        (lambda: widgets.DrawsSlider(X, np.zeros((9, 5)), np.zeros(8)), "evidence must be as many"),
        (lambda: widgets.InversionStepper(X, {}, X), "found must hold steps from 1 on"),
        (lambda: widgets.InversionStepper(X, {0: X}, X), "found must hold steps from 1 on"),
        (lambda: widgets.InversionStepper(X, {1: X[:3]}, X), "found must be as many as x"),
        (lambda: widgets.InversionStepper(X, {1: X}, X[:3]), "encoded must be as many as x"),
        (lambda: widgets.AlarmBoard(X[:1], ["a", "b"], {}, {}), "names must be as many as x"),
        (lambda: widgets.AlarmBoard(X[:1], ["a"], {}, {}), "others must have the scores that"),
        (lambda: widgets.AlarmBoard(X[:1], ["a"], {"s": [1]}, {"t": [[1]]}), "others must have"),
        (lambda: widgets.AlarmBoard(X[:1], ["a"], {"s": [1]}, {"s": []}), "others must be as many"),
        (lambda: widgets.MetricSwitch(X, {}, {}, {}), "copies must hold at least one model"),
        (lambda: widgets.MetricSwitch(X, {"a": X}, {"b": X}, {"a": ""}), "samples must have the"),
        (lambda: widgets.MetricSwitch(X, *BOTH, {"pixels": "", "features": ""}), "copies must be"),
        (lambda: widgets.CodePath(MEMORY, np.eye(3)[:1], NAMES[:1]), "codes must be at least 2"),
        (lambda: widgets.CodeMap(FLAT, CODES, LABELS[:3]), "labels must be as many as codes"),
        (lambda: widgets.CodeMap(FLAT, CODES, -np.ones(40, int)), "labels must lie in 0 to"),
        (lambda: widgets.CodeMap(FLAT, CODES, low=(0, np.nan)), "low must be two finite numbers"),
        (lambda: widgets.CodeMap(MEMORY, CODES), "model must have latent_dim 2, not 3"),
        (lambda: widgets.DigitPad(IMAGES, MEMORY, DEEP), "flat must make images"),
    ],
)
def test_what_a_widget_cannot_show_is_an_error(build, words):
    with pytest.raises((TypeError, ValueError), match=f"^{words}"):
        build()


def test_a_network_that_the_browser_does_not_know_is_an_error():
    import keras

    stride_1 = [keras.layers.Reshape((1, 1, 3)), keras.layers.Conv2DTranspose(1, 4, padding="same")]
    for changed in (
        [keras.layers.LayerNormalization()],
        [keras.layers.Dense(64, "softsign")],
        [keras.layers.Dense(64, "gelu")],  # Keras's own, without the tanh
        stride_1,
    ):
        decoder = keras.Sequential([keras.Input((3,)), *changed])
        memory = SimpleNamespace(latent_dim=3, image_shape=(8, 8, 1), decoder=decoder)
        with pytest.raises(ValueError, match=r"^the network must hold .*vae_tutorial\.networks"):
            widgets.InputScale(memory)


@pytest.mark.parametrize(
    ("array", "dtype"),
    [
        (np.arange(6, dtype=np.uint8), "uint8"),
        (np.array([0.5, -3, 65504]), "float16"),
        (np.array([0.1, 1e9], np.float32), "float32"),
        (np.array([1e-9]), "float32"),
    ],
)
def test_arrays_are_packed_in_the_fewest_bytes_that_lose_nothing(array, dtype):
    found = packed({"a": [array]})["a"][0]
    assert found["dtype"] == dtype and found["shape"] == [*array.shape]
    assert np.array_equal(np.frombuffer(found["$bytes"], dtype), array.astype(np.float32))


def test_a_control_left_out_stays_none():
    widget = widgets.CodeMap(FLAT, CODES)
    assert widget.noise is None and "noise" not in widget.parts


def test_a_widget_takes_the_file_beside_it_and_a_readers_own_that_of_its_parent():
    class Own(widgets.GaussianDial):
        """Mine."""

    assert "numberLine(LOW, HIGH)" in Own()._esm and "function explorer(" in Own()._esm
    assert repr(Own()).startswith("Mine. ") and isinstance(Own(), Explorer)
    assert Own().parts["mean"] == Slider("mean", -4, 4, 0.1)


def test_keys_of_numpy_are_plain_on_the_page(tmp_path):
    models = {np.int64(2): FLAT, np.int64(5): DEEP}
    widget = widgets.LatentSizes(models, X)
    widget.save_html(tmp_path / "page.html")
    assert (
        type(widget.latent_dim) is int
        and '"values": [2, 5]' in (tmp_path / "page.html").read_text()
    )


# Class counts and image shapes: one class, an empty one, more than there are colors.
ANY_IMAGES = [
    make_images((32, 24, 3), ["only"], [0] * 10),
    make_images((8, 8), ["full", "empty"], [0] * 45),
    make_images((8, 8, 3), [f"class number {i}" for i in range(30)], np.arange(300) % 30),
]


@pytest.mark.parametrize("images", ANY_IMAGES, ids=["color, one class", "an empty class", "many"])
def test_the_browser_of_images_takes_any_classes_and_color(images):
    browser = widgets.DatasetBrowser(images)
    assert browser.data["counts"] == [
        sum(images.y_train == i) for i in range(len(browser.data["names"]))
    ]
    assert [part["shape"][0] for part in browser.data["pictures"]] == browser.data["counts"]


def test_large_images_are_sent_in_fewer_pages_and_no_page_is_empty():
    def pages(side, count):
        images = make_images((side, side, 3), labels=np.arange(count) % 3)
        return widgets.DatasetBrowser(images).parts["page"].values[-1]

    assert [pages(side, 1500) for side in (8, 64, 256)] == [10, 2, 1]
    assert [pages(8, count) for count in (3, 120, 123)] == [1, 1, 2]
