"""Each notebook keeps those rules of the house that a machine can check, without running it."""

import ast
import re
import statistics
import struct
from base64 import b64decode
from collections import defaultdict
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote

import nbformat
import pytest

from benchmarks.altered_outputs import (
    CAUGHT_GOAL,
    CHECKED_GOAL,
    alterations,
    checked_share,
    load_notebooks,
)
from tests.nbval_numbers import WIDGET

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "notebooks"
PATHS = sorted(FOLDER.glob("*.ipynb"))
every_notebook = pytest.mark.parametrize("path", PATHS, ids=[path.stem for path in PATHS])

ENDING = ["Check yourself", "Try this", "Summary", "Further reading", "Next"]
BESIDE_THE_SECTIONS = {"Setup", "What you will do", "What you need", *ENDING}
CLAIMS = {"01": [1], "02": [2, 3], "03": [4, 5], "04": [6], "05": [7]}
CLAIMS |= {"06": [8, 9, 10, 11], "07": [12, 13], "08": [14, 15], "09": [9, 10]}
CLAIMS |= {"12": [16, 17, 18, 19], "13": [20]}
VERDICT = re.compile(r"\b(holds with a condition|does not hold|holds)\b")

FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
DETAILS = re.compile(r"<details\b.*?</details>", re.DOTALL)
HEADING = re.compile(r"^(#{1,6}) +(.*?)[ #]*$", re.MULTILINE)
LINK = re.compile(r"\]\(\s*<?([^)\s>]+)|\b(?:src|href)=[\"']([^\"']+)")
# Put together from parts, so that a search for such paths does not find this list.
MACHINE_PATH = re.compile(
    "|".join(rf"/{name}/" for name in ("home", "Users", "root", "tmp")) + "|C:" + r"\\"
)
INSTALLS = re.compile(r"\b(pip3?|conda|mamba)\s+install\b")
MAGIC = re.compile(r"^\s*[%!]", re.MULTILINE)
TIMING = re.compile(r"\d+ ?(ms|s|us|µs)/step|\bit/s\b|\bETA\b|━")


@lru_cache
def read(path: Path) -> nbformat.NotebookNode:
    """A notebook, read once."""
    return nbformat.read(path, as_version=4)


def code_cells(path: Path) -> list:
    """The code cells that hold code."""
    return [c for c in read(path).cells if c.cell_type == "code" and c.source.strip()]


def markdown_cells(path: Path) -> list:
    """The cells of prose."""
    return [cell for cell in read(path).cells if cell.cell_type == "markdown"]


def prose(text: str) -> str:
    """Markdown without code blocks, folded answers, displayed formulas and comments."""
    for unread in (FENCE, DETAILS, re.compile(r"\$\$.*?\$\$|<!--.*?-->", re.DOTALL)):
        text = unread.sub("", text)
    return text


def headings(cells: list, level: int | None = None) -> list[str]:
    """The headings of some cells, all or those of one level."""
    found = [match.groups() for c in cells for match in HEADING.finditer(FENCE.sub("", c.source))]
    return [title for marks, title in found if level in (None, len(marks))]


def opening(path: Path) -> list:
    """The prose above the first code cell."""
    cells = read(path).cells
    first_code = next(i for i, cell in enumerate(cells) if cell.cell_type == "code")
    return cells[:first_code]


