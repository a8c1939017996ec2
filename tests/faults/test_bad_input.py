"""Every kind of bad input: one error that names what was wrong, and nothing touched.

Files, weights and optimizers are compared by their hashes, before and after.
"""

import hashlib
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest

from tests.test_models import (
    CODES,
    GREY,
    PIXELS,
    changed,
    fingerprint,
    small_autoencoder,
    small_memory,
)
from tests.test_vae import small_vae
from vae_tutorial import (
    channel,
    checks,
    data,
    evaluation,
    losses,
    networks,
    pictures,
    plots,
    pretrained,
    search,
    store,
    strokes,
    widgets,
)
from vae_tutorial.models import Memory
from vae_tutorial.runtime import keras, tf
from vae_tutorial.training import train
from vae_tutorial.vae import VAE

L = np.array([0, 1, 2, 0, 1, 2])
Z = np.zeros((3, 2), np.float32)
ds = tf.data.Dataset.from_tensors

# What is done, the argument that the error names, and what it says it has received.
CASES = [
    (lambda w: train(w.vae, PIXELS.reshape(6, 64), steps=1), "x", "uint8 of shape (6, 64)"),
    (
        lambda w: train(w.vae, np.zeros((6, 32, 32, 1), np.uint8), steps=1),
        "x",
        "uint8 of shape (6, 32, 32, 1)",
    ),
    (lambda w: w.vae.encode(np.zeros((6, 8, 8, 3), np.uint8)), "x", "uint8 of shape (6, 8, 8, 3)"),
    (lambda w: train(w.vae, GREY * 255, steps=1), "x", "in [0, 255]"),
    (lambda w: w.vae.evaluate(-GREY), "x", "in [-1, -0]"),
    (
        lambda w: train(w.vae, changed(GREY, (2, 3, 4, 0), np.nan), steps=1),
        "x",
        "nan at index (2, 3, 4, 0)",
    ),
    (lambda w: w.vae.fit(changed(GREY, (2, 3, 4, 0), np.inf)), "x", "inf at index (2, 3, 4, 0)"),
    (lambda w: train(w.vae, PIXELS[:0], steps=1), "x", "uint8 of shape (0, 8, 8)"),
    (lambda w: train(w.vae, PIXELS.tolist(), steps=1), "x", "[[[...], [...]"),
    (lambda w: train(w.vae, PIXELS.astype(int), steps=1), "x", "int64 of shape (6, 8, 8)"),
    (lambda w: w.vae.reconstruct(PIXELS > 9), "x", "bool of shape (6, 8, 8)"),
    (lambda w: w.vae.reconstruct(PIXELS.astype(object)), "x", "object of shape (6, 8, 8)"),
    (lambda w: w.vae.reconstruct("x"), "x", "'x' (str)"),
    (lambda w: train(w.vae, PIXELS, PIXELS, steps=1), "y", "given"),
    (lambda w: train(w.vae, PIXELS, epochs=-1), "epochs", "-1 (int)"),
    (lambda w: w.vae.fit(PIXELS, epochs=1.5), "epochs", "1.5 (float)"),
    (lambda w: train(w.vae, PIXELS, steps=1, batch_size=0), "batch_size", "0 (int)"),
    (lambda w: w.vae.encode(PIXELS, batch_size=True), "batch_size", "True (bool)"),
    (
        lambda w: train(w.vae, PIXELS, steps=1, learning_rate=float("nan")),
        "learning_rate",
        "nan (float)",
    ),
    (lambda w: train(w.vae, PIXELS, steps=1, learning_rate=-1), "learning_rate", "-1.0 (float)"),
    (lambda w: train(w.vae, PIXELS, steps=1, learning_rate=7), "learning_rate", "7.0 (float)"),
    (lambda w: train(w.vae, PIXELS), "steps or epochs", "none"),
    (lambda w: train(w.vae, PIXELS, steps=1, epochs=1), "steps or epochs", "both"),
    (lambda w: train(w.vae, PIXELS, steps=2**70), "steps", "1180591620717411303424 (int)"),
    (lambda w: train(w.vae, PIXELS, steps=1, seed=-1), "seed", "-1 (int)"),
    (lambda w: train(w.vae, PIXELS, steps=1, snapshot=3), "snapshot", "3 (int)"),
    (
        lambda w: train(w.vae, PIXELS, steps=1, snapshot=print, snapshot_steps=[7]),
        "snapshot_steps",
        "7",
    ),
    (
        lambda w: train(w.vae, PIXELS, steps=1, snapshot=print),
        "snapshot and snapshot_steps",
        "one of them",
    ),
    (lambda w: train("vae", PIXELS, steps=1), "model", "'vae' (str)"),
    (lambda w: train(w.vae, PIXELS, steps=1, run=3), "run", "3 (int)"),
    (lambda w: train(w.vae, PIXELS, steps=1, run=w.folder / "run.h5"), "run", "/run.h5"),
    (
        lambda w: train(w.vae, PIXELS, steps=1, run=w.folder / "no" / "run.npz"),
        "run",
        "[Errno 2] No such file or directory",
    ),
    (
        lambda w: train(w.vae, PIXELS, steps=1, run=w.folder / ("x" * 300 + ".npz")),
        "run",
        "File name too long",
    ),
    (lambda w: train(w.vae, ds(GREY.reshape(6, 64)), steps=1), "x", "float32 of shape (6, 64)"),
    (lambda w: train(w.vae, ds(GREY * 255), steps=1), "x", "in [0, 255]"),
    (lambda w: train(w.vae, ds(PIXELS), steps=1), "x", "uint8 of shape (6, 8, 8)"),
    (lambda w: train(w.vae, ds(GREY[..., 0]), steps=1), "x", "float32 of shape (6, 8, 8)"),
    (lambda w: train(w.vae, ds((GREY, GREY, GREY)), steps=1), "x", "['EagerTensor'"),
    (lambda w: train(w.vae, ds(GREY).take(0), steps=1), "x", "none"),
    (lambda w: train(w.vae, ds(GREY), PIXELS, steps=1), "y", "given"),
    (lambda w: train(w.vae, ds(GREY), epochs=1), "epochs", "1"),
    (lambda w: train(w.clf, PIXELS, L + 7, steps=1), "y", "in 7 to 9"),
    (lambda w: train(w.clf, PIXELS, L + 0.5, steps=1), "y", "float64 of shape (6,)"),
    (lambda w: train(w.clf, PIXELS, L[:4], steps=1), "y", "4 and 6"),
    (lambda w: train(w.clf, PIXELS, steps=1), "y", "none"),
    (
        lambda w: train(w.clf, PIXELS, np.eye(3, dtype=int)[L], steps=1),
        "y",
        "int64 of shape (6, 3)",
    ),
    (
        lambda w: w.vae.fit(PIXELS, validation_data=PIXELS),
        "validation_data",
        "uint8 of shape (6, 8, 8)",
    ),
    (lambda w: w.vae.fit(PIXELS, sample_weight=np.ones(6)), "sample_weight", "weights"),
    (lambda w: w.mem.decode(CODES[:, :2]), "z", "float32 of shape (6, 2)"),
    (lambda w: w.mem.decode(CODES[0]), "z", "float32 of shape (3,)"),
    (lambda w: w.mem.decode(changed(CODES, (4, 1), np.nan)), "z", "nan at index (4, 1)"),
    (lambda w: train(w.mem, CODES, PIXELS[:5], steps=1), "pictures", "5 and 6"),
    (lambda w: VAE(0), "latent_dim", "0 (int)"),
    (lambda w: VAE(2.5), "latent_dim", "2.5 (float)"),
    (lambda w: Memory("8"), "latent_dim", "'8' (str)"),
    (lambda w: VAE(10**9), "latent_dim", "1000000000 (int)"),
    (lambda w: VAE(2, beta=-1), "beta", "-1.0 (float)"),
    (lambda w: VAE(2, noise_stddev=1e-30), "noise_stddev", "1e-30 (float)"),
    (lambda w: VAE(2, noise_stddev="learnt"), "noise_stddev", "'learnt' (str)"),
    (lambda w: VAE(2, mean=np.zeros((9, 9, 1))), "mean", "float64 of shape (1, 9, 9, 1)"),
    (lambda w: VAE(2, (28, 28)), "image_shape", "(28, 28)"),
    (lambda w: Memory(2, (30, 30, 1)), "image_shape", "(30, 30, 1)"),
    (lambda w: VAE(2, units=8), "units", "8 (int)"),
    (lambda w: networks.build_encoder(2, activation="gelou"), "activation", "'gelou'"),
    (lambda w: w.vae.sample(0), "count", "0 (int)"),
    (lambda w: w.vae.draw(CODES, CODES, CODES[:2]), "z_mean and epsilon", "(6, 3) and (2, 3)"),
    (lambda w: w.vae.draw(CODES, CODES[:1], CODES), "z_log_var and epsilon", "(1, 3) and (6, 3)"),
    (lambda w: losses.kl_divergence(CODES, CODES[:2]), "z_mean and z_log_var", "(6, 3) and (2, 3)"),
    (lambda w: losses.kl_divergence(CODES * np.nan, CODES), "z_mean", "nan at index (0, 0)"),
    (
        lambda w: losses.squared_error(GREY, GREY[:1]),
        "x and reconstruction",
        "(6, 8, 8, 1) and (1, 8, 8, 1)",
    ),
    (lambda w: losses.squared_error(GREY * 255, GREY), "x", "in [0, 255]"),
    (lambda w: losses.reconstruction_loss(GREY * 2, GREY), "x", "in [0, 2]"),
    (lambda w: losses.reconstruction_loss(GREY, GREY, CODES), "noise_log_var", "an array (6, 3)"),
    (lambda w: evaluation.pca_errors(PIXELS, PIXELS, [99]), "sizes", "99 (int)"),
    (lambda w: evaluation.judge(None, PIXELS), "classifier", "None (NoneType)"),
    (
        lambda w: evaluation.nearest_distances(CODES[:, :2], CODES),
        "samples",
        "float32 of shape (6, 2)",
    ),
    (lambda w: evaluation.reconstruction_errors(None, PIXELS), "reconstruct", "None (NoneType)"),
    (lambda w: search.find_code(w.vae, PIXELS), "picture", "uint8 of shape (1, 6, 8, 8)"),
    (
        lambda w: search.find_code(w.vae, PIXELS[0], learning_rate=1e30),
        "learning_rate",
        "1e+30 (float)",
    ),
    (lambda w: store.save_arrays(w.folder / "a.npy", codes=CODES), "path", "'a.npy'"),
    (lambda w: store.save_arrays(w.folder / "a.npz"), "arrays", "none"),
    (lambda w: store.save_arrays(w.folder / "a.npz", codes=np.array([None])), "codes", "objects"),
    (lambda w: store.save_arrays(w.folder / "a.npz", codes="hello"), "codes", "<U5"),
    (lambda w: store.save_arrays(w.folder / "a.npz", **{"../x": CODES}), "arrays", "'../x'"),
    (lambda w: store.save_arrays(3, codes=CODES), "path", "3 (int)"),
    (lambda w: store.load_arrays(w.folder / "a.npz", {"codes": 6}), "shapes", "6 (int)"),
    (lambda w: store.load_weights(w.vae, w.folder / "a.npz"), "model", "(PosixPath)"),
    (lambda w: data.load_images("MNIST"), "name", "'MNIST'"),
    (lambda w: pretrained.load_pretrained("vae_3"), "name", "'vae_3'"),
    (lambda w: pictures.draw_picture("bird"), "name", "'bird'"),
    (lambda w: pictures.draw_picture("cat", 10**6), "size", "1000000 (int)"),
    (lambda w: checks.check("00.9", 1), "name", "'00.9'"),
    (lambda w: channel.capacity(0), "noise", "0.0 (float)"),
    (lambda w: channel.confusion(np.array([1.0, 1.0]), 1), "positions", "1 for 2 names"),
    (lambda w: channel.names_that_fit(1, 2), "error", "2.0"),
    (lambda w: plots.board(PIXELS * np.nan), "images", "nan at index (0, 0, 0)"),
    (lambda w: plots.board(PIXELS, columns=0), "columns", "0 (int)"),
    (lambda w: plots.board(PIXELS, titles=list("abc")), "titles", "3"),
    (lambda w: plots.board(PIXELS, rows=list("abc")), "rows", "3"),
    (lambda w: plots.board(PIXELS, ax=3), "ax", "3 (int)"),
    (lambda w: plots.curves([1, 2], {"a": [1]}, xlabel="", ylabel=""), "lines['a']", "1 and 2"),
    (lambda w: plots.curves([0, 2], {"a": [1, 2]}, xlabel="", ylabel="", log_x=True), "x", "0"),
    (lambda w: plots.code_map(CODES, L), "codes", "float32 of shape (6, 3)"),
    (lambda w: plots.code_map(Z, L), "labels", "6 and 3"),
    (lambda w: widgets.mixing_board(w.mem, ["a"]), "names", "1 and 3"),
    (lambda w: widgets.code_path(w.mem, CODES, ["a"]), "names", "1 and 6"),
    (lambda w: widgets.code_sliders(w.mem, CODES), "code", "float32 of shape (1, 6, 3)"),
    (lambda w: widgets.epoch_scrubber({}, PIXELS, 3), "snapshots", "none"),
    (lambda w: widgets.noisy_line([1, 2], ["a"]), "names", "1 and 2"),
    (lambda w: widgets.code_map_explorer(w.vae, Z, low=(1, 1), high=(0, 0)), "low", "[1. 1.]"),
    (lambda w: widgets.digit_pad(None, w.vae, w.vae), "images", "None (NoneType)"),
    (lambda w: widgets.gaussian_dial().move(mean=99), "mean", "99"),
    (lambda w: widgets.gaussian_dial().still(), "states", "none"),
    (lambda w: strokes.digit([[[2, 0]]]), "strokes", "[[[2, 0]]]"),
]


