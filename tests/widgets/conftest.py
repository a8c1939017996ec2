"""A model that stands in for the real ones, and the widgets built around it."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from vae_tutorial import widgets
from vae_tutorial.data import Images, as_floats

RNG = np.random.default_rng(0)
NAMES = ("cat", "dog & <b>cat</b>", 'the "apple"')


class StandIn:
    """A linear decoder with the interface of the models; its Gaussians all have stddev 0.5."""

    def __init__(self, latent_dim, image_shape=(28, 28, 1)):
        self.latent_dim, self.image_shape = latent_dim, image_shape
        size = np.prod(image_shape)
        self.weights = np.random.default_rng(latent_dim).normal(size=(latent_dim, size))

    def decode(self, z):
        images = 1 / (1 + np.exp(-np.asarray(z) @ self.weights))
        return images.reshape(-1, *self.image_shape).astype(np.float32)

    def encode(self, x):
        z_mean = as_floats(x).reshape(len(x), -1) @ self.weights.T / 20
        return z_mean, np.full_like(z_mean, 2 * np.log(0.5))

    def reconstruct(self, x):
        return self.decode(self.encode(x)[0])


def make_images(shape=(28, 28), class_names=NAMES, labels=None):
    """A small data set: 50 images of each of 3 classes, or images with these labels."""
    y = (np.arange(150) % 3 if labels is None else np.array(labels)).astype(np.uint8)
    x = RNG.integers(0, 256, (len(y), *shape), np.uint8)
    return Images("some", x, y, x[:9], y[:9], tuple(class_names), "embedded")


MEMORY, FLAT, DEEP, IMAGES = StandIn(3, (8, 8, 3)), StandIn(2), StandIn(5), make_images()
SNAPSHOTS = {step: RNG.random((1, 8, 8, 3)).astype(np.float32) for step in (0, 10, 5, 200)}
COPIES = {step: RNG.random((4, 28, 28, 1)) for step in (0, 6, 54)}
FOUND = {step: RNG.random((4, 28, 28, 1)) for step in (1, 10, 500)}
BUILDERS = {
    "code_map_explorer": lambda: widgets.code_map_explorer(
        FLAT, RNG.normal(size=(40, 2)), IMAGES.y_train[:40], noise=True
    ),
    "code_path": lambda: widgets.code_path(MEMORY, np.eye(3), NAMES),
    "code_sliders": lambda: widgets.code_sliders(MEMORY, np.array([0.5, -9, 9])),
    "collapse_slider": lambda: widgets.collapse_slider(
        {4: FLAT, 1: FLAT, 0.5: DEEP}, IMAGES.x_test, {4: (8, 120), 1: (20, 90), 0.5: (30, 80)}
    ),
    "dataset_browser": lambda: widgets.dataset_browser(IMAGES),
    "digit_pad": lambda: widgets.digit_pad(IMAGES, FLAT, DEEP),
    "draws_slider": lambda: widgets.draws_slider(
        IMAGES.x_test, RNG.normal(-90, 3, (9, 300)), np.full(9, -85.0)
    ),
    "epoch_scrubber": lambda: widgets.epoch_scrubber(COPIES, IMAGES.x_test[:4], 6),
    "gaussian_dial": widgets.gaussian_dial,
    "input_scale": lambda: widgets.input_scale(MEMORY),
    "inversion_stepper": lambda: widgets.inversion_stepper(
        IMAGES.x_test[:4], FOUND, FOUND[10][::-1]
    ),
    "latent_sizes": lambda: widgets.latent_sizes({2: FLAT, 5: DEEP}, IMAGES.x_test),
    "metric_switch": lambda: widgets.metric_switch(
        IMAGES.x_test[:4],
        {"pixels": COPIES[6], "features": COPIES[54], "both": COPIES[0]},
        {"pixels": COPIES[54], "features": COPIES[0], "both": COPIES[6]},
        {"pixels": "Soft.", "features": "Sharp.", "both": "Both."},
    ),
    "mixing_board": lambda: widgets.mixing_board(MEMORY, NAMES),
    "noisy_line": lambda: widgets.noisy_line([5.43, 5.44, 8], NAMES),
    "training_scrubber": lambda: widgets.training_scrubber(SNAPSHOTS, RNG.random((8, 8, 3))),
}


@pytest.fixture(params=widgets.__all__)
def widget(request):
    """Each widget in turn."""
    return BUILDERS[request.param]()


@pytest.fixture(autouse=True)
def closed_figures():
    """Leave no figure open."""
    yield
    plt.close("all")


def drag(widget, start, *path):
    """The pointer goes down at start and moves on."""
    for here in (start, *path):
        pointer = {"start": list(start), "here": list(here), "stroke": hash((start, path))}
        widget.set_state({"pointer": pointer})
