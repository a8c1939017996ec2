"""Run a notebook's cells twice each, then in random orders; print as JSON what became of them.

``python -m tests.faults.any_order NOTEBOOK ORDERS FOLDER``. The cells run as in a kernel, but in
this process. Before each order the names are cleared and Setup is run again. A training that was
done before is taken from its run in FOLDER: it ends in the same weights, bit for bit, and the same
hours of training would show nothing new.
"""

import contextlib
import hashlib
import io
import json
import random
import re
import sys
from pathlib import Path

import matplotlib
from IPython.core.interactiveshell import InteractiveShell

matplotlib.use("agg")


def kept(train, folder):
    """``training.train``, keeping each run."""
    from vae_tutorial.runs import Run

    def train_once(model, x, y=None, **options):
        settings = {name: repr(v) for name, v in options.items() if name != "snapshot"}
        recipe = Run("any.npz", model, x, y, model.weights, **settings).recipe
        name = hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()[:16]
        return train(model, x, y, run=folder / f"{name}.npz", **options)

    return train_once


class Shell:
    """Runs cells, and says what they print or with which line they fail."""

    def __init__(self, cells):
        self._shell, self._cells = InteractiveShell.instance(), cells

    def begin(self):
        """Clear all names, and run Setup."""
        from matplotlib import pyplot as plt

        plt.close("all")
        self._shell.reset()
        return self.run(0)

    def run(self, place):
        """(has it succeeded, what it printed or the error's line)."""
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()):
            done = self._shell.run_cell(self._cells[place], store_history=True, silent=False)
        error = done.error_before_exec or done.error_in_exec
        if error is not None:
            return False, f"{type(error).__name__}: {error}"
        return True, re.sub(r"Out\[\d+\]: ", "", printed.getvalue())


def advised(line, cells):
    """The place of the cell that an advice names; None for any other line."""
    from vae_tutorial.order import beginning

    before, found, after = line.partition(" is not defined yet: first run the cell that begins: ")
    if not found or not before.removeprefix("OutOfOrderError: ").isidentifier():
        return None
    [place] = [i for i, cell in enumerate(cells) if beginning(cell) == after]
    return place


def follow(shell, cells, place):
    """Run a cell after Setup alone, doing what the advice says until it has run; its result."""
    shell.begin()
    for _ in range(50):
        succeeded, line = shell.run(place)
        if succeeded:
            return line
        wanted = place
        while not succeeded:
            wanted = advised(line, cells)
            if wanted is None:
                return line
            succeeded, line = shell.run(wanted)
    return "no end of advice"


def main(path, orders, folder):
    """Print {"wrong": [...], "counts": {...}}."""
    import vae_tutorial.training

    folder = Path(folder)
    vae_tutorial.training.train = kept(vae_tutorial.training.train, folder)
    notebook = json.loads(Path(path).read_text(encoding="utf-8"))
    cells = ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]
    shell, wrong, counts = Shell(cells), [], {"run": 0, "advice": 0, "followed": 0}
    expected = []

    def compare(place, how, found):
        if found != expected[place]:
            wrong.append([place + 1, how, found[-500:], expected[place][-500:]])

    shell.begin()
    for place in range(len(cells)):
        succeeded, printed = shell.run(place)
        expected.append(printed)
        if not succeeded:
            wrong.append([place + 1, "in order", printed[-500:], ""])
        compare(place, "the second time", shell.run(place)[1])
    chance = random.Random(0)
    for order in range(orders):
        shell.begin()
        for place in chance.sample(range(1, len(cells)), len(cells) - 1):
            succeeded, found = shell.run(place)
            counts["run" if succeeded else "advice"] += 1
            if succeeded:
                compare(place, f"in order {order}", found)
            elif advised(found, cells) is None:
                wrong.append([place + 1, f"in order {order}", found[-500:], "advice"])
        place = chance.randrange(1, len(cells))
        counts["followed"] += 1
        compare(place, "after the advice was followed", follow(shell, cells, place))
    sys.__stdout__.write(json.dumps({"wrong": wrong, "counts": counts}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