class World:
    """Models that have been trained a step, and a folder with files; all of it can be compared."""

    def __init__(self, folder):
        self.folder, self.vae, self.mem = folder, small_vae(), small_memory()
        self.ae = small_autoencoder()
        self.clf = networks.build_classifier(3, (8, 8, 1))
        self.clf.loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        train(self.vae, PIXELS, steps=2, run=folder / "run.npz")
        train(self.mem, CODES, PIXELS, steps=2)
        train(self.ae, PIXELS, steps=2)
        train(self.clf, PIXELS, L, steps=2)
        store.save_weights(folder / "vae.npz", self.vae)
        store.save_arrays(folder / "a.npz", codes=CODES)

    def state(self):
        """Hashes of every file, weight and optimizer variable; how many figures are open."""
        files = sorted(self.folder.rglob("*"))
        return (
            {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files},
            [fingerprint(model) for model in (self.vae, self.mem, self.ae, self.clf)],
            plt.get_fignums(),
        )


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return World(tmp_path_factory.mktemp("Übung eins"))


def test_there_are_enough_kinds():
    assert len(CASES) >= 100


@pytest.mark.parametrize(("call", "argument", "received"), CASES, ids=range(len(CASES)))
def test_a_bad_input_is_named_and_changes_nothing(world, call, argument, received):
    before = world.state()
    with pytest.raises((ValueError, TypeError)) as caught:
        call(world)
    assert world.state() == before
    message = str(caught.value)
    form = rf"{re.escape(argument)} must .+(, not |; got ).*{re.escape(received)}.*[:.] \S.+"
    assert re.fullmatch(form, message, re.DOTALL), message


def test_all_of_them_one_after_the_other_leave_models_that_learn(world, tmp_path):
    """After a hundred refusals each model ends as one that never met any."""
    other = World(tmp_path)
    for call, _, _ in CASES:
        with pytest.raises((ValueError, TypeError)):
            call(world)
    for one in (world, other):
        train(one.vae, PIXELS, steps=3)
        train(one.clf, PIXELS, L, steps=3)
    assert fingerprint(world.vae)[1] == fingerprint(other.vae)[1]
    assert fingerprint(world.clf)[1] == fingerprint(other.clf)[1]
