"""The recipe around ``fit``: a seed, a schedule, batches, and three small callbacks."""

import keras
import numpy as np
import tensorflow as tf
from IPython import get_ipython
from IPython.display import display

from vae_tutorial import _validation


def set_seed(seed=0):
    """Seed Python, NumPy, TensorFlow and Keras: what follows comes out the same each time.

    Call it before a model is built, since its initial weights are random, too.
    """
    keras.utils.set_random_seed(seed)


@keras.saving.register_keras_serializable(package="vae_tutorial")
class OneCycle(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that rises for a tenth of the steps, then falls to zero, both in a line.

    Args:
        learning_rate: the highest one.
        steps: number of batches of the whole training.

    After Smith & Topin 2018, arXiv 1708.07120.
    """

    def __init__(self, learning_rate, steps):
        self.highest = _validation.positive_number("learning_rate", learning_rate, maximum=1)
        self.steps = steps

    def __call__(self, step):
        step, rise = tf.cast(step, tf.float32), max(1, self.steps // 10)
        rising, falling = (step + 1) / rise, (self.steps - step) / max(1, self.steps - rise)
        return self.highest * tf.maximum(0.0, tf.minimum(rising, falling))

    def get_config(self):
        return {"learning_rate": self.highest, "steps": self.steps}


def batches(x, y=None, *, batch_size=100, steps=None):
    """A ``tf.data.Dataset`` of (x,) or (x, y) for ``fit``, in a new random order on each pass.

    Copies nothing, and an epoch may take any number of steps. It is shuffled already: write
    ``fit(..., shuffle=False)``, or Keras warns that it leaves a dataset as it is.

    Args:
        x: array (n, ...), such as uint8 images or codes.
        y: array (n, ...) of targets, or None.
        batch_size: rows a batch; all of them where there are fewer.
        steps: batches an epoch, over as many passes as it takes; one pass by default. What doesn't
            fill the last batch of a pass is left out.
    """
    arrays = [x] if y is None else [x, _validation.same_length("y", y, "x", x)]
    count, seed = len(x), np.random.randint(2**31)  # which follows set_seed
    size = min(batch_size, count)
    rows = tf.data.Dataset.range(count).shuffle(count, seed).batch(size, drop_remainder=True)
    rows = rows.repeat().take(steps or len(rows))

    def batch(chosen):  # taken by NumPy: a tensor would be a copy of the whole array
        dtypes, shapes = zip(*((a.dtype, (size, *a.shape[1:])) for a in arrays), strict=True)
        found = tf.numpy_function(lambda i: [a[i] for a in arrays], [chosen], dtypes)
        return tuple(map(tf.ensure_shape, found, shapes))

    # With autotuning, the end of a training now and then waits ten seconds for a thread to wake up.
    options = tf.data.Options()
    options.autotune.enabled = False
    return rows.map(batch).prefetch(2).with_options(options)


def binarize(images):
    """Images in black and white: each pixel a coin flip, white as often as it is bright.

    uint8 array or tensor of any shape -> float32 tensor of zeros and ones, others at each call.
    Salakhutdinov & Murray 2008. Introduced in notebook 11.
    """
    gray = tf.cast(images, tf.float32) / 255
    return tf.cast(tf.random.uniform(tf.shape(gray)) < gray, tf.float32)


class LossPerStep(keras.callbacks.Callback):
    """Records the loss during the epochs, where Keras's own history has one number an epoch.

    Args:
        every: steps from one record to the next.
        of: which of the logs is recorded, such as "decoder_loss" (notebook 12).

    Attributes:
        step: list of int, steps since ``fit`` began.
        loss: list of float, the mean loss of the steps since the record before.
    """

    def __init__(self, every=10, of="loss"):
        super().__init__()
        self.every, self.of = every, of

    def on_train_begin(self, logs=None):
        self.step, self.loss, self._before = [], [], 0

    def on_epoch_begin(self, epoch, logs=None):
        self._count, self._sum = 0, 0.0

    def on_train_batch_end(self, batch, logs=None):
        count = batch + 1
        if count - self._count >= self.every:
            # Keras reports the mean since the epoch began: take apart what is new in it.
            total = count * float(logs[self.of])
            self.step.append(self._before + count)
            self.loss.append((total - self._sum) / (count - self._count))
            self._count, self._sum = count, total
        self._last = count

    def on_epoch_end(self, epoch, logs=None):
        self._before += self._last


class Snapshots(keras.callbacks.Callback):
    """Keeps what a function returns at chosen steps of the training.

    Args:
        function: called without arguments, such as ``lambda: model.decode(codes)``.
        at: steps of the optimizer after which it is called; 0 is before the first one.

    Attributes:
        values: {step: what the function returned}.
    """

    def __init__(self, function, at):
        super().__init__()
        self.function, self.at, self.values = function, set(at), {}

    def on_train_begin(self, logs=None):
        self.values = {}
        self._take()

    def on_train_batch_end(self, batch, logs=None):
        self._take()

    def _take(self):
        step = int(self.model.optimizer.iterations)
        if step in self.at:
            self.values[step] = self.function()


class ProgressBar(keras.callbacks.Callback):
    """One line while the model trains in a notebook; gone once it has finished."""

    def on_train_begin(self, logs=None):
        self._handle = None
        if getattr(get_ipython(), "kernel", None) is not None:
            self._handle = display({"text/plain": ""}, raw=True, display_id=True)

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = f"epoch {epoch + 1} of {self.params['epochs']}, "
        if self.params["epochs"] == 1:
            self._epoch = ""

    def on_train_batch_end(self, batch, logs=None):
        if batch % 10 == 9:
            of = f" of {self.params['steps']:,}" if self.params["steps"] else ""
            shown = {"loss": logs["loss"]} if "loss" in logs else logs
            losses = (f" · {name.replace('_', ' ')} {loss:.4g}" for name, loss in shown.items())
            self._show(f"{self._epoch}step {batch + 1:,}{of}{''.join(losses)}")

    def on_train_end(self, logs=None):
        self._show("")

    def _show(self, line):
        if self._handle is not None:
            self._handle.update({"text/plain": line}, raw=True)
