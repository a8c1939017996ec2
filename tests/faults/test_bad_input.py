"""Every kind of bad input: one error that names what was wrong, and nothing touched.

Files, weights and optimizers are compared by their hashes, before and after.
"""

import hashlib
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
import tensorflow as tf

from tests.small_models import (
    CODES,
    GRAY,
    PIXELS,
    fingerprint,
    small_autoencoder,
    small_memory,
    small_vae,
)
from vae_tutorial import channel, data, evaluation, exercises, networks, plots, pretrained, widgets
from vae_tutorial.latent import find_code
from vae_tutorial.models import VAE, Autoencoder, Memory
from vae_tutorial.training import OneCycle, batches, set_seed
from vae_tutorial.widgets.strokes import digit

L = np.array([0, 1, 2, 0, 1, 2])
Z = np.zeros((3, 2), np.float32)
NAN, INF, CODES_NAN = GRAY.copy(), GRAY.copy(), CODES.copy()
NAN[2, 3, 4, 0], INF[2, 3, 4, 0], CODES_NAN[4, 1] = np.nan, np.inf, np.nan
FLAT = PIXELS.reshape(6, 64)
COLOR = np.repeat(PIXELS[..., None], 3, axis=3)
BYTES = 255 * GRAY
MASKS = (PIXELS > 99).astype(np.uint8)


def fit(model, *arrays, **options):
    return model.fit(*arrays, **{"verbose": 0} | options)


