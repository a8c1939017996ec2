"""The exercises as an assignment: handed out, handed in, graded with a reason, and contained."""

import copy
import csv
import json
import socket
import threading

import nbformat
import pytest
from nbformat.v4 import new_code_cell

from teach import assignment, grade
from vae_tutorial.exercises.answers import EXERCISES

LOSS = """def loss_by_hand(reconstruction, z_mean, z_log_var):
    kl = 0.5 * np.sum(z_mean**2 + np.exp(z_log_var) - 1 - z_log_var, axis=1)
    return np.mean(reconstruction + kl)"""
SANDBOX = grade.sandbox_works()
NO_SANDBOX = pytest.mark.skipif(
    not SANDBOX, reason="no sandbox: bubblewrap is missing, or forbidden"
)
NO_DIVISION = "wrong: your function raised ZeroDivisionError: division by zero"


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course beside the one that a teacher may have, and less time for a cell."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("teach") / "course"
        patch.setattr(assignment, "COURSE", folder)
        patch.setattr(grade, "COURSE", folder)
        patch.setattr(grade, "SECONDS", 3)
        assignment.write_course()
        yield folder


@pytest.fixture(scope="module")
def handed_out(course):
    """The sixth notebook's exercises, as students get them."""
    return nbformat.read(course / "release/06/06_exercises.ipynb", as_version=4)


def filled_in(notebook, *answers):
    """The notebook with answers in their places."""
    notebook = copy.deepcopy(notebook)
    places = [c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("solution")]
    for cell, answer in zip(places, answers, strict=True):
        cell.source = answer
    return notebook


def test_each_exercise_is_handed_out_once_unanswered(course):
    names = []
    for path in sorted((course / "release").rglob("*.ipynb")):
        text = path.read_text("utf-8")
        assert "HIDDEN" not in text and "verdict" not in text and "<!--" not in text
        cells = nbformat.read(path, as_version=4).cells
        questions = [c for c in cells if c.source.startswith("**")]
        stubs = [c for c in cells if c.metadata.get("nbgrader", {}).get("solution")]
        tests = [c for c in cells if c.metadata.get("nbgrader", {}).get("grade")]
        assert len(questions) == len(stubs) == len(tests) >= 2
        assert all("..." in c.source and c.source.count("check") == 0 for c in stubs)
        names += [json.loads(c.source.split("(")[1].split(",")[0]) for c in tests]
    assert names == sorted(EXERCISES)


def test_ten_submissions_each_with_its_reason(handed_out, course, tmp_path):
    made = {
        "ada": filled_in(handed_out, "answer = 4.5", LOSS),
        "bo": filled_in(handed_out, "answer = 9", LOSS.replace("+ kl", "- kl")),
        "chi": handed_out,
        "dai": filled_in(handed_out, "answer = 4.5)", LOSS.replace("np.mean", "np.sum")),
        "eve": filled_in(handed_out, "answer = '4.5'", LOSS.replace("0.5", "1 / 0")),
        "fay": filled_in(handed_out, "answer = 4.5", LOSS.replace("kl = ", "while True: kl = ")),
        "gus": filled_in(handed_out, "answer = 4.5", LOSS.replace("loss_by", "lost_by")),
        "hal": filled_in(handed_out, "import os\nos._exit(1)", LOSS),
        "ida": filled_in(handed_out, "answer = 4.5", LOSS),
    }
    made["gus"].metadata["kernelspec"]["name"] = "no such kernel"
    # Whoever takes the test out, or writes another in its place, is tested all the same.
    made["ida"].cells = [c for c in made["ida"].cells if "06.1" not in c.source]
    made["ida"].cells[-1].source = "print('right')"
    for name, notebook in made.items():
        (tmp_path / name).mkdir()
        nbformat.write(notebook, tmp_path / name / "06 (2).ipynb")
    (tmp_path / "jo.ipynb").write_text('{"cells": [', encoding="utf-8")
    found = {}
    for _, student, exercise, points, reason in grade.grade_folder(tmp_path, SANDBOX):
        found.setdefault(student, {})[exercise] = (points, reason)
    right, summed = (1, "right"), "you summed over the images; the loss is their average"
    assert found["ada"] == {"06.1": right, "06.2": right}
    forgot, sign = "you forgot the factor 1/2 in front of the sum", "add the KL to the"
    assert found["bo"]["06.1"] == (0, f"wrong: {forgot}") and sign in found["bo"]["06.2"][1]
    assert found["chi"] == {name: (0, "not answered yet") for name in ("06.1", "06.2")}
    assert "answer" in found["dai"]["06.1"][1] and found["dai"]["06.2"] == (0, f"wrong: {summed}")
    assert "that is text" in found["eve"]["06.1"][1] and found["eve"]["06.2"] == (0, NO_DIVISION)
    assert found["fay"] == {"06.1": right, "06.2": (0, "stopped after 3 seconds")}
    lost = "NameError: name 'loss_by_hand' is not defined"
    assert found["gus"] == {"06.1": right, "06.2": (0, lost)}
    assert found["hal"] == {"": (0, "not graded: it ended its own kernel")}
    assert found["ida"]["06.2"] == right
    assert "it can't be read as a notebook" in found["jo"][""][1]
    page = (course / "feedback/bo/06/06_exercises.html").read_text("utf-8")
    assert forgot in page and sign in page and "Score: 0.0 / 2.0" in page


