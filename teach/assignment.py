"""``make assignment``: the exercises as nbgrader assignments, one for each notebook of the series.

Writes a course into ``build/course``, with the notebooks to hand out under ``release``.
"""

import os
import re
import shutil
import sys
import sysconfig
import warnings

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from traitlets.config import Config

from pages import COMMENT, NOTEBOOKS, ROOT

COURSE = ROOT / "build" / "course"
EXERCISE = re.compile(r'\ncheck\("(\d\d\.\d)", (\w+)\)\s*$')
IMPORTS = (
    "import numpy as np\nfrom scipy.stats import norm\n\nfrom vae_tutorial.exercises import check"
)
WORDS = (
    "# Exercises for notebook {number}\n\nPut your answer in place of each `...`, and run both "
    "cells below the question. The second says whether it's right, and if it isn't, why. Then "
    "hand in this notebook. You may call it what you like."
)
# nbgrader keeps what stands between the marks from the students, and runs it when it grades.
TEST = """check("{name}", {answer})
### BEGIN HIDDEN TESTS
from vae_tutorial.exercises import verdict

found = verdict("{name}", {answer})
assert found == "right", found
### END HIDDEN TESTS"""


def marked(cell, id_, **kind):
    """A cell that nbgrader knows by its id."""
    kind = {"grade": False, "solution": False, "locked": True, "task": False} | kind
    cell.metadata["nbgrader"] = {"schema_version": 3, "grade_id": id_} | kind
    return cell


def exercises_of(notebook, number):
    """The exercises at the end of a notebook, as a notebook that nbgrader can take apart."""
    cells = [
        marked(new_markdown_cell(WORDS.format(number=number)), "words"),
        new_code_cell(IMPORTS),
    ]
    for question, cell in zip(notebook.cells, notebook.cells[1:], strict=False):
        if found := EXERCISE.search(cell.source):
            name, answer = found.groups()
            id_ = name.replace(".", "-")
            text = COMMENT.sub("", question.source)
            cells.append(marked(new_markdown_cell(text[text.index("**") :]), f"question-{id_}"))
            stub = new_code_cell(cell.source[: found.start()].strip())
            cells.append(marked(stub, f"answer-{id_}", solution=True, locked=False))
            test = new_code_cell(TEST.format(name=name, answer=answer))
            cells.append(marked(test, f"test-{id_}", grade=True, points=1))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def nbgrader(**settings):
    """nbgrader, working in ``COURSE``."""
    from nbgrader.apps.api import NbGraderAPI

    if not shutil.which("alembic"):  # nbgrader calls it by its name
        os.environ["PATH"] += os.pathsep + sysconfig.get_path("scripts")
    warnings.filterwarnings("ignore", module="nbgrader", message="Object of type .* not in session")
    config = Config(CourseDirectory={"root": str(COURSE)}, **settings)
    return NbGraderAPI(config=config)


def must(result):
    """Raise what nbgrader reports."""
    if not result["success"]:
        raise RuntimeError("\n".join(filter(None, map(result.get, ("log", "error")))))


def write_course():
    """Write the course, or write it again; returns the names of its assignments."""
    shutil.rmtree(COURSE / "source", ignore_errors=True)
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        number = path.stem[:2]
        source = COURSE / "source" / number
        source.mkdir(parents=True)
        notebook = exercises_of(nbformat.read(path, as_version=4), number)
        nbformat.write(notebook, source / f"{number}_exercises.ipynb")
    api = nbgrader(ClearSolutions={"enabled": False})  # the notebooks hold none
    names = sorted(path.name for path in (COURSE / "source").iterdir())
    for name in names:
        must(api.generate_assignment(name))
    return names


def main():
    """Write the course, and say where it is."""
    count = len(write_course())
    print(
        f"wrote {count} notebooks of exercises to hand out into {os.path.relpath(COURSE)}/release"
    )


if __name__ == "__main__":
    sys.exit(main())