# What is done, the argument that the error names, and what it says it has received.
SHAPES = [  # through Keras's doors
    (lambda w: fit(w.vae, FLAT), "x", ", 64)"),
    (lambda w: fit(w.ae, FLAT), "x", ", 64)"),
    (lambda w: fit(w.vae, np.zeros((6, 32, 32, 1), np.uint8)), "x", ", 32, 32, 1)"),
    (lambda w: fit(w.vae, COLOR), "x", ", 8, 8, 3)"),
    (lambda w: fit(w.vae, PIXELS[:, None]), "x", ", 1, 8, 8)"),
    (lambda w: fit(w.vae, PIXELS.astype(int)), "x", "int64"),
    (lambda w: fit(w.vae, GRAY, L), "y", ",)"),
    (lambda w: fit(w.ae, GRAY, FLAT), "y", ", 64)"),
    (lambda w: fit(w.mem, CODES), "y", "None"),
    (lambda w: fit(w.mem, CODES, COLOR), "y", ", 8, 8, 3)"),
    (lambda w: w.vae.evaluate(FLAT, verbose=0), "x", ", 64)"),
    (lambda w: w.ae.predict(COLOR, verbose=0), "x", ", 8, 8, 3)"),
    (lambda w: w.vae.train_on_batch(FLAT), "x", ", 64)"),
    (lambda w: w.vae.test_on_batch(COLOR), "x", ", 8, 8, 3)"),
]
CASES = [
    (lambda w: w.vae.encode(COLOR), "x", "(6, 8, 8, 3)"),
    (lambda w: w.ae.encode(PIXELS[0]), "x", "(8, 8)"),
    (lambda w: w.ae.reconstruct(PIXELS.astype(object)), "x", "object of shape (6, 8, 8)"),
    (lambda w: w.vae.encode(PIXELS, batch_size=0), "batch_size", "0 (int)"),
    (lambda w: w.ae.encode(PIXELS, batch_size=True), "batch_size", "True (bool)"),
    (lambda w: w.mem.decode(CODES[:, :2]), "z", "float32 of shape (6, 2)"),
    (lambda w: w.vae.decode(CODES_NAN), "z", "nan at index (4, 1)"),
    (lambda w: w.ae.decode(CODES.tolist()), "z", "(list)"),
    # Pixels out of range, where nothing is trained
    (lambda w: w.vae.evaluate(-GRAY, verbose=0), "x", "in [-1, -0]"),
    (lambda w: w.ae.predict(MASKS, verbose=0), "x", "0 and 1"),
    (lambda w: w.ae(NAN), "x", "nan at index (2, 3, 4, 0)"),
    (lambda w: w.clf.predict(BYTES, verbose=0), "x", "in [0, 255]"),
    (lambda w: evaluation.class_probabilities(w.clf, BYTES), "images", "in [0, 255]"),
    (lambda w: evaluation.class_probabilities(w.clf, COLOR), "images", "(6, 8, 8, 3)"),
    (lambda w: find_code(w.vae, PIXELS), "images", "(1, 6, 8, 8)"),
    (lambda w: find_code(w.vae, BYTES[0]), "images", "in ["),
    # Making models, networks, schedules and batches
    (lambda w: VAE(0), "latent_dim", "0 (int)"),
    (lambda w: VAE(2.5), "latent_dim", "2.5 (float)"),
    (lambda w: Memory("8"), "latent_dim", "'8' (str)"),
    (lambda w: Autoencoder(None), "latent_dim", "None"),
    (lambda w: VAE(10**9), "latent_dim", "1000000000 (int)"),
    (lambda w: VAE(2, beta=-1), "beta", "-1"),
    (lambda w: VAE(2, noise_stddev=1e-30), "noise_stddev", "1e-30"),
    (lambda w: VAE(2, initial_image=np.zeros((9, 9, 1))), "x", "(1, 9, 9, 1)"),
    (lambda w: VAE(2, initial_image=np.full((28, 28, 1), 128.0)), "x", "in [128, 128]"),
    (lambda w: VAE(2, (28, 28)), "image_shape", "(28, 28)"),
    (lambda w: VAE(2, "28"), "image_shape", "'28' (str)"),
    (lambda w: Memory(2, (30, 30, 1)), "image_shape", "(30, 30, 1)"),
    (lambda w: Autoencoder(2, filters=(0,)), "filters", "0 (int)"),
    (lambda w: VAE(2, units=8), "units", "8 (int)"),
    (lambda w: VAE(2, decoder_units=(2.5,)), "units", "2.5 (float)"),
    (lambda w: networks.build_decoder(-1), "latent_dim", "-1 (int)"),
    (lambda w: networks.build_encoder(0), "latent_dim", "0 (int)"),
    (lambda w: Autoencoder(2, units=8), "units", "8 (int)"),
    (lambda w: networks.build_dense_decoder(2, units=None), "units", "None"),
    (lambda w: networks.build_encoder(2, (0, 8, 1)), "image_shape", "0 (int)"),
    (lambda w: OneCycle(0, 10), "learning_rate", "0"),
    (lambda w: OneCycle(7, 10), "learning_rate", "7"),
    (lambda w: OneCycle("0.1", 10), "learning_rate", "'0.1' (str)"),
    (lambda w: batches(CODES, PIXELS[:5]), "y", "5 and 6"),
    # Data
    (lambda w: data.load_images("MNIST"), "name", "'MNIST'"),
    (lambda w: data.load_images(3), "name", "3"),
    (lambda w: data.as_floats(BYTES), "images", "in [0, 255]"),
    (lambda w: data.as_floats([1, 2]), "images", "(list)"),
    (lambda w: data.load_drawings(10**6), "size", "1000000 (int)"),
    (lambda w: data.load_drawings(7), "size", "7 (int)"),
    (lambda w: data.Images(3, PIXELS, L, PIXELS, L), "name", "3 (int)"),
    # Evaluation, the channel, trained models, exercises
    (lambda w: evaluation.pca_errors(PIXELS, PIXELS, [99]), "sizes", "99 (int)"),
    (lambda w: evaluation.pca_errors(PIXELS, PIXELS, 3), "sizes", "3 (int)"),
    (lambda w: evaluation.pca_errors(BYTES, PIXELS, [1]), "images", "in [0, 255]"),
    (lambda w: evaluation.mean_image(NAN), "images", "nan at index (2, 3, 4, 0)"),
    (lambda w: pretrained.load_pretrained("vae_3"), "name", "'vae_3'"),
    (lambda w: exercises.check("00.9", 1), "name", "'00.9'"),
    (lambda w: channel.capacity(0), "noise", "0"),
    (lambda w: channel.confusion(np.array([1.0, 1.0]), 1), "positions", "1 for 2 names"),
    (lambda w: channel.confusion([1, 2], 0), "noise", "0"),
    (lambda w: channel.error_rate([1, 2], 0), "noise", "0"),
    (lambda w: channel.error_rate([1, np.nan], 1), "positions", "nan at index (1,)"),
    (lambda w: channel.simulate([1], 1, 9), "positions", "1"),
    (lambda w: channel.names_that_fit(1, 0.1, 3, 2), "high", "-1 stddevs"),
    # Figures and widgets
    (lambda w: plots.show_images(NAN), "images", "nan at index (2, 3, 4, 0)"),
    (lambda w: plots.show_images(PIXELS, columns=0), "columns", "0 (int)"),
    (lambda w: plots.show_images(PIXELS, titles=list("abc")), "titles", "3"),
    (lambda w: plots.show_images(BYTES), "images", "up to 255"),
    (lambda w: plots.code_map(CODES, L), "codes", "float32 of shape (6, 3)"),
    (lambda w: plots.code_map(Z, L), "labels", "6 and 3"),
    (lambda w: plots.code_map(Z, L[:3] - 1), "labels", "in -1 to 1"),
    (lambda w: widgets.MixingBoard(w.mem, ["a"]), "names", "1 and 3"),
    (lambda w: widgets.CodePath(w.mem, CODES, ["a"]), "names", "1 and 6"),
    (lambda w: widgets.CodeSliders(w.mem, CODES), "z", "float32 of shape (1, 6, 3)"),
    (lambda w: widgets.EpochScrubber({}, PIXELS, 3), "snapshots", "none"),
    (lambda w: widgets.TrainingScrubber([1], PIXELS[0]), "snapshots", "(list)"),
    (lambda w: widgets.LatentSizes({}, PIXELS), "models", "none"),
    (lambda w: widgets.NoisyLine([1, 2], ["a"]), "names", "1 and 2"),
    (lambda w: widgets.CodeMap(w.vae, Z, low=(1, 1), high=(0, 0)), "low", "[1. 1.]"),
    (lambda w: widgets.DigitPad(None, w.vae, w.vae), "images", "None"),
    (lambda w: widgets.DatasetBrowser(PIXELS), "images", "uint8 of shape (6, 8, 8)"),
    (lambda w: widgets.Switchboard(w.vae, PIXELS, bits=[1]), "bits", "1 and 3"),
    (lambda w: widgets.CollapseSlider({}, PIXELS, {}), "models", "none"),
    (lambda w: widgets.InversionStepper(PIXELS, {}, PIXELS), "found", "[] (list)"),
    (lambda w: digit([[[2, 0]]]), "strokes", "[[[2, 0]]]"),
    # Pixels out of range, where something would be trained
    (lambda w: fit(w.vae, BYTES), "x", "in [0, 255]"),
    (lambda w: fit(w.ae, NAN), "x", "nan"),
    (lambda w: fit(w.mem, CODES, INF), "y", "inf"),
    (lambda w: fit(w.vae, GRAY, BYTES), "y", "in [0, 255]"),
    (lambda w: w.ae.train_on_batch(GRAY / 255), "x", "divided by 255 twice"),
    (lambda w: fit(w.clf, BYTES, L), "x", "in [0, 255]"),
]


