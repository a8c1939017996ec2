"""The training recipe of the series: order of the images, schedule, notes.

Order and noise are functions of the seed and the step alone, so that the same seed gives the same
weights, bit for bit, on one machine and thread count.
"""

import dataclasses
from collections.abc import Iterable

import numpy as np

from vae_tutorial import arguments
from vae_tutorial.base import is_dataset
from vae_tutorial.batches import batches
from vae_tutorial.progress import Progress
from vae_tutorial.runtime import keras


@dataclasses.dataclass(frozen=True)
class History:
    """What training left behind.

    Attributes:
        step: int array, the steps after which the loss was noted.
        loss: float array, the mean loss since the note before.
        snapshots: {step: what ``snapshot()`` returned right after that step}.
    """

    step: np.ndarray
    loss: np.ndarray
    snapshots: dict


def train(
    model,
    x,
    y=None,
    *,
    steps=None,
    epochs=None,
    batch_size=100,
    learning_rate=3e-3,
    seed=0,
    snapshot=None,
    snapshot_steps=(),
    show_progress=True,
):
    """Train with Adam; the learning rate rises for a tenth of the steps, then falls to zero.

    Args:
        model: a model of ``vae_tutorial.models``, or a Keras model with a loss of its own.
        x: pictures uint8 (n, h, w) or (n, h, w, c), or float in [0, 1]; codes for a ``Memory``; or
            a ``tf.data.Dataset`` of batches as the model takes them, for more than memory holds
            (``batch_size`` and ``seed`` are then its own affair).
        y: the pictures to remember for a ``Memory``, labels for a classifier, else None.
        steps: number of batches; give this or ``epochs``.
        epochs: number of passes over all images.
        batch_size: images a step; all of them where there are fewer.
        learning_rate: the highest one, at most 1.
        seed: decides the order of the images.
        snapshot: function without arguments, called before training and after
            ``snapshot_steps``; its results come back in the history.
        snapshot_steps: whole numbers from 0 to the number of steps.
        show_progress: one line while training; it is gone afterwards.

    Returns:
        ``History``.

    Raises:
        ValueError, TypeError: naming the argument, before the model is touched.
    """
    x, y = _checked_data(model, x, y)
    batch_size = arguments.whole_number("batch_size", batch_size)
    data = x if is_dataset(x) else None
    if data is None:
        batch_size = min(batch_size, len(x))
    steps = _checked_steps(steps, epochs, None if data is not None else len(x) // batch_size)
    learning_rate = arguments.positive_number("learning_rate", learning_rate)
    if learning_rate > 1:
        raise ValueError(f"learning_rate must be at most 1; got {learning_rate}. Try 0.003")
    seed = _checked_seed(seed)
    at = _checked_snapshots(snapshot, snapshot_steps, steps)
    optimizer = keras.optimizers.Adam(_schedule(steps, learning_rate), beta_2=0.99)
    model.compile(optimizer=optimizer, loss=model.loss)
    notes = _Notes(steps, snapshot, at, show_progress)
    if data is None:
        data = batches(x, y, batch_size=batch_size, steps=steps, seed=seed)
    try:
        model.fit(
            data, epochs=1, steps_per_epoch=steps, callbacks=[notes], shuffle=False, verbose=0
        )
    finally:
        notes.close()
    return notes.history()


def _checked_data(model, x, y):
    if is_dataset(x):
        if y is not None:
            raise ValueError("y must be None where x is a dataset: its batches hold the targets")
        return x, y
    if hasattr(model, "checked_arrays"):
        return model.checked_arrays(x, y)
    x = arguments.pictures("x", x, model.input_shape[1:])
    if y is not None and len(x) != len(y):
        raise ValueError(f"y must be as many as x; got {len(y)} and {len(x)}")
    return x, y


def _schedule(steps, learning_rate):
    warm_up = steps // 10
    if warm_up == 0:
        return keras.optimizers.schedules.CosineDecay(learning_rate, steps)
    return keras.optimizers.schedules.CosineDecay(
        0.0, steps - warm_up + 1, warmup_target=learning_rate, warmup_steps=warm_up
    )


def _checked_seed(seed):
    seed = arguments.whole_number("seed", seed, minimum=0)
    if seed >= 2**63:
        raise ValueError(f"seed must be below 2**63; got {seed}. Use a smaller one")
    return seed


def _checked_snapshots(snapshot, at, steps):
    if snapshot is not None and not callable(snapshot):
        raise TypeError(f"snapshot must be a function; got {type(snapshot).__name__}. Use a lambda")
    if not isinstance(at, Iterable):
        raise TypeError(f"snapshot_steps must be a list of steps; got {at!r}. Write [{at}]")
    at = {arguments.whole_number("snapshot_steps", step, minimum=0) for step in at}
    if at and max(at) > steps:
        raise ValueError(f"snapshot_steps must be at most {steps}, the steps; got {max(at)}")
    return at


def _checked_steps(steps, epochs, per_epoch):
    if (steps is None) == (epochs is None):
        raise ValueError(f"give either steps or epochs; got steps={steps!r}, epochs={epochs!r}")
    if epochs is not None and per_epoch is None:
        raise ValueError("epochs are for arrays; give the steps to take from a dataset")
    if steps is None:
        return arguments.whole_number("epochs", epochs) * per_epoch
    return arguments.whole_number("steps", steps)


class _Notes(keras.callbacks.Callback):
    """Notes the mean loss about 50 times a run, takes the snapshots, shows the progress."""

    def __init__(self, steps, snapshot, snapshot_steps, show_progress):
        super().__init__()
        self._steps, self._every = steps, max(1, steps // 50)
        self._snapshot, self._snapshot_steps = snapshot, snapshot_steps
        self._progress = Progress(steps) if show_progress else None
        self._notes, self._snapshots, self._last = [], {}, None

    def on_train_begin(self, logs=None):
        self._take_snapshot(0)

    def on_train_batch_end(self, batch, logs=None):
        step = batch + 1
        self._last = step, float(logs["loss"])
        if step % self._every == 0 or step == self._steps:
            self._notes.append(self._last)
            # Keras reports the mean since the last reset; each note is to speak for itself.
            self.model.reset_metrics()
            if self._progress:
                self._progress.show(step, f"loss {logs['loss']:.4g}")
        self._take_snapshot(step)

    def on_train_end(self, logs=None):
        # A dataset may end before its last step.
        if self._last and self._last not in self._notes:
            self._notes.append(self._last)

    def close(self):
        """Take the progress line away, also after an interrupt."""
        if self._progress:
            self._progress.close()

    def _take_snapshot(self, step):
        if self._snapshot is not None and step in self._snapshot_steps:
            self._snapshots[step] = self._snapshot()

    def history(self):
        steps = np.array([step for step, _ in self._notes], int)
        return History(steps, np.array([loss for _, loss in self._notes], float), self._snapshots)