HOSTILE = """import os, pathlib, shutil, socket
done = []
for canary in {canaries!r}:
    try:
        shutil.rmtree(canary)
        done.append("deleted a folder")
    except OSError:
        pass
try:
    socket.create_connection(("127.0.0.1", {port}), 2).close()
    done.append("called somebody")
except OSError:
    pass
if "TEACHERS_TOKEN" in os.environ:
    done.append("read a token")
trap = pathlib.Path({canaries[0]!r}, "file")
for connection in pathlib.Path("/tmp").glob("tmp*/meeting/kernel.json") if {contained} else []:
    connection.unlink()
    connection.symlink_to({trap!r})
print("done:", done)
answer = 4.5"""


@pytest.mark.parametrize("contained", [pytest.param(True, marks=NO_SANDBOX), False])
def test_a_hostile_notebook_harms_only_its_sandbox(
    contained, handed_out, course, tmp_path, monkeypatch
):
    """Without a sandbox it does harm, which shows that the test would notice."""
    monkeypatch.setenv("TEACHERS_TOKEN", "secret")
    canaries = [tmp_path / "canary", course / "submitted" / "ada"]
    trap = tmp_path / "trap"
    trap.write_text("untouched")
    submissions = tmp_path / "in"
    submissions.mkdir()
    calls = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=lambda: calls.append(server.accept()), daemon=True)
        thread.start()
        names = [str(path) for path in canaries]
        port = server.getsockname()[1]
        words = HOSTILE.format(canaries=names, port=port, contained=contained, trap=str(trap))
        hostile = filled_in(handed_out, words, LOSS)
        more = ["from IPython.display import HTML\nHTML('<script>alert(1)</script>')"]
        more += ["while True: pass", "bytearray(10**10)"] if contained else []
        hostile.cells += [new_code_cell(source) for source in more]
        hostile.cells[0].source += "\n<script>alert(2)</script>"
        nbformat.write(hostile, submissions / "zed.ipynb")
        nbformat.write(filled_in(handed_out, "answer = 4.5", LOSS), submissions / "ada.ipynb")
        nbformat.write(filled_in(handed_out, "answer = 1", LOSS), submissions / "zoe.ipynb")
        canaries[0].mkdir()
        rows = grade.grade_folder(submissions, contained)
        thread.join(0.1)
    assert [row[3] for row in rows if row[1] != "zed"] == [1, 1, 0, 1]
    page = (course / "feedback/zed/06/06_exercises.html").read_text("utf-8")
    assert "<script>alert" not in page
    assert [path.exists() for path in canaries] == [contained] * 2 and len(calls) == (not contained)
    assert ("done: []" in page) == contained and trap.read_text() == "untouched"
    if contained:
        assert "MemoryError" in page


def test_what_is_not_graded_says_why(handed_out, course, tmp_path):
    def refused(notebook):
        nbformat.write(notebook, tmp_path / "x.ipynb")
        with pytest.raises(ValueError) as caught:
            grade.exercises_in(tmp_path / "x.ipynb")
        return str(caught.value)

    foreign, long = copy.deepcopy(handed_out), copy.deepcopy(handed_out)
    foreign.cells = foreign.cells[:2]
    long.cells += [new_code_cell("while True: pass") for _ in range(50)]
    assert "none of the notebooks that make assignment writes" in refused(foreign)
    assert "more than 40 aren't run" in refused(long)
    nbformat.write(handed_out, tmp_path / "x.ipynb")
    (tmp_path / "x").mkdir()
    nbformat.write(handed_out, tmp_path / "x" / "another.ipynb")
    again = "not graded: it's a second one with the exercises 06"
    [*_, last] = grade.grade_folder(tmp_path, SANDBOX)
    assert last == ("x.ipynb", "x", "", 0, again)


def test_the_command(handed_out, course, tmp_path, monkeypatch, capsys):
    with pytest.raises(SystemExit, match="no notebook in .*: name the folder"):
        grade.main([str(tmp_path), "--trust"])
    monkeypatch.setattr(grade, "sandbox_works", lambda: False)
    with pytest.raises(SystemExit, match="no sandbox here(.|\n)*GRADE_FLAGS=--trust"):
        grade.main([str(tmp_path)])
    nbformat.write(filled_in(handed_out, "answer = 4.5", LOSS), tmp_path / "Zoë [2].ipynb")
    grade.main([str(tmp_path), "--trust"])
    assert "course/grades.csv" in capsys.readouterr().out
    with open(course / "grades.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["student"], row["reason"]) for row in rows] == [("Zoë [2]", "right")] * 2