def part(path: Path, title: str) -> str:
    """The prose between the H2 of this name and the next H2."""
    text = "\n\n".join(FENCE.sub("", cell.source) for cell in markdown_cells(path))
    found = re.search(rf"^## +{title}[ #]*$(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


def sizes(path: Path) -> list[int]:
    """How many lines with something on them each code cell has."""
    return [sum(bool(line.strip()) for line in c.source.splitlines()) for c in code_cells(path)]


def outputs(path: Path) -> list:
    """All the stored outputs."""
    return [output for cell in code_cells(path) for output in cell.outputs]


def output_texts(path: Path) -> list[str]:
    """All that the stored outputs say in text, streams and results."""
    results = [text for o in outputs(path) for m, text in o.get("data", {}).items() if "text/" in m]
    return [o.text for o in outputs(path) if o.output_type == "stream"] + results


def imports(cell) -> list[int]:
    """The lines of a code cell that import something."""
    kinds = ast.Import | ast.ImportFrom
    return [node.lineno for node in ast.walk(ast.parse(cell.source)) if isinstance(node, kinds)]


# The file.


@every_notebook
def test_file_is_valid_and_small(path):
    nbformat.validate(read(path))
    assert re.fullmatch(r"\d\d_[a-z0-9_]+\.ipynb", path.name)
    assert path.stat().st_size <= 1_000_000, "largest size is 1 MB: fewer or smaller figures"


@every_notebook
def test_metadata_fits_every_machine(path):
    metadata = read(path).metadata
    assert metadata.get("kernelspec", {}).get("name") == "python3"
    assert "widgets" not in metadata, "saved widget state breaks the page on GitHub"
    data = [output.get("data", {}) for cell in code_cells(path) for output in cell.outputs]
    assert not any(WIDGET in kinds for kinds in data), "use python -m tests.execute"


@every_notebook
def test_readme_lists_it(path):
    assert path.name in (ROOT / "README.md").read_text(encoding="utf-8")


# How it begins and ends.


@every_notebook
def test_title(path):
    first = read(path).cells[0]
    assert first.cell_type == "markdown"
    assert re.match(rf"# {path.name[:2]} ?[·:.–—-] ?\S", first.source), "first line: # NN · title"
    assert len(headings(markdown_cells(path), 1)) == 1, "one H1, the title"


@every_notebook
def test_opening_says_what_it_takes(path):
    text = "\n".join(cell.source for cell in opening(path)).lower()
    for wanted in ("what you will do", "what you need"):
        assert wanted in text
    assert re.search(r"\bminutes?\b", text) and "read" in text, "minutes to read"
    assert re.search(r"\bseconds?\b", text) and "run" in text, "seconds to run"
    assert len(re.findall(r"\d+", text)) >= 3, "the number of the notebook, minutes and seconds"


@every_notebook
def test_one_setup_cell_comes_first(path):
    first = code_cells(path)[0]
    above = headings(opening(path))
    tagged = [c for c in code_cells(path) if "setup" in c.metadata.get("tags", [])]
    assert tagged == [first] or (above and above[-1] == "Setup" and not tagged)
    assert headings(markdown_cells(path)).count("Setup") <= 1


@every_notebook
def test_setup_checks_the_setup_first_and_holds_all_the_imports(path):
    first, *others = code_cells(path)
    begins = "from vae_tutorial.machine import check_setup\n\ncheck_setup()\n\nimport "
    assert first.source.startswith(begins)
    assert not [cell.source for cell in others if imports(cell)]


@every_notebook
def test_sections(path):
    titles = headings(markdown_cells(path), 2)
    assert titles[-len(ENDING) :] == ENDING
    sections = [title for title in titles if title not in BESIDE_THE_SECTIONS]
    assert 4 <= len(sections) <= 7, sections


@every_notebook
def test_headings_are_in_sentence_case(path):
    for title in headings(markdown_cells(path)):
        # A formula, a name in code or a number may open a heading; the title's number does.
        words = re.findall(r"[^\W\d_][\w'’-]*", re.sub(r"`[^`]*`|\$[^$]*\$", "", title))
        assert not re.match(r"[a-z]", title), f"first word capitalised: {title}"
        long = [word for word in words[1:] if len(word) > 3 and not word.isupper()]
        assert len(long) < 2 or not all(w[0].isupper() for w in long), f"sentence case: {title}"


@every_notebook
def test_summary_gives_the_verdict_on_each_claim(path):
    summary = re.sub(r"[*_`]", "", part(path, "Summary"))
    for number in CLAIMS.get(path.name[:2], []):
        said = re.search(rf"\bClaim {number}\b(.*?)(?=\bClaim \d|\Z)", summary, re.DOTALL)
        assert said, f"the summary names Claim {number}"
        verdict = VERDICT.search(" ".join(said[1].split()))
        assert verdict, f"Claim {number} holds, holds with a condition, or does not hold"
        readme = (ROOT / "README.md").read_text(encoding="utf-8")
        row = re.search(rf"^\| {number}\. .*?\| (.*?) \|$", readme, re.MULTILINE)
        assert VERDICT.match(row[1])[0] == verdict[0], f"README on claim {number}: {row[1]}"


# Prose and code.


@every_notebook
def test_prose_is_short(path):
    for cell in markdown_cells(path):
        words = [word for word in prose(cell.source).split() if re.search(r"\w", word)]
        assert len(words) <= 110, f"{len(words)} words: {cell.source[:60]}"


@every_notebook
def test_code_is_short(path):
    lines = sorted(sizes(path))
    assert statistics.median(lines) <= 4
    assert sum(n <= 12 for n in lines) >= 0.9 * len(lines), lines
    assert lines[-1] <= 25


@every_notebook
def test_text_in_figures_can_be_read_on_a_projector(path):
    """At 100 dots an inch, 9 points are 12.5 pixels; wider figures would be shrunk at 1280x720."""
    for output in outputs(path):
        if "image/png" in output.get("data", {}):
            width, height = struct.unpack(">II", b64decode(output.data["image/png"])[16:24])
            assert width <= 1000, f"a figure of {width}x{height} pixels"
    for cell in code_cells(path):
        assert all(int(points) >= 9 for points in re.findall(r"fontsize=(\d+)", cell.source))


@every_notebook
def test_answers_fold(path):
    for cell in markdown_cells(path):
        count = cell.source.count
        assert len(re.findall(r"<details\b", cell.source)) == count("</details>")
        assert count("</details>") == count("<summary>") == count("</summary>")


@every_notebook
def test_links_lead_somewhere(path):
    for cell in markdown_cells(path):
        for groups in LINK.findall(FENCE.sub("", cell.source)):
            target = unquote("".join(groups).split("#")[0])
            outside = re.match(r"[a-z][a-z+.-]+:", target)  # https:, mailto:, attachment:, data:
            assert outside or (FOLDER / target).exists(), f"no such file: {target}"


@every_notebook
def test_code_is_plain_python(path):
    for cell in code_cells(path):
        assert not INSTALLS.search(cell.source), "the environment installs, not the notebook"
        assert not MAGIC.search(cell.source), "no magics"
        ast.parse(cell.source)


def test_no_definition_stands_in_two_notebooks():
    homes = defaultdict(set)
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    for path in PATHS:
        for cell in code_cells(path):
            for node in ast.parse(cell.source).body:  # a method that overrides one keeps its name
                if isinstance(node, kinds):
                    homes[node.name].add(path.name)
    twice = {name: sorted(places) for name, places in homes.items() if len(places) > 1}
    assert not twice, "defined twice: put it into the package"


@every_notebook
def test_what_a_cell_takes_from_another_is_defined_before(path):
    taken, defined = [], []
    for cell in code_cells(path):
        nodes = list(ast.walk(ast.parse(cell.source)))
        used = [node for node in nodes if isinstance(node, ast.Name)]
        taken.append({node.id for node in used if isinstance(node.ctx, ast.Load)})
        names = {node.id for node in used if isinstance(node.ctx, ast.Store)}
        names |= {n.name for n in nodes if isinstance(n, ast.FunctionDef | ast.ClassDef)}
        defined.append(names | {n.arg for n in nodes if isinstance(n, ast.arg)})
    for place, names in enumerate(taken):
        late = names & set().union(*defined) - set().union(*defined[: place + 1])
        assert not late, f"cell {place + 1}: {late}"


# A number in prose stands in an output or in the code, or says in a comment that it's given:
# <!-- given: 86.76, the paper's table 2 -->.


NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?!\w)")
NOT_MEASURED = re.compile(r"(notebooks?|[Cc]laims?) \d+|\(\d{4}\)|\*\*\d+\.\d+\*\*")


