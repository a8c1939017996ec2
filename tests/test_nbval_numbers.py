"""The plugin must let the last digit of a learned number pass, and nothing else."""

import random
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from benchmarks import altered_outputs
from tests.nbval_numbers import RELATIVE, WIDGET, comparable, with_stored_numbers

ROOT = Path(__file__).resolve().parent.parent


def agree(stored: str, fresh: str) -> bool:
    """Whether the fresh text passes for the stored one."""
    return with_stored_numbers(stored, fresh) == stored


def printing(fresh: str, stored: str, tags: tuple = ()) -> nbformat.NotebookNode:
    """A cell that prints one text and has another stored."""
    output = new_output("stream", name="stdout", text=stored + "\n")
    metadata = {"tags": list(tags)}
    return new_code_cell(f"print({fresh!r})", outputs=[output], metadata=metadata)


def showing(source: str, stored: dict) -> nbformat.NotebookNode:
    """A cell with code, and with one stored result of these MIME types."""
    return new_code_cell(source, outputs=[new_output("display_data", data=stored)])


def write(path: Path, *cells) -> None:
    """Writes cells as an executed notebook."""
    for count, cell in enumerate((c for c in cells if c.cell_type == "code"), 1):
        cell.execution_count = count
    nbformat.write(new_notebook(cells=list(cells)), path)


def run_nbval(folder: Path, *options: str) -> subprocess.CompletedProcess:
    """Runs pytest on a folder as the Makefile does; all that it reports."""
    command = [
        "-p",
        "tests.nbval_numbers",
        "--nbval",
        "--nbval-current-env",
        "-p",
        "no:cacheprovider",
    ]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *command, "-rA", "--color=no", *options, str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize(
    ("stored", "fresh"),
    [
        ("loss 1.23 nats", "loss 1.24 nats"),
        ("loss 104.2", "loss 103.3"),
        ("error 0.5", "error 0.4"),
        ("1e-3", "2e-3"),
        ("-0.00", "0.00"),
        ("ratio 1.51x, 60000 images.", "ratio 1.50x, 60000 images."),
        ("  99.8 | 0.1", " 100.1 | 0.1"),
        ("  99.8 | 0.1", "   100 | 0.1"),
    ],
)
def test_accepts_last_digits(stored, fresh):
    assert agree(stored, fresh)


@pytest.mark.parametrize(
    ("stored", "fresh"),
    [
        ("loss 1.23", "loss 1.27"),
        ("loss 1.23", "lost 1.23"),
        ("loss 1.23", "loss  1.23"),
        ("loss 1.23", "loss -1.23"),
        ("loss 1.23", "loss nan"),
        ("60000 images", "60001 images"),
        ("28x28", "28x29"),
        ("keras 3.15.0", "keras 3.15.1"),
        ("a 1.00", "a 1.00\nb 2.00"),
        ("1.23e-03", "1.23e-02"),
        ("There are 10.", "There are 11."),
    ],
)
def test_refuses_all_else(stored, fresh):
    assert not agree(stored, fresh)


@given(st.floats(1, 1000), st.floats(-0.3, 0.3))
def test_tolerance_is_relative_or_one_unit(number, change):
    stored, fresh = f"{number:.2f}", f"{number * (1 + change):.2f}"
    hundredths = abs(round(float(stored) * 100) - round(float(fresh) * 100))
    allowed = max(float(RELATIVE) * float(stored) * 100, 1)
    if abs(hundredths - allowed) > 1e-6:  # at the limit itself binary rounding decides
        assert agree(stored, fresh) == (hundredths <= allowed)


def test_a_wrong_number_alone_is_left_for_nbval_to_report():
    assert with_stored_numbers("1.00 2.00 7", "1.01 2.50 7") == "1.00 2.50 7"


def test_a_picture_counts_by_its_presence_and_a_widget_by_its_text():
    figure = new_output("display_data", data={"image/png": "AAAA", "text/plain": "<Figure>"})
    widget = new_output("display_data", data={WIDGET: {}, "text/plain": "VBox(children=...)"})
    kept = [output.data for output in comparable([figure, widget])]
    assert kept == [{"text/plain": "a picture"}, {"text/plain": "VBox(children=...)"}]
    assert figure.data["text/plain"] == "<Figure>"  # the original is untouched


