"""Small models, and the widgets built around them."""

import json

import matplotlib

matplotlib.use("Agg")

import keras
import numpy as np
import pytest

from tests import browser
from vae_tutorial import widgets
from vae_tutorial.data import Images
from vae_tutorial.models import VAE, Memory
from vae_tutorial.widgets.explorer import Choice, Slider, Sliders, Toggles
from vae_tutorial.widgets.page import write_page

RNG = np.random.default_rng(0)
NAMES = ("cat", "<!--<script>dog & <b>cat</b>", 'the "apple"')
SCRIBBLE = [[[0.2, 0.2], [0.8, 0.2], [0.3, 0.9]]]


def make_images(shape=(28, 28), class_names=NAMES, labels=None):
    """A small data set: 50 images of each of 3 classes, or images with these labels."""
    y = (np.arange(150) % 3 if labels is None else np.array(labels)).astype(np.uint8)
    x = RNG.integers(0, 256, (len(y), *shape), np.uint8)
    return Images("some", x, y, x[:9], y[:9], tuple(class_names), "embedded")


def shaken(model):
    """A model whose weights, biases too, are random, so that no number is zero by chance."""
    for weight in model.weights:
        if weight.trainable:
            weight.assign(RNG.normal(scale=1 / np.sqrt(len(weight.shape) * 20), size=weight.shape))
    return model


keras.utils.set_random_seed(0)
MEMORY, IMAGES = shaken(Memory(3, (16, 8, 3), filters=(6, 5))), make_images()
FLAT, DEEP = (shaken(VAE(k, units=(20,), decoder_units=(30, 20))) for k in (2, 5))
SNAPSHOTS = {step: RNG.random((1, 8, 8, 3)).astype(np.float32) for step in (0, 10, 5, 200)}
TARGET = RNG.random((8, 8, 3))
COPIES = {step: RNG.random((4, 28, 28, 1)) for step in (0, 6, 54)}
FOUND = {step: RNG.random((4, 28, 28, 1)) for step in (1, 10, 500)}
X = IMAGES.x_test
CODES, LABELS = RNG.normal(size=(40, 2)), IMAGES.y_train[:40]
LOG_WEIGHTS, EVIDENCE = RNG.normal(-90, 3, (9, 300)), np.linspace(-85, -95, 9)
POINTS = {4: (8, 120), 1: (20, 90), 0.5: (30, 80)}
BY_BETA = {4: FLAT, 1: FLAT, 0.5: DEEP}
BOTH = (
    {"pixels": COPIES[6], "features": COPIES[54]},
    {"pixels": COPIES[54], "features": COPIES[0]},
)
NORMAL = {"surprise": RNG.normal(size=50), "per file": RNG.normal(3, 2, 40)}
OTHERS = {name: [RNG.normal(1, 2, n) for n in (9, 1, 30, 4)] for name in NORMAL}
BUILDERS = {
    "AlarmBoard": lambda: widgets.AlarmBoard(
        X[:4], ["cats", "<b>dots", "noise", "1"], NORMAL, OTHERS
    ),
    "CodeMap": lambda: widgets.CodeMap(FLAT, CODES, LABELS, noise=0.2),
    "CodePath": lambda: widgets.CodePath(MEMORY, np.eye(3), NAMES),
    "CodeSliders": lambda: widgets.CodeSliders(MEMORY, np.array([0.5, -9, 9])),
    "CollapseSlider": lambda: widgets.CollapseSlider(BY_BETA, X, POINTS),
    "DatasetBrowser": lambda: widgets.DatasetBrowser(IMAGES),
    "DigitPad": lambda: widgets.DigitPad(IMAGES, FLAT, DEEP, strokes=SCRIBBLE),
    "DrawsSlider": lambda: widgets.DrawsSlider(X, LOG_WEIGHTS, EVIDENCE),
    "EpochScrubber": lambda: widgets.EpochScrubber(COPIES, X[:4], 6),
    "GaussianDial": widgets.GaussianDial,
    "InputScale": lambda: widgets.InputScale(MEMORY),
    "InversionStepper": lambda: widgets.InversionStepper(X[:4], FOUND, FOUND[10][::-1]),
    "LatentSizes": lambda: widgets.LatentSizes({2: FLAT, 5: DEEP}, X),
    "MetricSwitch": lambda: widgets.MetricSwitch(
        X[:4], *BOTH, {"pixels": "Soft.", "features": "</script>Sharp."}
    ),
    "MixingBoard": lambda: widgets.MixingBoard(MEMORY, NAMES),
    "NoisyLine": lambda: widgets.NoisyLine([5.43, 5.44, 8], NAMES),
    "Switchboard": lambda: widgets.Switchboard(DEEP, X),
    "TrainingScrubber": lambda: widgets.TrainingScrubber(SNAPSHOTS, TARGET),
}


