"""What a training notes on its way: losses, snapshots, and where it stands."""

import dataclasses
import math
import time

import numpy as np

from vae_tutorial import runs
from vae_tutorial.progress import Progress
from vae_tutorial.runtime import keras

PAUSE = 5  # seconds between two times that a run is written down


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


class Notes(keras.callbacks.Callback):
    """Notes the mean loss about 50 times a run, takes the snapshots, keeps the run, shows progress.

    Only at a note are the sums behind the loss empty, so that a run can be taken up there.
    """

    def __init__(self, steps, snapshot, snapshot_steps, variables, keep, show_progress):
        super().__init__()
        self._steps, self._every = steps, max(1, steps // 50)
        self._snapshot, self._snapshot_steps = snapshot, snapshot_steps
        self._variables, self._keep = variables, keep
        self._progress = Progress(steps) if show_progress else None
        self._notes, self._snapshots, self._last, self._start = [], {}, None, 0
        self._state, self._kept = None, None

    def resume(self, state):
        """Put everything back to where a run stands, and return the step."""
        if state is not None:
            for variable, array in zip(self._variables, state.variables, strict=True):
                variable.assign(array)
            self._notes, self._snapshots = list(state.notes), dict(state.snapshots)
            self._start, self._kept = state.step, state
        self._state = state
        return self._start

    def on_train_begin(self, logs=None):
        self._since = time.monotonic()
        self._first = self.model.get_weights()
        if self._start == 0:
            self._take_snapshot(0)

    def on_train_batch_end(self, batch, logs=None):
        step = self._start + batch + 1
        self._last = step, float(logs["loss"])
        if not math.isfinite(self._last[1]):
            self._refuse(step)
        noted = step % self._every == 0 or step == self._steps
        if noted:
            self._notes.append(self._last)
            # Keras reports the mean since the last reset; each note is to speak for itself.
            self.model.reset_metrics()
            if self._progress:
                self._progress.show(step, f"loss {logs['loss']:.4g}")
        self._take_snapshot(step)
        if noted:
            self._hold(step)

    def on_train_end(self, logs=None):
        # A dataset may end before its last step.
        if self._last and self._last not in self._notes:
            self._notes.append(self._last)

    def close(self):
        """Write down what isn't yet, and take the progress line away; also after an interrupt."""
        if self._progress:
            self._progress.close()
        if self._keep and self._state is not self._kept:
            self._write()

    def _hold(self, step):
        """Remember this moment, unless its weights are spoilt already."""
        count = len(self._variables) if self._keep else len(self.model.weights)
        arrays = [variable.numpy().copy() for variable in self._variables[:count]]
        if not all(np.isfinite(array).all() for array in arrays):
            self._refuse(step)
        self._state = runs.State(list(self._notes), dict(self._snapshots), arrays)
        if self._keep and (step == self._steps or time.monotonic() - self._since > PAUSE):
            self._write()

    def _write(self):
        self._keep(self._state)
        self._kept, self._since = self._state, time.monotonic()

    def _refuse(self, step):
        good, arrays = 0, self._first
        if self._state:
            good, arrays = self._state.step, self._state.variables
        for variable, array in zip(self._variables, arrays, strict=False):
            variable.assign(array)
        raise FloatingPointError(
            f"the loss is no longer finite at step {step}; the model has its weights of step "
            f"{good}: use a lower learning_rate, and look for odd images"
        )

    def _take_snapshot(self, step):
        if self._snapshot is not None and step in self._snapshot_steps:
            self._snapshots[step] = self._snapshot()

    def history(self):
        """What there is to return."""
        steps = np.array([step for step, _ in self._notes], int)
        return History(steps, np.array([loss for _, loss in self._notes], float), self._snapshots)
