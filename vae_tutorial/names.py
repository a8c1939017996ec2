"""Which names a piece of Python needs, and which it defines."""

import ast
import builtins


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

    def visit_Lambda(self, node):  # noqa: N802
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is not None:
                self.visit(default)
        self._later.append(node)

    def visit_FunctionDef(self, node):  # noqa: N802
        for decorator in node.decorator_list:
            self.visit(decorator)
        self.defined.add(node.name)
        self.visit_Lambda(node)

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