@pytest.fixture(params=BUILDERS)
def widget(request):
    """Each widget in turn."""
    return BUILDERS[request.param]()


def some_strokes():
    """Scribbles: dots and lines, up to the edges of the pad."""
    strokes = [RNG.random((RNG.integers(1, 30), 2)) for _ in range(RNG.integers(1, 4))]
    return [np.where(RNG.random(s.shape) < 0.1, s.round(), s).tolist() for s in strokes]


def some_number(low, high):
    """A number that its control can take; one in ten is at an end, so that extremes meet."""
    return RNG.choice([low, high, RNG.uniform(low, high)], p=[0.05, 0.05, 0.9]).item()


def some_value(part):
    """A value that a control can take."""
    if isinstance(part, Slider):
        return some_number(part.low, part.high)
    if isinstance(part, Sliders):
        ends = (np.broadcast_to(end, len(part.labels)) for end in (part.low, part.high))
        return [some_number(low, high) for low, high in zip(*ends, strict=True)]
    if isinstance(part, Toggles):
        return RNG.choice(part.values, len(part.labels)).tolist()
    if isinstance(part, Choice):
        return part.values[RNG.integers(len(part.values))]
    return [] if RNG.random() < 0.05 else some_strokes()


def some_state(widget):
    """Random values of all its controls."""
    return {name: some_value(part) for name, part in widget.parts.items()}


@pytest.fixture(scope="session")
def chromium():
    """A browser."""
    if browser.find_browser() is None:
        pytest.skip(browser.NO_BROWSER)
    with browser.chromium() as started:
        yield started


@pytest.fixture(scope="session")
def built():
    """Each widget once."""
    return {name: build() for name, build in BUILDERS.items()}


@pytest.fixture(scope="session")
def path(built, tmp_path_factory):
    """One page with all of them."""
    path = tmp_path_factory.mktemp("pages") / "all of them.html"
    parts = [part for name, widget in built.items() for part in (f"<h2>{name}</h2>", widget)]
    write_page(path, "All <widgets>", parts)
    return path


def numbers_and_images(seen):
    """What a widget in a browser would show, from JSON: numbers, and images as arrays."""
    return [
        (one.get("numbers", {}), [np.reshape(x["data"], x["shape"]) for x in one.get("images", [])])
        for one in seen
    ]


class Shown:
    """A page with widgets in a browser."""

    def __init__(self, chromium, path, names, **options):
        self.page, self.complaints = browser.open_page(chromium, has_touch=True, **options)
        self.requests = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path if isinstance(path, str) else path.as_uri())
        found = browser.explorers(self.page, len(names), 30)
        self.explorers = dict(zip(names, found, strict=True))

    def look(self, name, states):
        """What the widget would show in each of these states: numbers, and images as arrays."""
        texts = self.explorers[name].evaluate(
            """(el, states) => JSON.parse(states).map((state) => {
                const { numbers, images } = el.vae.look(state);
                const plain = ({ shape, data }) => ({ shape, data: [...data] });
                return JSON.stringify({ numbers, images: images?.map(plain), state });
            })""",
            json.dumps(states),
        )
        return numbers_and_images(map(json.loads, texts))


@pytest.fixture(scope="session")
def shown(chromium, path, built):
    """The page, open."""
    return Shown(chromium, path, built)