def test_addresses_and_embedded_pictures_are_taken_out():
    def html(picture, address):
        text = f'<img src="data:image/png;base64,{picture}" alt="a cat"> <Line at {address}>'
        return comparable([new_output("display_data", data={"text/html": text})])

    assert html("AAAA==", "0x7f00aa11") == html("B+/B", "0x7f00bb22")
    assert 'alt="a cat"' in html("AAAA==", "0x7f00aa11")[0].data["text/html"]


def test_nbval_passes_and_fails_as_it_should(tmp_path):
    split = printing("x", "first 1.00")
    split.source = "import sys\nprint('first 1.01'); sys.stdout.flush(); print('second')"
    split.outputs.append(new_output("stream", name="stdout", text="second\n"))
    image = "display({'image/png': 'AAAA', 'text/plain': '<Figure 2>'}, raw=True)"
    write(
        tmp_path / "samples.ipynb",
        new_markdown_cell("# Samples"),
        printing("loss 1.24", "loss 1.23"),  # 0: passes
        split,  # 1: passes
        showing(image, {"image/png": "BBBB", "text/plain": "<Figure 1>"}),  # 2: passes
        printing("one thing", "another", tags=("nbval-ignore-output",)),  # 3: passes
        printing("loss 1.43", "loss 1.23"),  # 4: beyond the tolerance
        printing("loss 1.23", "lass 1.23"),  # 5: another letter
        printing("60000", "60001"),  # 6: another whole number
        printing("a\nb", "a"),  # 7: a line more
        printing("loss 1.24", "loss 1.23", tags=("exact",)),  # 8: no tolerance asked for
        showing("x = 0", {"image/png": "BBBB", "text/plain": "<Figure 1>"}),  # 9: no figure
    )
    report = run_nbval(tmp_path, "--nbval-compare=always").stdout
    verdicts = re.findall(r"^(PASSED|FAILED) .*::Cell \d\b", report, re.MULTILINE)
    assert verdicts == 4 * ["PASSED"] + 6 * ["FAILED"], report


def test_without_mnist_only_exceptions_fail(tmp_path):
    broken = printing("x", "x")
    broken.source = "1 / 0"
    write(tmp_path / "samples.ipynb", printing("one thing", "another"), broken)
    report = run_nbval(tmp_path, "--nbval-compare=never").stdout
    assert "outputs not compared" in report
    assert "1 failed, 1 passed" in report, report


def sample_book(**changes) -> nbformat.NotebookNode:
    """A notebook of a cell that prints words and a cell that asserts."""
    cell = printing("the cat sleeps", "the cat sleeps", **changes)
    cell.execution_count = 1
    return new_notebook(cells=[cell, new_code_cell("x = 1\nassert x", execution_count=2)])


def test_altered_words_are_caught_and_ignored_cells_are_missed():
    books = {"good": sample_book()}
    assert all(a.caught for a in altered_outputs.alterations(books, books, count=50))
    books = {"ignored": sample_book(tags=("nbval-ignore-output",))}
    assert not any(a.caught for a in altered_outputs.alterations(books, books, count=50))


def test_alterations_change_one_character_that_the_reader_sees():
    html = new_output("display_data", data={"text/html": "<b class='x'>A1</b>&amp;"})
    assert altered_outputs.alterable([html]) == [(0, 13), (0, 14)]
    rng = random.Random(0)
    assert all(altered_outputs.another("7", rng) in "012345689" for _ in range(50))
    assert all(altered_outputs.another("Q", rng).isupper() for _ in range(50))


def test_share_of_checked_cells():
    book = sample_book()
    book.cells.append(new_code_cell("y = 2", execution_count=3))
    book.cells.append(new_code_cell("np.testing.assert_allclose(1, 1)", execution_count=4))
    assert altered_outputs.checked_share({"book": book}) == 3 / 4
