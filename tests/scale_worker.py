"""What the processes of test_scale.py run: a task of a sweep, and one worker of a training.

``python -m tests.scale_worker mirrored`` compares two replicas with one, ``... workers FOLDER STEPS
EVERY`` is one of several workers; both print a line of JSON.
"""

import json
import os
import signal
import sys
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from tests.small_models import SHAPE, small_vae
from vae_tutorial.models import VAE
from vae_tutorial.scale import fit_workers
from vae_tutorial.training import LossPerStep, batches, set_seed
from vae_tutorial.variants import ConditionalVAE, ConvVAE

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (400, 8, 8), np.uint8)
LABELS = RNG.integers(0, 3, 400)
DIRECTIONS = RNG.normal(0, 20, (64, 3)).astype(np.float32)


class FixedNoise:
    """A VAE whose noise depends on each image alone, however a batch is divided."""

    def standard_normal(self, x, training=True):
        return 1.4 * tf.sin(tf.reshape(x, (-1, 64)) @ DIRECTIONS)


def fixed(kind, **options):
    """A compiled model with such noise."""
    set_seed(0)
    model = type(kind.__name__, (FixedNoise, kind), {})(3, SHAPE, **options)
    model.compile(keras.optimizers.SGD(1e-4, momentum=0.9))  # which shows gradients twice as large
    return model


def dense():
    return fixed(VAE, units=(8,), decoder_units=(8, 8))


def data():
    set_seed(0)
    return batches(IMAGES, batch_size=40)


def difference(found, expected):
    """The largest relative difference between two lists of arrays."""
    pairs = [(np.asarray(f), np.asarray(e)) for f, e in zip(found, expected, strict=True)]
    return max(float(np.max(np.abs(f - e)) / np.max(np.abs(e))) for f, e in pairs)


def fit(steps):
    """The dense model after some steps in this process: the loss of each step, and the model."""
    model, losses = dense(), LossPerStep(every=1)
    model.fit(data().repeat().take(steps), callbacks=[losses], shuffle=False, verbose=0)
    return losses.loss, model


def task(seed, beta, dies=None):
    """A small training; at the first call with the name of a file, the end of its process."""
    if dies and not Path(dies).exists():
        Path(dies).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    set_seed(seed)
    model = small_vae(beta=beta)
    model.compile("adam")
    history = model.fit(batches(IMAGES, batch_size=40), epochs=2, shuffle=False, verbose=0).history
    return {name: values[-1] for name, values in history.items()}


def mirrored():
    """For each kind of VAE, how far ``fit`` on two replicas is from one; then a bad image."""
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    two, found = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]), {}
    for kind, options in (
        (VAE, {"units": (8,), "decoder_units": (8, 8)}),
        (ConvVAE, {"filters": (4, 8)}),
        (ConditionalVAE, {"classes": 3, "units": (8,), "decoder_units": (8, 8)}),
    ):
        results = []
        for strategy in (tf.distribute.get_strategy(), two):
            with strategy.scope():
                model = fixed(kind, **options)
            given = (IMAGES, LABELS) if kind is ConditionalVAE else (IMAGES,)
            history = model.fit(*given, batch_size=40, epochs=5, shuffle=False, verbose=0).history
            results.append([*map(history.get, sorted(history)), *model.get_weights()])
        found[kind.__name__] = difference(results[1], results[0])
    return found | bad_image(two)


def bad_image(two):
    """What ``fit`` says of an image that only the second replica sees; what becomes of weights."""
    with two.scope():
        model = dense()
    images = IMAGES[:40] / np.float32(255)
    model.fit(images, batch_size=40, verbose=0)
    state = [*model.trainable_variables, *model.optimizer.variables]

    def replicas():
        locals_ = [two.experimental_local_results(variable.value) for variable in state]
        return [one.numpy() for pair in locals_ for one in pair]

    before, message = replicas(), ""
    images[39, 0, 0] = 3
    try:
        model.fit(images, batch_size=40, verbose=0, shuffle=False)
    except ValueError as error:
        message = f"{error}"
    pairs = zip(before, replicas(), strict=True)
    return {"error": message, "undone": all(map(lambda pair: np.array_equal(*pair), pairs))}


def workers(folder, steps, every):
    """One of the workers that TF_CONFIG names: its losses and weights."""
    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    model, losses = fit_workers(strategy, dense, data(), int(steps), folder, int(every))
    return {"losses": losses, "weights": [w.tolist() for w in model.get_weights()]}


if __name__ == "__main__":
    print(json.dumps({"mirrored": mirrored, "workers": workers}[sys.argv[1]](*sys.argv[2:])))
