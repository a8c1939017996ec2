"""How many wrong characters in the stored outputs do the notebooks' tests notice?

``python -m benchmarks.altered_outputs [--notebooks notebooks] [--count 100] [--seed 0] [--fresh]``

An alteration takes a random code cell with a text output and replaces one random letter or digit
of what the reader sees by another. It is caught when nbval, with ``tests.nbval_numbers``, sees a
difference from the fresh outputs. These are the stored ones again, or, with ``--fresh``, those of
one execution of each notebook.
"""

from __future__ import annotations

import argparse
import ast
import copy
import random
import re
import string
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import nbformat
from nbval.plugin import (
    IPyNbCell,
    coalesce_streams,
    find_comment_markers,
    find_metadata_tags,
    nocolors,
)

from tests.nbval_numbers import WIDGET, tolerant

CAUGHT_GOAL = 95  # of 100 alterations
CHECKED_GOAL = 0.60  # of the code cells
# What nbval leaves out of its comparison: this list lives in IPyNbFile, which needs a pytest run.
SKIPPED = (
    *("metadata", "traceback", "prompt_number", "output_type", "name", "execution_count"),
    *(WIDGET, "image/png", "image/jpeg"),
)
UNREAD_HTML = re.compile(r"<(style|script)\b.*?</\1>|<[^>]*>|&#?\w+;", re.DOTALL)
compare = tolerant(IPyNbCell.compare_outputs)


class Alteration(NamedTuple):
    """One changed character, and whether the tests noticed."""

    notebook: str
    cell: int  # counted as nbval counts: code cells, from 0
    old: str  # the line before
    new: str  # the line after
    caught: bool


def load_notebooks(folder: Path | str) -> dict[str, nbformat.NotebookNode]:
    """The notebooks of a folder by file name, in order."""
    return {path.name: nbformat.read(path, 4) for path in sorted(Path(folder).glob("*.ipynb"))}


def execute(notebook: nbformat.NotebookNode, folder: Path | str) -> nbformat.NotebookNode:
    """A copy of the notebook, executed in a fresh kernel; the file is not touched."""
    from nbclient import NotebookClient

    resources = {"metadata": {"path": str(folder)}}
    client = NotebookClient(
        copy.deepcopy(notebook), timeout=300, kernel_name="python3", resources=resources
    )
    return client.execute()


def code_cells(notebook: nbformat.NotebookNode) -> list:
    """All code cells, the empty ones too: nbval numbers these as well."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def visible_text(output) -> tuple[dict, str] | None:
    """Where the text stands that a reader sees of an output: ``(holder, key)``, or None."""
    if output.output_type == "stream":
        return (output, "text") if output.name == "stdout" else None
    data = output.get("data", {})
    if WIDGET in data or any(mime.startswith("image/") for mime in data):
        return None  # the reader sees these in place of the text
    for mime in ("text/html", "text/markdown", "text/latex", "text/plain"):
        if mime in data:
            return data, mime
    return None


def alterable(outputs: list) -> list[tuple[int, int]]:
    """The letters and digits that a reader sees: ``(index of the output, position)``."""
    places = []
    for index, output in enumerate(outputs):
        if found := visible_text(output):
            text = found[0][found[1]]
            if found[1] == "text/html":
                text = UNREAD_HTML.sub(lambda tag: " " * len(tag[0]), text)
            places += [(index, at) for at, c in enumerate(text) if c.isalpha() or c.isdecimal()]
    return places


def another(character: str, rng: random.Random) -> str:
    """A different character of the same kind: digit, capital or small letter."""
    if character.isdecimal():
        kind = string.digits
    else:
        kind = string.ascii_uppercase if character.isupper() else string.ascii_lowercase
    return rng.choice(kind.replace(character, ""))


def is_compared(cell) -> bool:
    """Whether nbval compares this cell's outputs at all."""
    options = {**dict(find_metadata_tags(cell.metadata)), **dict(find_comment_markers(cell.source))}
    ignored = options.get("skip", False) or not options.get("check", True)
    return not ignored and cell.execution_count is not None


