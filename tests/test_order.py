"""What a cell needs and defines, and which one has to be run first."""

import json

import pytest

from vae_tutorial.names import Names
from vae_tutorial.order import advice, cell_to_run_first


@pytest.mark.parametrize(
    ("source", "needed", "defined"),
    [
        ("a = 1", "", "a"),
        ("a = b + len(c)", "b c", "a"),
        ("a = 1\nb = a", "", "a b"),
        ("b = a\na = 1", "a", "a b"),
        ("a += 1", "a", "a"),
        ("a.b += c", "a c", ""),
        ("a[i] = c", "a c i", ""),
        ("import os.path\nfrom x import y as z", "", "os z"),
        ("for i in rows:\n    print(i, j)", "rows j", "i"),
        ("with open(p) as f, g(f) as (h, k):\n    pass", "p g", "f h k"),
        ("[x * y for x, y in pairs if x > low]", "pairs low", ""),
        ("{k: v for k, v in d.items()}", "d", ""),
        ("rows = [y for x in a for y in x]", "a", "rows"),
        ("def f(x, y=start):\n    z = x + other\n    return z + f(y)", "start other", "f"),
        ("def f():\n    return later\nlater = 1", "", "f later"),
        (
            "def f():\n    def g():\n        return outer + inner\n    inner = 1\n    return g",
            "outer",
            "f",
        ),
        ("f = lambda x: x + y", "y", "f"),
        ("f = lambda x=a, *, y=b: x", "a b", "f"),
        ("f = sorted(a, key=lambda x: b[x])", "a b", "f"),
        ("class A(B):\n    x = y\n    def f(self):\n        return self.x + z", "B y z", "A"),
        ("class A:\n    n = 1\n    m = n", "", "A"),
        ("if (n := len(a)) > 1:\n    b = n", "a", "n b"),
        ("a, (b, *c) = d", "d", "a b c"),
        ("print(f'{a:{width}}')", "a width", ""),
        ("try:\n    a\nexcept ValueError as e:\n    print(e)", "a", ""),
        ("@deco\ndef f(): ...", "deco", "f"),
        ("a: int = b", "b", "a"),
        ("del a", "a", ""),
        ("", "", ""),
    ],
)
def test_names(source, needed, defined):
    found = Names(source)
    assert found.needed == set(needed.split())
    assert found.defined == set(defined.split())


CELLS = ["import numpy as np", "a = np.ones(3)", "b = a + 1", "c = a + b", "def f():\n    return c"]


@pytest.mark.parametrize(
    ("name", "known", "place"),
    [
        ("a", {"np"}, 1),
        ("b", {"np"}, 1),  # which itself needs a
        ("b", {"np", "a"}, 2),
        ("c", {"np"}, 1),
        ("c", {"np", "a", "b"}, 3),
        ("f", {"np", "a", "b"}, 3),
        ("b", set(), 0),
        ("d", {"np"}, None),
    ],
)
def test_the_cell_to_run_first_has_all_that_it_needs(name, known, place):
    assert cell_to_run_first(CELLS, name, known) == place


def test_cells_that_need_each_other_end():
    assert cell_to_run_first(["a = b", "b = a"], "a", set()) is None


def saved(folder, cells, name="any.ipynb"):
    """A notebook with these code cells."""
    cells = [{"cell_type": "code", "source": cell.splitlines(keepends=True)} for cell in cells]
    cells.insert(0, {"cell_type": "markdown", "source": ["# Title"]})
    (folder / name).write_text(json.dumps({"cells": cells}), encoding="utf-8")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with two notebooks, and things that are none."""
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    monkeypatch.chdir(tmp_path)
    saved(tmp_path, ["x = 1", "a = 2"], "another.ipynb")
    saved(tmp_path, CELLS)
    saved(tmp_path, ["%magic", "a = 3"], "magic.ipynb")
    (tmp_path / "broken.ipynb").write_text("{", encoding="utf-8")
    (tmp_path / "list.ipynb").write_text("[]", encoding="utf-8")
    return tmp_path


def test_the_line_names_the_cell(folder):
    line = advice(CELLS[3], [CELLS[0], CELLS[3]], {"np": 1})
    assert line == "a is not defined yet: first run the cell that begins: a = np.ones(3)"
    assert advice(CELLS[3], [CELLS[0], CELLS[3]], {"np": 1, "a": 1, "b": 1}) is None


def test_a_cell_that_was_changed_gets_its_line_too(folder):
    assert "begins: b = a + 1" in advice("print(b)", [CELLS[0], "print(b)"], {"np": 1, "a": 1})


@pytest.mark.parametrize(
    ("source", "ran"), [("print(nowhere)", CELLS), ("b", ["import else"]), ("b", [])]
)
def test_what_no_cell_defines_is_left_to_python(folder, source, ran):
    assert advice(source, ran, {}) is None


@pytest.mark.parametrize("begun", ["%timeit a", "answer = (", "\0"])
def test_a_cell_that_is_no_python_hides_no_other(folder, begun):
    saved(folder, [CELLS[0], begun, *CELLS[1:]])
    assert "begins: a = np.ones(3)" in advice(CELLS[2], [CELLS[0], CELLS[2]], {"np": 1})


def test_the_notebook_that_jupyter_names_counts_in_any_folder(
    folder, tmp_path_factory, monkeypatch
):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    monkeypatch.setenv("JPY_SESSION_NAME", str(folder / "any.ipynb"))
    monkeypatch.chdir(elsewhere)
    assert "begins: a = np.ones(3)" in advice(CELLS[2], [CELLS[0], CELLS[2]], {"np": 1})
