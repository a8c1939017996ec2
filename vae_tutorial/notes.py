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

    def __init__(self, model, variables, steps, snapshot, snapshot_steps, keep, show_progress):
        super().__init__()
        self.set_model(model)
        self._steps, self._every = steps, max(1, steps // 50)
        self._snapshot, self._snapshot_steps = snapshot, snapshot_steps
        self._variables, self._keep = variables, keep
        self._progress = Progress(steps) if show_progress else None
        self._notes, self._snapshots, self._last, self._start = [], {}, None, 0
        self._state, self._kept, self._first = None, None, model.get_weights()

    def resume(self, state):
        """Put everything back to where a run stands, and return the step."""
        if state is not None:
            self._state = self._kept = state
            self._go_back()
            self._notes, self._snapshots = list(state.notes), dict(state.snapshots)
            self._start = state.step
        return self._start

    def on_train_begin(self, logs=None):
        self._since = time.monotonic()
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

    def stopped(self):
        """After an error or the stop button: go to where a run that is kept stands, and say so."""
        if self._keep:
            step = self._go_back()
            self._write()
            if self._kept:
                print(
                    f"stopped; {self._keep.path} keeps the first {step:,} of {self._steps:,} "
                    "steps: the same call goes on from there"
                )

    def close(self):
        """Write down what isn't yet, and take the progress line away."""
        if self._progress:
            self._progress.close()
        self._write()

    def _hold(self, step):
        """Remember this moment, unless its weights are spoilt already."""
        count = len(self._variables) if self._keep else len(self.model.weights)
        arrays = [variable.numpy().copy() for variable in self._variables[:count]]
        if not all(np.isfinite(array).all() for array in arrays):
            self._refuse(step)
        self._state = runs.State(list(self._notes), dict(self._snapshots), arrays)
        if step == self._steps or time.monotonic() - self._since > PAUSE:
            self._write()

    def _write(self):
        if self._keep and self._state is not self._kept:
            self._keep.save(self._state)
            self._kept, self._since = self._state, time.monotonic()

    def _refuse(self, step):
        raise FloatingPointError(
            f"the loss is no longer finite at step {step}; the model has its weights of step "
            f"{self._go_back()}: use a lower learning_rate, and look for odd images"
        )

    def _go_back(self):
        """Give the model what it had at the last note, or else at first; return the step."""
        arrays = self._state.variables if self._state else self._first
        # The weights come first; without a run there are no others.
        for variable, array in zip(self._variables, arrays, strict=False):
            variable.assign(array)
        return self._state.step if self._state else 0

    def _take_snapshot(self, step):
        if self._snapshot is not None and step in self._snapshot_steps:
            taken = self._snapshot()
            if self._keep:
                self._keep.check(taken, len(self._snapshot_steps))
            self._snapshots[step] = taken

    def history(self):
        """What there is to return."""
        steps = np.array([step for step, _ in self._notes], int)
        return History(steps, np.array([loss for _, loss in self._notes], float), self._snapshots)
