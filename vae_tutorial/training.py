"""The recipe around ``fit``: a seed, a schedule, batches, and three small callbacks."""

import sys

import keras
import numpy as np
from IPython import get_ipython
from IPython.display import display

from vae_tutorial import _validation


def set_seed(seed=0):
    """Seed Python, NumPy, TensorFlow and Keras: what follows comes out the same each time.

    Call it before a model is built, since its initial weights are random, too.
    """
    keras.utils.set_random_seed(seed)


def one_cycle(learning_rate, steps):
    """A learning rate that rises for a tenth of the steps, then falls to zero as a cosine.

    Args:
        learning_rate: the highest one.
        steps: number of batches of the whole training.

    Returns:
        A schedule for any Keras optimizer. After Smith & Topin 2018, arXiv 1708.07120.
    """
    learning_rate = _validation.positive_number("learning_rate", learning_rate, maximum=1)
    warmup = max(1, steps // 10)
    return keras.optimizers.schedules.CosineDecay(
        0.0, max(1, steps - warmup), warmup_target=learning_rate, warmup_steps=warmup
    )


class Batches(keras.utils.PyDataset):
    """Batches for ``fit``, in a new random order on each pass: faster than giving it the array.

    Args:
        x: array (n, ...), such as uint8 images or codes.
        y: array (n, ...) of targets, or None.
        batch_size: rows a batch; all of them where there are fewer.
        steps: batches an epoch, over as many passes as it takes; one pass by default. What doesn't
            fill the last batch of a pass is left out. ``fit`` shuffles the batches of an epoch.
    """

    def __init__(self, x, y=None, *, batch_size=100, steps=None):
        super().__init__()
        self.arrays = [x] if y is None else [x, _validation.same_length("y", y, "x", x)]
        self.batch_size = min(batch_size, len(x))
        self.steps = steps or len(x) // self.batch_size
        self.rng = np.random.default_rng(np.random.randint(2**31))  # follows set_seed
        self.on_epoch_end()

    def on_epoch_end(self):
        """Deal the rows into batches anew."""
        per_pass = len(self.arrays[0]) // self.batch_size
        orders = [
            self.rng.permutation(len(self.arrays[0]))[: per_pass * self.batch_size]
            for _ in range(-(-self.steps // per_pass))
        ]
        self.rows = np.concatenate(orders).reshape(-1, self.batch_size)[: self.steps]

    def __len__(self):
        return self.steps

    def __getitem__(self, index):
        return tuple(array[self.rows[index]] for array in self.arrays)


class LossPerStep(keras.callbacks.Callback):
    """Records the loss during the epochs, where Keras's own history has one number an epoch.

    Args:
        every: steps from one record to the next.

    Attributes:
        step: list of int, steps since ``fit`` began.
        loss: list of float, the mean loss of the steps since the record before.
    """

    def __init__(self, every=10):
        super().__init__()
        self.every = every

    def on_train_begin(self, logs=None):
        self.step, self.loss, self._before = [], [], 0

    def on_epoch_begin(self, epoch, logs=None):
        self._count, self._sum = 0, 0.0

    def on_train_batch_end(self, batch, logs=None):
        count = batch + 1
        if count - self._count >= self.every:
            # Keras reports the mean since the epoch began: take apart what is new in it.
            total = count * float(logs["loss"])
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
    """One line while the model trains, in a notebook or a terminal; gone once it has finished."""

    def on_train_begin(self, logs=None):
        self._handle = None
        if getattr(get_ipython(), "kernel", None) is not None:
            self._handle = display(_plain(""), raw=True, display_id=True)

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = f"epoch {epoch + 1} of {self.params['epochs']}, "
        if self.params["epochs"] == 1:
            self._epoch = ""

    def on_train_batch_end(self, batch, logs=None):
        if batch % 10 == 9:
            of = f" of {self.params['steps']:,}" if self.params["steps"] else ""
            self._show(f"{self._epoch}step {batch + 1:,}{of} · loss {logs['loss']:.4g}")

    def on_train_end(self, logs=None):
        self._show("")

    def _show(self, line):
        if self._handle is not None:
            self._handle.update(_plain(line), raw=True)
        elif sys.stderr is not None and sys.stderr.isatty():
            sys.stderr.write(f"\r\x1b[K{line}")
            sys.stderr.flush()


def _plain(text):
    return {"text/plain": text}