class World:
    """A model of each kind, and a folder; all of it can be compared."""

    def __init__(self, folder):
        set_seed(0)
        self.folder = folder
        self.vae, self.mem, self.ae = small_vae(), small_memory(), small_autoencoder()
        self.clf = networks.build_classifier(3, (8, 8, 1), units=(4,))
        for model in (self.vae, self.mem, self.ae):
            model.compile("adam")
        self.clf.compile("adam", tf.keras.losses.SparseCategoricalCrossentropy(True))

    def learn(self):
        """A step of each model, and a file."""
        set_seed(1)
        fit(self.vae, PIXELS, shuffle=False)
        fit(self.mem, CODES, PIXELS, shuffle=False)
        fit(self.ae, PIXELS, shuffle=False)
        fit(self.clf, GRAY, L, shuffle=False)
        self.vae.save(self.folder / "vae.keras")
        return self

    def models(self):
        """Hashes of each model's optimizer variables and weights."""
        return [fingerprint(model) for model in (self.vae, self.mem, self.ae, self.clf)]

    def weights(self):
        return [weights for _, weights in self.models()]

    def state(self):
        """Hashes of every file and of the models; which figures are open."""
        files = sorted(self.folder.rglob("*"))
        hashes = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
        return hashes, self.models(), plt.get_fignums()


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return World(tmp_path_factory.mktemp("Übung eins")).learn()


def raised(call, world, argument, received):
    """Do it, and check the message. Keras wraps what its layers raise: it is searched for."""
    with pytest.raises((ValueError, TypeError)) as caught:
        call(world)
    message = str(caught.value)
    form = rf"{argument} must .+, not .*{re.escape(received)}.*: \S.+\."
    assert re.search(form, message, re.DOTALL), message


def test_there_are_enough_kinds():
    assert len(SHAPES) + len(CASES) >= 100


def rows(table):
    return pytest.mark.parametrize(("call", "argument", "received"), table, ids=range(len(table)))


@rows(CASES)
def test_a_bad_input_is_named_and_changes_nothing(world, call, argument, received):
    before = world.state()
    raised(call, world, argument, received)
    assert world.state() == before


@rows(SHAPES)
def test_another_shape_is_named_and_the_model_learns_afterwards(tmp_path, call, argument, received):
    world = World(tmp_path)
    before = world.weights()
    raised(call, world, argument, received)
    assert world.weights() == before
    world.learn()
    assert all(np.isfinite(weight).all() for weight in world.vae.get_weights())


@rows(SHAPES[:5])
def test_another_shape_is_named_by_a_trained_model_too(tmp_path, call, argument, received):
    """TensorFlow then traces for any rank: sizes are known only once the step runs."""
    world = World(tmp_path).learn()
    before = world.weights()
    raised(call, world, "(x|images)", received)
    assert world.weights() == before


def test_a_decoder_needs_filters():
    raised(lambda w: Memory(2, filters=()), None, "filters", "()")


def test_codes_that_are_not_finite_train_no_memory(tmp_path):
    raised(lambda w: fit(w.mem, CODES_NAN, PIXELS), World(tmp_path), "x", "nan at index")


def test_after_all_of_them_the_models_learn_as_if_nothing_had_been(tmp_path_factory):
    """Each model ends as one that never met any."""
    one, other = (World(tmp_path_factory.mktemp("w")).learn() for _ in range(2))
    for call, *_ in CASES:
        with pytest.raises((ValueError, TypeError)):
            call(one)
    assert one.learn().weights() == other.learn().weights()
