"""A training run on disk: stopped at any moment, it goes on from its last note to the same end.

A run is one ``.npz`` file of plain arrays: what was asked for (the recipe), the notes and snapshots
so far, and every variable of model and optimizer. Order and noise need no place in it, because
they are functions of the seed and the step.
"""

import dataclasses
import hashlib
import json
import os
from pathlib import Path

import numpy as np

from vae_tutorial import arguments, store
from vae_tutorial.archives import DataError, Expected, read_npz

LARGEST = 2**28  # bytes of a run's file
WAY_OUT = "Delete it to begin anew, or name another file."


@dataclasses.dataclass
class State:
    """Where a run stands.

    Attributes:
        notes: [(step, mean loss since the note before)], the last one that of this state.
        snapshots: {step: array}.
        variables: arrays of the model's and the optimizer's variables, in their order.
    """

    notes: list
    snapshots: dict
    variables: list

    @property
    def step(self):
        """How many steps are done."""
        return self.notes[-1][0]


class Run:
    """A training run and its file.

    Args:
        path: the file; it need not be there yet.
        model: a Keras model; its class, its settings and its weights as they are now count.
        x: array, whose bytes count, or a dataset, of which nothing can be said.
        y: array or None.
        variables: the model's weights, then the optimizer's variables.
        settings: whatever else decides the result.
    """

    def __init__(self, path, model, x, y, variables, **settings):
        self._check_path(path)
        self.path, self._variables, self._count = path, variables, len(model.weights)
        about = {name: _digest(array) for name, array in (("x", x), ("y", y))}
        config = model.get_config() if hasattr(model, "checked_arrays") else {}
        about |= {"model": type(model).__name__, "config": config}
        about["weights"] = hashlib.sha256(b"".join(self._weights())).hexdigest()
        # As JSON's types, to be compared with what comes back.
        self.recipe = json.loads(json.dumps(about | settings))

    @staticmethod
    def _check_path(path):
        arguments.instance("run", path, str | os.PathLike, "write for example run='run.npz'")
        if Path(path).suffix != ".npz":
            arguments.refuse(ValueError, "run", "end in .npz", f"{path}", "use run='run.npz'")
        try:  # before hours are spent
            with store.trial(path):
                pass
        except (OSError, ValueError) as error:
            way_out = "name a file in a folder where you may write"
            arguments.refuse(
                ValueError, "run", "be a file that can be written", f"{error}", way_out
            )

    def check(self, array, count):
        """Refuse a snapshot that a run can't hold, or can't hold so often."""
        arguments.instance("snapshot()", array, np.ndarray, "return np.asarray(..., np.float32)")
        if array.dtype != np.float32:
            way_out = "return it .astype(np.float32)"
            arguments.refuse(TypeError, "snapshot()", "be float32", array, way_out)
        size = count * array.nbytes + sum(v.numpy().nbytes for v in self._variables)
        if size > LARGEST - 2**20:
            expected, found = f"be below {LARGEST:,} bytes in all", f"{size:,}"
            arguments.refuse(
                ValueError, "snapshot()", expected, found, "take fewer or smaller ones"
            )

    def save(self, state):
        """Write the state; whoever reads the file sees the old state or the whole new one."""
        shapes = {step: array.shape for step, array in state.snapshots.items()}
        record = json.dumps({"recipe": self.recipe, "snapshots": shapes}).encode()
        arrays = {f"variable_{i:03}": array for i, array in enumerate(state.variables)}
        arrays |= {f"snapshot_{step}": array for step, array in state.snapshots.items()}
        arrays["record"] = np.frombuffer(record, np.uint8)
        store.save_arrays(self.path, notes=np.array(state.notes, float), **arrays)

    def load(self):
        """Where the run stands; None if it has not been noted yet.

        Raises:
            DataError: if the file is damaged, or the run of another recipe; nothing was touched.
        """
        if not os.path.exists(self.path):
            return None
        record = Expected("uint8", (None,))
        try:
            found = read_npz(self.path, {"record": record}, WAY_OUT, largest=LARGEST)["record"]
            found = json.loads(found.tobytes())
            shapes = {int(step): tuple(shape) for step, shape in found["snapshots"].items()}
            other = {name for name in self.recipe if found["recipe"][name] != self.recipe[name]}
            began = found["recipe"]["weights"]
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            if isinstance(error, DataError):
                raise
            raise DataError(f"{self.path} is no training run. {WAY_OUT}") from None
        if other - {"weights"}:
            name = sorted(other)[0]
            raise DataError(
                f"{self.path} is another run: {', '.join(sorted(other))} differ; {name} was "
                f"{found['recipe'][name]!r:.60}, now {self.recipe[name]!r:.60}. {WAY_OUT}"
            )
        state = self._read(record, shapes)
        # The model may be new, or still stand where the run was stopped.
        if other and self._weights() != [a.tobytes() for a in state.variables[: self._count]]:
            raise DataError(
                f"{self.path} began with other weights: build the model anew. {WAY_OUT}"
            )
        self.recipe["weights"] = began
        return state

    def _weights(self):
        return [variable.numpy().tobytes() for variable in self._variables[: self._count]]

    def _read(self, record, shapes):
        spec = {"record": record, "notes": Expected("float64", (None, 2))}
        spec |= {f"snapshot_{step}": Expected("float32", shape) for step, shape in shapes.items()}
        for i, variable in enumerate(self._variables):
            spec[f"variable_{i:03}"] = Expected(variable.dtype, tuple(variable.shape))
        arrays = read_npz(self.path, spec, WAY_OUT, complete=True, largest=LARGEST)
        steps = arrays["notes"][:, 0]
        rising = len(steps) and steps[0] >= 1 and (np.diff(steps) >= 1).all()
        if not rising or not all(np.isfinite(array).all() for array in arrays.values()):
            raise DataError(f"{self.path} holds steps or numbers that no run has. {WAY_OUT}")
        return State(
            [(int(step), float(loss)) for step, loss in arrays["notes"]],
            {step: arrays[f"snapshot_{step}"] for step in shapes},
            [arrays[f"variable_{i:03}"] for i in range(len(self._variables))],
        )


def _digest(array):
    if not isinstance(array, np.ndarray):
        return None if array is None else "a dataset"
    data = hashlib.sha256(np.ascontiguousarray(array)).hexdigest()
    return f"{array.dtype}{array.shape} {data}"
