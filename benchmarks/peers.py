"""Training time on MNIST until a test loss is reached: our VAE against four known tutorials.

``python -m benchmarks.peers [--limit 300] [--only NAME ...]``; about twenty minutes on two cores.

The tutorials' networks are built here from their published settings, all with codes of length 20,
grey pictures in [0, 1], Keras' initial weights and one loss: cross-entropy from logits plus KL
divergence, both summed, nats per image. The test loss is that of the 10,000 test images, with one
draw of noise each, the same for every model.

- The target is the test loss of the source's network after its ten epochs.
- The other tutorials train until they are seen at the target, or for ``--limit`` seconds. They are
  looked at every five seconds: their times are up to five seconds too long.
- Ours has a learning rate that ends at zero, so it has to know its number of steps beforehand: it
  is looked at once, at the end. The loss after 60 seconds comes from a second run, of as many steps
  as fit into them.

The clock starts before the model is built, goes on through compiling and stands still during looks;
imports and loading the data are left out. Each training has a process of its own, and never do two
run at once. The tutorials run by ``fit`` on floats in memory, as their users run them. Only the
ratios within one run mean something.
"""

import argparse
import functools
import json
import math
import os
import subprocess
import sys
import time
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf
from keras.layers import Conv2D, Conv2DTranspose, Dense, Flatten, Reshape

from vae_tutorial.data import as_floats, load_images
from vae_tutorial.evaluation import mean_image
from vae_tutorial.models import VAE
from vae_tutorial.training import OneCycle, batches, set_seed

OURS = "this package"
LATENT_DIM = 20
SIZES = dict(units=(512,), decoder_units=(512, 512))
BATCH = 300
STEPS = 560  # of BATCH images: a little less than three epochs
AT_ONCE = 20  # steps between two returns to Python
RECIPE = dict(learning_rate=1e-2, beta_1=0.95, beta_2=0.95)
MINUTE = 60
MINUTE_RECIPE = dict(learning_rate=6e-3, beta_1=0.95, beta_2=0.98)
MINUTE_SHARE = 0.9  # of what the first recipe's speed promises: machines are noisy
WARM_UP = 100  # steps, with the compiling, that the steady speed leaves out
EVERY = 5  # seconds of training between two looks at the test loss
TEST_BATCH = 500


class Settings(NamedTuple):
    """How a tutorial trains, with Adam."""

    learning_rate: float
    batch_size: int


PEERS = {
    "source": Settings(1e-3, 100),
    "TensorFlow tutorial": Settings(1e-4, 32),  # on black and white pictures; here on grey ones
    "keras.io": Settings(1e-3, 128),
    "PyTorch examples": Settings(1e-3, 128),
}


def networks(name):
    """A tutorial's encoder, to means and log-variances side by side, and decoder, to logits."""
    conv = functools.partial(Conv2D, strides=2, padding="same", activation="relu")
    deconv = functools.partial(Conv2DTranspose, strides=2, padding="same", activation="relu")
    dense = functools.partial(Dense, activation="relu")
    one_head = Dense(2 * LATENT_DIM)

    def two_heads(hidden):
        return keras.layers.concatenate([Dense(LATENT_DIM)(hidden) for _ in range(2)])

    match name:
        case "source":
            down = [conv(16, 5), conv(32, 5), Flatten(), one_head]
            up = [dense(7 * 7 * 32), Reshape((7, 7, 32)), deconv(16, 5)]
            up += [deconv(1, 5, activation=None)]
        case "TensorFlow tutorial":
            down = [conv(32, 3, padding="valid"), conv(64, 3, padding="valid"), Flatten(), one_head]
            up = [dense(7 * 7 * 32), Reshape((7, 7, 32)), deconv(64, 3), deconv(32, 3)]
            up += [deconv(1, 3, strides=1, activation=None)]
        case "keras.io":
            down = [conv(32, 3), conv(64, 3), Flatten(), dense(16), two_heads]
            up = [dense(7 * 7 * 64), Reshape((7, 7, 64)), deconv(64, 3), deconv(32, 3)]
            up += [deconv(1, 3, strides=1, activation=None)]
        case "PyTorch examples":
            down = [Flatten(), dense(400), two_heads]
            up = [dense(400), Dense(28 * 28), Reshape((28, 28, 1))]
    made = []
    for shape, parts in (((28, 28, 1), down), ((LATENT_DIM,), up)):
        inputs = keras.Input(shape)
        outputs = functools.reduce(lambda hidden, part: part(hidden), parts, inputs)
        made.append(keras.Model(inputs, outputs))
    return made


