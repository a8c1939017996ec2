"""Cells run out of order: which cell has to be run first, said in one line.

Python itself says that a name is not defined, when half of a cell has run already. In a notebook
the reader wants to know beforehand, and which cell defines it; that stands in the notebook's file,
which is read when it is asked for.
"""

import ast
import glob
import json
import os

from IPython.core.interactiveshell import InputRejected

from vae_tutorial.names import Names


def cell_to_run_first(cells, name, known):
    """Which of the cells has to be run first, so that a name is there.

    Args:
        cells: the sources of a notebook's code cells, in order.
        name: what is not defined.
        known: the names that are.

    Returns:
        Index in ``cells``, of a cell that has all it needs; None if no cell defines the name.
    """
    found = [Names(source) for source in cells]
    asked = set()
    while True:
        places = [i for i, names in enumerate(found) if name in names.defined - names.needed]
        if not places or name in asked:
            return None
        asked.add(name)
        missing = found[places[0]].needed - {*known}
        if not missing:
            return places[0]
        name = min(missing)


def advice(source, ran, known):
    """The line for a cell that needs what no cell has defined yet; None if it may run.

    Args:
        source: the cell, as Python reads it.
        ran: the sources of the cells that were run, with this one.
        known: the names that are defined.
    """
    missing = sorted(Names(source, known).needed)
    if not missing:
        return None
    files = [os.environ.get("JPY_SESSION_NAME", ""), *sorted(glob.glob("*.ipynb"))]
    notebooks = [_code_cells(file) for file in files if os.path.isfile(file)]
    cells = max(notebooks, key=lambda cells: len({*cells} & {*ran}), default=[])
    for name in missing if {*cells} & {*ran} else ():
        place = cell_to_run_first(cells, name, known)
        if place is not None:
            # Not its number: what a cell shows as its number is when it was run.
            begins = beginning(cells[place])
            return f"{name} is not defined yet: first run the cell that begins: {begins}"
    return None  # Python will say it


def beginning(source):
    """The first line of a cell with something in it."""
    return next((line for line in source.splitlines() if line.strip()), "")


def _code_cells(file):
    try:
        with open(file, encoding="utf-8") as opened:
            cells = json.load(opened)["cells"]
        sources = ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return [source for source in sources if _is_python(source)]


def _is_python(source):
    try:
        ast.parse(source)
    except (SyntaxError, ValueError):  # a magic, or what a reader has begun to write
        return False
    return True


class OutOfOrderError(InputRejected):
    """A cell that was not begun; the text names the cell to run first."""

    def _render_traceback_(self):  # IPython asks for it
        return [f"Not run. {self}"]


def guard(shell):
    """From now on a cell whose names aren't there yet is not begun, in an IPython shell.

    Begun and broken off, it would leave names behind that hold half of what they should.
    """

    class Guard(ast.NodeTransformer):
        def visit_Module(self, node):  # noqa: N802
            names, ran = shell.user_ns, shell.user_ns.get("In", [])
            if line := advice(ast.unparse(node), ran, names):
                raise OutOfOrderError(line)
            return node

    shell.ast_transformers[:] = [
        one for one in shell.ast_transformers if type(one).__name__ != "Guard"
    ]
    shell.ast_transformers.append(Guard())