def differs(cell, stored: list, fresh: list) -> bool:
    """Whether nbval and the plugin see a difference between a cell's stored and fresh outputs."""
    judge = SimpleNamespace(
        cell=cell,
        parent=SimpleNamespace(skip_compare=SKIPPED),
        colors=nocolors,
        sanitize=lambda text: text,
        format_output_compare=lambda *_: None,
    )
    # Joining the chunks of a stream changes them in place: hand over copies.
    fresh, stored = (coalesce_streams(copy.deepcopy(list(x))) for x in (fresh, stored))
    return not compare(judge, fresh, stored)


def line_at(text: str, at: int) -> str:
    """The line around a position."""
    return text[text.rfind("\n", 0, at) + 1 :].split("\n", 1)[0].strip()


def alter(name: str, number: int, cell, fresh: list, rng: random.Random) -> Alteration:
    """Changes one random character of a copy of the cell's outputs, and has it judged."""
    index, at = rng.choice(alterable(cell.outputs))
    altered = copy.deepcopy(cell.outputs)
    holder, key = visible_text(altered[index])
    before = holder[key]
    holder[key] = before[:at] + another(before[at], rng) + before[at + 1 :]
    caught = is_compared(cell) and differs(cell, altered, fresh)
    return Alteration(name, number, line_at(before, at), line_at(holder[key], at), caught)


def alterations(stored: dict, fresh: dict, count: int = 100, seed: int = 0) -> list[Alteration]:
    """``count`` random alterations of the stored notebooks, judged against the fresh ones."""
    candidates = [
        (name, number, cell, code_cells(fresh[name])[number].outputs)
        for name, notebook in stored.items()
        for number, cell in enumerate(code_cells(notebook))
        if alterable(cell.outputs)
    ]
    if not candidates:
        raise ValueError("notebooks: expected at least one stored text output, found none")
    rng = random.Random(seed)
    return [alter(*rng.choice(candidates), rng) for _ in range(count)]


def disagreeing(stored: dict, fresh: dict) -> list[str]:
    """The cells whose unaltered outputs fail already: an alteration there proves nothing."""
    return [
        f"{name} cell {number}"
        for name, notebook in stored.items()
        for number, cell in enumerate(code_cells(notebook))
        if is_compared(cell)
        and differs(cell, cell.outputs, code_cells(fresh[name])[number].outputs)
    ]


def asserts(source: str) -> bool:
    """Whether code holds an ``assert`` or calls a function named ``assert_...``."""
    for node in ast.walk(ast.parse(source)):
        called = getattr(node, "func", None)
        name = getattr(called, "attr", getattr(called, "id", ""))
        if isinstance(node, ast.Assert) or name.startswith("assert_"):
            return True
    return False


def checked_share(notebooks: dict) -> float:
    """The share of the code cells with a compared text output or an assertion."""
    cells = [c for book in notebooks.values() for c in code_cells(book) if c.source.strip()]
    checked = [
        (is_compared(cell) and bool(alterable(cell.outputs))) or asserts(cell.source)
        for cell in cells
    ]
    return sum(checked) / max(len(checked), 1)


def main(arguments: list[str] | None = None) -> int:
    """Prints the count, the misses and the share; 0 if both goals are reached."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--notebooks", type=Path, default=Path("notebooks"))
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--fresh", action="store_true", help="execute each notebook once")
    options = parser.parse_args(arguments)
    stored = load_notebooks(options.notebooks)
    if not stored:
        parser.error(f"--notebooks: expected a folder with .ipynb files, got {options.notebooks}")
    fresh = stored
    if options.fresh:
        fresh = {name: execute(book, options.notebooks) for name, book in stored.items()}
    for cell in disagreeing(stored, fresh):
        print(f"differs before any alteration: {cell}")
    results = alterations(stored, fresh, options.count, options.seed)
    caught, share = sum(r.caught for r in results), checked_share(stored)
    print(f"caught {caught} of {len(results)} (goal: {CAUGHT_GOAL} of 100)")
    for miss in (r for r in results if not r.caught):
        print(f"  missed: {miss.notebook} cell {miss.cell}: {miss.old!r} -> {miss.new!r}")
    print(
        f"code cells with a compared text or an assertion: {share:.0%} (goal: {CHECKED_GOAL:.0%})"
    )
    return int(caught * 100 < CAUGHT_GOAL * len(results) or share < CHECKED_GOAL)


if __name__ == "__main__":
    sys.exit(main())