def build_peer(name):
    """A tutorial's variational autoencoder, ready to ``fit``."""

    class Peer(keras.Model):
        def __init__(self, encoder, decoder):
            super().__init__()
            self.encoder, self.decoder = encoder, decoder

        def loss_parts(self, x, epsilon):  # what the package's VAE calls by this name, too
            z_mean, z_log_var = tf.split(self.encoder(x), 2, axis=1)
            x_logits = self.decoder(z_mean + tf.exp(0.5 * z_log_var) * epsilon)
            nats = tf.nn.sigmoid_cross_entropy_with_logits(labels=x, logits=x_logits)
            kl = 0.5 * (tf.square(z_mean) + tf.exp(z_log_var) - 1.0 - z_log_var)
            return tf.reduce_sum(nats, axis=(1, 2, 3)), tf.reduce_sum(kl, axis=1)

        def call(self, x):
            # The loss of each picture instead of its reconstruction: the networks run once a step.
            return tf.add_n(self.loss_parts(x, tf.random.normal((tf.shape(x)[0], LATENT_DIM))))

        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            return tf.reduce_mean(y_pred)

    model = Peer(*networks(name))
    model.compile(optimizer=keras.optimizers.Adam(PEERS[name].learning_rate))
    return model


def test_loss_of(model, x_test):
    """A function without arguments: the loss on the test images as the model is then."""

    @tf.function
    def batch_loss(x, start):
        epsilon = tf.random.stateless_normal((TEST_BATCH, LATENT_DIM), tf.stack([0, start]))
        return tf.reduce_mean(tf.add_n(model.loss_parts(x, epsilon)))

    def loss():
        starts = range(0, len(x_test), TEST_BATCH)
        found = [batch_loss(x_test[i : i + TEST_BATCH], tf.constant(i)) for i in starts]
        return float(np.mean(found))

    return loss


