"""Cells run out of order: which cell has to be run first, said in one line.

Python itself says that a name is not defined, when half of a cell has run already. In a notebook
the reader wants to know beforehand, and which cell defines it; that stands in the notebook's file,
which is read when it is asked for.
"""

import ast
import builtins
import glob
import json
import os

from IPython.core.interactiveshell import InputRejected


class Names(ast.NodeVisitor):
    """The names that a cell needs from elsewhere, and those that it defines.

    Args:
        source: the code of a cell.
        known: names that are there already.

    Attributes:
        needed: the set of names that are read before the cell has defined them.
        defined: the set of names that the cell defines, loop variables included.
    """

    def __init__(self, source="", known=()):
        self.needed, self.defined, self._known, self._later = set(), set(), {*known}, []
        self.visit(ast.parse(source))
        for function in self._later:  # a body runs once the cell has defined what it will
            self._inside(function)

    def _inside(self, function):
        own = {a.arg for a in ast.walk(function.args) if isinstance(a, ast.arg)}
        inner = Names(known=self._known | self.defined | own)
        body = function.body if isinstance(function.body, list) else [function.body]
        inner._known |= {n.id for b in body for n in ast.walk(b) if is_stored(n)}
        self._add(inner, body)

    def _add(self, inner, nodes):
        for node in nodes:
            inner.visit(node)
        for function in inner._later:
            inner._inside(function)
        self.needed |= inner.needed

    def visit_Name(self, node):  # noqa: N802 (the names are ast's)
        if is_stored(node):
            self.defined.add(node.id)
        elif node.id not in self._known | self.defined and not hasattr(builtins, node.id):
            self.needed.add(node.id)

    def _value_first(self, node):
        self.visit(node.value)
        for target in getattr(node, "targets", None) or [node.target]:
            self.visit(target)

    visit_Assign = visit_NamedExpr = _value_first  # noqa: N815

    def visit_AugAssign(self, node):  # noqa: N802
        if isinstance(node.target, ast.Name):  # read before it is written
            self.visit(ast.Name(node.target.id, ast.Load()))
        self._value_first(node)

    def visit_For(self, node):  # noqa: N802
        for part in (node.iter, node.target, *node.body, *node.orelse):
            self.visit(part)

    def _comprehension(self, node):
        inner = Names(known=self._known | self.defined)
        parts = [p for g in node.generators for p in (g.iter, g.target, *g.ifs)]
        keys = ("key", "value") if isinstance(node, ast.DictComp) else ("elt",)
        self._add(inner, [*parts, *(getattr(node, key) for key in keys)])

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension  # noqa: N815

    def visit_FunctionDef(self, node):  # noqa: N802
        for part in (*node.decorator_list, *node.args.defaults, *node.args.kw_defaults):
            if part is not None:
                self.visit(part)
        self.defined.add(node.name)
        self._later.append(node)

    def visit_Lambda(self, node):  # noqa: N802
        self._later.append(node)

    def visit_ClassDef(self, node):  # noqa: N802
        for part in (*node.decorator_list, *node.bases):
            self.visit(part)
        self._add(Names(known=self._known | self.defined), node.body)
        self.defined.add(node.name)

    def visit_ExceptHandler(self, node):  # noqa: N802
        self._known |= {node.name}  # for the handler only, but a name all the same
        self.generic_visit(node)

    def visit_Import(self, node):  # noqa: N802
        self.defined |= {name.asname or name.name.split(".")[0] for name in node.names}

    visit_ImportFrom = visit_Import  # noqa: N815


def is_stored(node):
    """Is this a name that gets a value?"""
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


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
        for source in sources:
            ast.parse(source)
    except (OSError, ValueError, KeyError, TypeError, SyntaxError):
        return []
    return sources


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
