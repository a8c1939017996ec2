"""The core stays small enough to read in one sitting, and free of guards; the map is complete."""

import ast
from pathlib import Path

import vae_tutorial

FOLDER = Path(vae_tutorial.__file__).parent
CORE = ("losses", "networks", "models", "training", "latent", "channel", "evaluation")
OWN_BOUND = {
    "diagrams.py": 190,
    "adversarial.py": 241,
    "folder.py": 125,
    "_formats.py": 140,
    "arrays.py": 140,
    "more.py": 100,
    "variants.py": 125,
    "example.py": 50,
    "scale.py": 190,
}  # lines
NOT_COUNTED = ("widgets", "exercises", *OWN_BOUND)


def statements(source):
    """How many statements a module has, but for imports and docstrings; how many of them guard."""
    found, guards = 0, 0
    for node in ast.walk(ast.parse(source)):
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if not isinstance(node, ast.stmt) or docstring:
            continue
        if not isinstance(node, ast.Import | ast.ImportFrom):
            found += 1
            own = "" if hasattr(node, "body") else ast.dump(node)
            guards += isinstance(node, ast.Raise) or "_validation" in own
    return found, guards


def lines(paths):
    return sum(len(path.read_text(encoding="utf-8").splitlines()) for path in paths)


def test_the_core_reads_in_one_sitting():
    assert lines(FOLDER / f"{name}.py" for name in CORE) <= 1000


def test_guards_are_fewer_than_one_statement_in_twenty():
    counted = [statements((FOLDER / f"{name}.py").read_text(encoding="utf-8")) for name in CORE]
    found, guards = map(sum, zip(*counted, strict=True))
    assert guards < 0.05 * found


def test_the_package_stays_small():
    paths = [p for p in FOLDER.rglob("*.py") if not {p.parent.name, p.name} & {*NOT_COUNTED}]
    assert lines(paths) <= 2352
    for name, bound in OWN_BOUND.items():
        assert lines(FOLDER.rglob(name)) <= bound


def test_the_widgets_stay_small():
    files = [path for path in (FOLDER / "widgets").iterdir() if path.suffix in (".py", ".js")]
    own = ("playground", "alarm_board")
    assert lines(path for path in files if path.stem not in own) <= 2140
    assert lines(path for path in files if path.stem == "alarm_board") <= 75
    assert lines(path for path in files if path.stem == "playground") <= 560


def test_the_map_names_each_module_and_nothing_else():
    rows = [line.split(" ", 1)[0] for line in vae_tutorial.__doc__.splitlines() if "  " in line]
    modules = {
        p.stem for p in FOLDER.iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()
    }
    assert {row for row in rows if row} == {name for name in modules if not name.startswith("_")}


def test_a_function_fits_on_a_screen():
    for path in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                size = body[-1].end_lineno - body[0].lineno + 1 if body else 0
                assert size <= 40, f"{path.name}: {node.name}"
