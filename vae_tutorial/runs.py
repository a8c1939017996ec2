"""A training run on disk: stopped at any moment, it goes on from its last note to the same end.

A run is one ``.npz`` file of plain arrays: what was asked for (the recipe), the notes and snapshots
so far, and every variable of model and optimizer. Order and noise need no place in it, because
they are functions of the seed and the step.
"""

import dataclasses
import hashlib
import json
import os

import numpy as np

from vae_tutorial import store
from vae_tutorial.archives import DataError, Expected, read_npz

LARGEST = 2**30  # bytes of a run's file
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


def recipe(model, x, y, **settings):
    """What a run is, as JSON's types: another model, data or setting is another run.

    Args:
        model: a Keras model; its class, its settings and its weights as they are now count.
        x: array, whose bytes count, or a dataset, of which nothing can be said.
        y: array or None.
        settings: whatever else decides the result.
    """
    about = {name: _digest(array) for name, array in (("x", x), ("y", y))}
    config = model.get_config() if hasattr(model, "checked_arrays") else {}
    weights = hashlib.sha256(b"".join(w.tobytes() for w in model.get_weights())).hexdigest()
    about |= {"model": type(model).__name__, "config": config, "weights": weights}
    return json.loads(json.dumps(about | settings))


def save(path, wanted, state):
    """Write a run's state; whoever reads it sees the old state or the whole new one."""
    record = {"recipe": wanted, "snapshots": {s: a.shape for s, a in state.snapshots.items()}}
    arrays = {f"variable_{i:03}": array for i, array in enumerate(state.variables)}
    arrays |= {f"snapshot_{step}": array for step, array in state.snapshots.items()}
    record = np.frombuffer(json.dumps(record).encode(), np.uint8)
    store.save_arrays(path, record=record, notes=np.array(state.notes, float), **arrays)


def load(path, wanted, variables):
    """Where the run of this recipe stands; None if it has not been noted yet.

    Args:
        path: the run's file.
        wanted: the ``recipe`` to go on with.
        variables: the model's and the optimizer's, for their shapes.

    Raises:
        DataError: if the file is damaged, or the run of another recipe; nothing was touched.
    """
    if not os.path.exists(path):
        return None
    record = Expected("uint8", (None,))
    try:
        found = read_npz(path, {"record": record}, WAY_OUT, largest=LARGEST)["record"]
        found = json.loads(found.tobytes())
        shapes = {int(step): tuple(shape) for step, shape in found["snapshots"].items()}
        other = {name for name in wanted if found["recipe"].get(name) != wanted[name]}
    except (KeyError, TypeError, AttributeError, json.JSONDecodeError):
        raise DataError(f"{path} is no training run. {WAY_OUT}") from None
    if other:
        if other == {"weights"}:
            raise DataError(f"{path} began with other weights: build the model anew. {WAY_OUT}")
        name = sorted(other)[0]
        raise DataError(
            f"{path} is another run: {', '.join(sorted(other))} differ; {name} was "
            f"{found['recipe'].get(name)!r:.60}, now {wanted[name]!r:.60}. {WAY_OUT}"
        )
    spec = {"record": record, "notes": Expected("float64", (None, 2))}
    spec |= {f"snapshot_{step}": Expected("float32", shape) for step, shape in shapes.items()}
    for i, variable in enumerate(variables):
        spec[f"variable_{i:03}"] = Expected(variable.dtype, tuple(variable.shape))
    arrays = read_npz(path, spec, WAY_OUT, exact=True, largest=LARGEST)
    return State(
        [(int(step), float(loss)) for step, loss in arrays["notes"]],
        {step: arrays[f"snapshot_{step}"] for step in shapes},
        [arrays[f"variable_{i:03}"] for i in range(len(variables))],
    )


def _digest(array):
    if not isinstance(array, np.ndarray):
        return None if array is None else "a dataset"
    data = hashlib.sha256(np.ascontiguousarray(array)).hexdigest()
    return f"{array.dtype}{array.shape} {data}"