class Watch:
    """Looks at the test loss every five seconds of training, and says when it was enough.

    Args:
        start: what the clock said at the start.
        loss: function without arguments, the test loss.
        target: the loss to reach, or None: then the goal is the end of so many epochs.
        epochs: the loss is looked at after each of these as well, where there is no target.
        limit: seconds after which a target is given up.
        clock: function without arguments, seconds.
    """

    def __init__(self, start, loss, target, epochs, limit, clock=time.perf_counter):
        self._start, self._loss, self._target, self._clock = start, loss, target, clock
        self._epochs = epochs if target is None else 0
        self._limit = math.inf if target is None else limit
        # At the goal, training goes on until there is a loss to report after a minute.
        self._enough = min(MINUTE, limit)
        self._next = EVERY
        self.looks, self.reached, self.finished = [], None, False

    def after_step(self):
        if self._clock() - self._start >= self._next:
            self._look()

    def after_epoch(self, epoch):
        """``epoch`` counts from 0."""
        if epoch < self._epochs:
            self._look(goal=epoch + 1 == self._epochs)

    def _look(self, goal=False):
        stopped = self._clock()
        seconds, loss = stopped - self._start, self._loss()
        self._start += self._clock() - stopped  # the clock stood still
        self._next = EVERY * (seconds // EVERY + 1)
        self.looks.append((seconds, loss))
        if self.reached is None and (goal or (self._target is not None and loss <= self._target)):
            self.reached = self.looks[-1]
        self.finished = seconds >= (self._limit if self.reached is None else self._enough)


def run_peer(name, target, epochs, limit):
    """Trains a tutorial's network; the arguments are explained in ``Watch``."""
    keras.utils.set_random_seed(0)
    images = mnist()
    x_train, x_test = as_floats(images.x_train), as_floats(images.x_test)
    start = time.perf_counter()
    model = build_peer(name)
    watch = Watch(start, test_loss_of(model, x_test), target, epochs, limit)

    def after_step(batch, logs):
        watch.after_step()
        model.stop_training = watch.finished

    def after_epoch(epoch, logs):
        watch.after_epoch(epoch)
        model.stop_training = watch.finished

    looking = keras.callbacks.LambdaCallback(
        on_train_batch_end=after_step, on_epoch_end=after_epoch
    )
    batch_size = PEERS[name].batch_size
    model.fit(x_train, batch_size=batch_size, epochs=10**6, callbacks=[looking], verbose=0)
    seconds, reached = watch.reached or (None, None)
    return {
        "name": name,
        "seconds": seconds,
        "loss": reached,
        "best": min(loss for _, loss in watch.looks),
        "trained": watch.looks[-1][0],
        "after_minute": next((loss for at, loss in watch.looks if at >= MINUTE), None),
    }


class Stopwatch(keras.callbacks.Callback):
    """Notes when the warm-up is over, and after how many steps."""

    steps = seconds = None

    def on_train_batch_end(self, batch, logs=None):
        if self.seconds is None:
            done = int(self.model.optimizer.iterations)  # waits until they are
            if done >= WARM_UP:
                self.steps, self.seconds = done, time.perf_counter()


def run_ours(name, target, steps, learning_rate, **betas):
    """Trains our model by one recipe; without a target for the time it takes."""
    images, stopwatch = mnist(), Stopwatch()
    start = time.perf_counter()
    set_seed(0)
    model = VAE(LATENT_DIM, initial_image=mean_image(images.x_train), **SIZES)
    model.compile(
        keras.optimizers.Nadam(OneCycle(learning_rate, steps), **betas),
        jit_compile=True,
        steps_per_execution=AT_ONCE,
    )
    data = batches(images.x_train, batch_size=BATCH, steps=steps)
    model.fit(data, shuffle=False, callbacks=[stopwatch], verbose=0)
    end = time.perf_counter()
    trained, step_seconds = end - start, (end - stopwatch.seconds) / (steps - stopwatch.steps)
    loss = test_loss_of(model, as_floats(images.x_test))()
    shapes = [w.shape for w in model.encoder.weights + model.decoder.weights if len(w.shape) == 2]
    gigaflops_step = BATCH * operations(shapes) / 1e9
    return {
        "name": name,
        "seconds": trained if target is not None and loss <= target else None,
        "loss": loss,
        "best": loss,
        "trained": trained,
        "steps": steps,
        "step_seconds": step_seconds,
        "gigaflops": steps * gigaflops_step / trained,
        "steady": gigaflops_step / step_seconds,
        "peak": peak_gigaflops(),
    }


def operations(shapes):
    """Floating point operations that training spends on an image in dense layers of these shapes.

    A multiplication and an addition a weight, three times: forwards, for the gradient of the
    weights, and for that of the layer's input, which nobody asks for where it is the picture.
    """
    sizes = [height * width for height, width in shapes]
    return 2 * (3 * sum(sizes) - sizes[0])


def peak_gigaflops(size=2048, times=10):
    """What the machine reaches when it multiplies two large matrices, at best."""
    matrix, best = tf.random.stateless_normal((size, size), (0, 0)), math.inf
    for _ in range(times):
        start = time.perf_counter()
        tf.matmul(matrix, matrix)
        best = min(best, time.perf_counter() - start)
    return 2 * size**3 / best / 1e9


def mnist():
    """MNIST, and not what stands in for it offline."""
    images = load_images("mnist")
    if images.name != "mnist":
        sys.exit("MNIST is needed: go online, or name its folder in VAE_TUTORIAL_DATA")
    return images


def in_own_process(module, **task):
    """Runs ``python -m module --task ...``; returns what its last line says in JSON."""
    command = [sys.executable, "-m", module, "--task", json.dumps(task)]
    variables = os.environ | {"KERAS_BACKEND": "tensorflow"}
    done = subprocess.run(command, env=variables, capture_output=True, text=True)
    if done.returncode:  # else what TensorFlow writes there is not worth reading
        sys.exit(f"{' '.join(command)}\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def measure(names, epochs, limit):
    """Yields the results of the source and of the named ones, each when it is there."""
    run = functools.partial(in_own_process, "benchmarks.peers")
    first = run(name="source", target=None, epochs=epochs, limit=limit)
    yield first
    for name in PEERS:
        if name in names and name != "source":
            yield run(name=name, target=first["loss"], epochs=None, limit=limit)
    if OURS in names:
        ours = run(name=OURS, target=first["loss"], steps=STEPS, **RECIPE)
        compiling = ours["trained"] - ours["steps"] * ours["step_seconds"]
        steps = (MINUTE_SHARE * MINUTE - compiling) / ours["step_seconds"]
        steps = AT_ONCE * max(2 * WARM_UP // AT_ONCE, int(steps / AT_ONCE))
        minute = run(name=OURS, target=None, steps=steps, **MINUTE_RECIPE)
        yield ours | {"after_minute": minute["loss"], "minute": minute["trained"]}


def line(*cells):
    """A line of the table."""
    return "{:19} | {:>32} | {:>15} | {}".format(*cells)


def row(result, first):
    """A result as a line of the table."""
    if result["seconds"] is None:
        seconds = f"not within {result['trained']:.0f} s (best: {result['best']:.2f})"
        ratio = "-"
    else:
        seconds, ratio = f"{result['seconds']:.1f}", f"{result['seconds'] / first['seconds']:.2f}"
    after = "-" if result["after_minute"] is None else f"{result['after_minute']:.2f}"
    if "minute" in result:
        after += f" (in {result['minute']:.1f} s)"
    return line(result["name"], seconds, ratio, after)


def conclusion(results):
    """What the table says of ours, as lines."""
    first, last = results[0], results[-1]
    yield f"target: {first['loss']:.2f} nats per image"
    if last["name"] != OURS:
        return
    yield f"{OURS}: test loss {last['loss']:.2f} after {last['trained']:.1f} s"
    if last["seconds"] is not None:
        yield f"{OURS} is {first['seconds'] / last['seconds']:.1f} times as fast as the source"
    yield f"a large matrix product reaches {last['peak']:.0f} GFLOP/s"
    for key, what in (("gigaflops", "with compiling"), ("steady", f"after {WARM_UP} steps")):
        share = last[key] / last["peak"]
        yield f"{OURS} {what}: {last[key]:.1f} GFLOP/s, {share:.0%} of that"


def main():
    """Print the table, line by line as it comes."""
    names = [*PEERS, OURS]
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--limit", type=float, default=300, help="seconds for each tutorial")
    parser.add_argument(
        "--only", nargs="+", choices=names, default=names, metavar="NAME", help=", ".join(names)
    )
    # To see quickly that all of it works; and what the processes are told.
    parser.add_argument("--epochs", type=int, default=10, help=argparse.SUPPRESS)
    parser.add_argument("--task", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.task:
        run = run_ours if options.task["name"] == OURS else run_peer
        print(json.dumps(run(**options.task)))
        return
    mnist()  # or the message, before an hour is lost
    heads = "name", "seconds to target", "ratio to source", f"test loss after {MINUTE} s"
    print(line(*heads), flush=True)
    results = []
    for result in measure(options.only, options.epochs, options.limit):
        results.append(result)
        print(row(result, results[0]), flush=True)
    print(*conclusion(results), sep="\n")


if __name__ == "__main__":
    main()