def numbers(text: str) -> list[str]:
    """The numbers in a text, without commas for thousands."""
    return [found.replace(",", "").rstrip(".") for found in NUMBER.findall(text)]


def stands_among(number: str, measured: set[float]) -> bool:
    """Whether some measured number, rounded as this one is, equals it; as a percentage, too."""
    places = len(number.partition(".")[2])
    wanted, slack = float(number), 0.5001 * 10**-places
    return any(abs(m - wanted) <= slack or abs(100 * m - wanted) <= slack for m in measured)


@every_notebook
def test_numbers_in_prose_come_from_the_notebook(path):
    sources = [cell.source for cell in code_cells(path)]
    texts = re.sub(r"(?<=\d)[,_](?=\d)", "", " ".join([*output_texts(path), *sources]))
    measured = {float(n) for n in re.findall(r"\d+\.?\d*(?:e[+-]?\d+)?", texts)}
    told = [cell for cell in markdown_cells(path) if cell not in opening(path)]
    unknown = []
    for cell in told:
        text = prose(cell.source).split("## Further reading")[0]
        text = re.sub(r"`[^`]*`|\$[^$]*\$|\]\([^)]*\)", " ", text)
        given = " ".join(re.findall(r"<!-- given: (.*?) -->", cell.source, re.DOTALL))
        for number in numbers(NOT_MEASURED.sub(" ", text)):
            small = float(number) <= 20 and float(number).is_integer()
            if not small and number not in numbers(given) and not stands_among(number, measured):
                unknown.append((number, cell.source[:50]))
    assert not unknown


# What is stored.


@every_notebook
def test_stored_executed_from_top_to_bottom(path):
    counts = [cell.execution_count for cell in code_cells(path)]
    assert counts == list(range(1, len(counts) + 1))


@every_notebook
def test_outputs_are_clean(path):
    for output in outputs(path):
        assert output.output_type != "error", output.get("evalue")
        assert output.get("name") != "stderr", output.text


@every_notebook
def test_no_path_of_a_machine(path):
    for text in [cell.source for cell in read(path).cells] + output_texts(path):
        assert not MACHINE_PATH.search(text), MACHINE_PATH.search(text)[0]


@every_notebook
def test_outputs_hold_no_timings(path):
    for text in output_texts(path):
        assert not TIMING.search(text), f"differs on each machine: {TIMING.search(text)[0]}"


@every_notebook
def test_a_sentence_stands_below_each_figure(path):
    cells = read(path).cells
    for cell, below in zip(cells, [*cells[1:], None], strict=True):
        if any("image/png" in output.get("data", {}) for output in cell.get("outputs", [])):
            text = prose(below.source) if below and below.cell_type == "markdown" else ""
            assert len(HEADING.sub("", text).split()) >= 3, f"what is to see in: {cell.source[:60]}"


def test_altered_outputs_are_noticed():
    notebooks = load_notebooks(FOLDER)
    results = alterations(notebooks, notebooks, count=100, seed=0)
    missed = [f"{r.notebook} cell {r.cell}: {r.old} -> {r.new}" for r in results if not r.caught]
    assert len(results) - len(missed) >= CAUGHT_GOAL, "\n".join(missed)


def test_most_cells_are_checked():
    share = checked_share(load_notebooks(FOLDER))
    assert share >= CHECKED_GOAL, "code cells with a compared text output or an assertion"
