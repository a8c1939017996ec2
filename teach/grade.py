"""``make grade FROM=folder``: grades notebooks that students handed in, and says why.

Each runs in a sandbox (bubblewrap, on Linux) without network. In there are the system's programs,
Python and this package, all read-only, and a small folder that is gone afterwards; nothing else.
"""

import argparse
import contextlib
import csv
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
from tqdm import tqdm

import vae_tutorial
from teach.assignment import COURSE, must, nbgrader, write_course

SECONDS, CELLS, BYTES = 10, 40, 4 * 2**30  # a cell's time, a notebook's cells, a process's memory
PROGRAMS = ["/usr", "/bin", "/lib", "/lib64", "/etc/alternatives", "/etc/ld.so.cache"]
PYTHON = [sys.base_prefix, sys.prefix, str(Path(vae_tutorial.__file__).parent)]
# An interruption is meant for the kernel, and would end the sandbox around it.
LIMITS = f'trap "" INT; ulimit -v {BYTES // 1024}; exec "$@" > /dev/null'
NO_SANDBOX = """There is no sandbox here: it takes Linux, bubblewrap (apt install bubblewrap), and
the right to start it. Without one, a notebook may delete your files and use your network.
Grade on a machine that has nothing to lose, such as a fresh virtual one, and say:
make grade FROM=folder GRADE_FLAGS=--trust"""


def sandbox_works():
    """Whether bubblewrap is there, and allowed."""
    try:
        command = ["bwrap", "--unshare-all", "--ro-bind", "/", "/", "true"]
        return subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        return False


def sandbox(meeting):
    """The command in front of a kernel's own; they talk through files in the folder ``meeting``."""
    command = "bwrap --unshare-all --die-with-parent --clearenv --setenv HOME /tmp".split()
    command += "--dev /dev --proc /proc --size 100000000 --tmpfs /tmp".split()
    for path in PROGRAMS:
        command += ["--ro-bind-try", path, path]
    for path in PYTHON:
        command += ["--ro-bind", path, path]
    return ["sh", "-c", LIMITS, "sh", *command, "--bind", meeting, meeting, "--"]


@contextlib.contextmanager
def kernel(contained):
    """Nbgrader's settings for a kernel that one notebook gets, whichever it asks for.

    The next one meets in another folder: this one's files may be traps by then.
    """
    with tempfile.TemporaryDirectory() as folder:
        spec = Path(folder, "kernels", "exercises", "kernel.json")
        meeting = Path(folder, "meeting")
        for path in (spec.parent, meeting):
            path.mkdir(parents=True)
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        argv = sandbox(str(meeting)) + argv if contained else argv
        spec.write_text(json.dumps({"argv": argv, "display_name": "", "language": "python"}))
        os.environ["JUPYTER_PATH"] = folder
        reached = {"connection_file": str(meeting / "kernel.json")}
        yield {
            "Execute": {"kernel_name": "exercises", "timeout": SECONDS},
            "KernelManager": reached | ({"transport": "ipc"} if contained else {}),
            "HTMLExporter": {"sanitize_html": True},
        }


def exercises_in(path):
    """The number of the series' notebook whose exercises a notebook holds.

    Raises:
        ValueError: if it can't be read, holds none, or holds too much.
    """
    try:
        cells = nbformat.read(path, as_version=4).cells
    except Exception as error:
        raise ValueError(f"it can't be read as a notebook ({type(error).__name__})") from None
    ids = [str(cell.metadata.get("nbgrader", {}).get("grade_id")) for cell in cells]
    numbers = {id_[5:7] for id_ in ids if re.fullmatch(r"test-\d\d-\d", id_)}
    if len(numbers) != 1:
        raise ValueError("it's none of the notebooks that make assignment writes")
    if len(cells) > CELLS:
        raise ValueError(f"it has {len(cells)} cells; more than {CELLS} aren't run")
    return numbers.pop()


def said_by(error):
    """Why an exercise got no point, from what its last cell raised."""
    if error.ename == "CellTimeoutError":
        return f"stopped after {SECONDS} seconds"
    return f"{error.ename}: {error.evalue}".removeprefix("AssertionError: ")


def submissions_in(folder):
    """(student, path) of each notebook: ``anna/any name.ipynb``, or ``anna.ipynb``."""
    for path in sorted(folder.rglob("*.ipynb")):
        if ".ipynb_checkpoints" not in path.parts:
            yield path.relative_to(folder).with_suffix("").parts[0], path


def grade_one(student, number, path, contained):
    """Grades one notebook: [(exercise, points, reason)].

    Raises:
        RuntimeError: if it ends its kernel, or nbgrader reports something else.
    """
    student = re.sub(r"[^\w .@-]", "_", student)  # nbgrader takes a name for a pattern
    submitted = COURSE / "submitted" / student / number
    shutil.rmtree(submitted, ignore_errors=True)
    submitted.mkdir(parents=True)
    shutil.copy(path, submitted / f"{number}_exercises.ipynb")
    with kernel(contained) as settings:
        api = nbgrader(**settings)
        must(api.autograde(number, student))
        must(api.generate_feedback(number, student))
    with api.gradebook as book:
        grades = book.find_submission(number, student).notebooks[0].grades
        points = {grade.name: grade.score for grade in grades}
    [graded] = (COURSE / "autograded" / student / number).glob("*.ipynb")
    rows = []
    for cell in nbformat.read(graded, as_version=4).cells:
        if (id_ := cell.metadata.get("nbgrader", {}).get("grade_id")) in points:
            errors = [output for output in cell.outputs if output.output_type == "error"]
            exercise = id_.removeprefix("test-").replace("-", ".")
            rows.append((exercise, points[id_], said_by(errors[-1]) if errors else "right"))
    return rows


def grade_folder(folder, contained=True):
    """Grades each notebook in a folder, in a sandbox if ``contained``.

    Grading again replaces what was graded before. The course is the one that was handed out.

    Returns:
        [(file, student, exercise, points, reason)]; what was not graded has no exercise.
    """
    if not (COURSE / "release").exists():
        write_course()
    rows, seen = [], set()
    for student, path in tqdm(list(submissions_in(folder)), unit=" notebooks"):
        name = str(path.relative_to(folder))
        try:
            number = exercises_in(path)
            if (student, number) in seen:
                raise ValueError(f"it's a second one with the exercises {number}")
            seen.add((student, number))
            graded = grade_one(student, number, path, contained)
            rows += [(name, student, *row) for row in graded]
        except (ValueError, RuntimeError) as error:
            died = "DeadKernelError" in str(error)
            reason = "it ended its own kernel" if died else str(error).strip().splitlines()[-1]
            rows.append((name, student, "", 0, f"not graded: {reason}"))
    return rows


def main(words=None):
    """Grade a folder; write the feedback and a table, and say where they are."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="holds anna.ipynb, or anna/any name.ipynb")
    parser.add_argument("--trust", action="store_true", help="run the notebooks without a sandbox")
    told = parser.parse_args(words)
    if not told.trust and not sandbox_works():
        sys.exit(NO_SANDBOX)
    if not any(submissions_in(told.folder)):
        sys.exit(f"There is no notebook in {told.folder}: name the folder with those handed in")
    rows = grade_folder(told.folder, contained=not told.trust)
    with open(COURSE / "grades.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("file", "student", "exercise", "points", "reason"), *rows])
    where = os.path.relpath(COURSE)
    print(f"wrote {where}/grades.csv and, for the students, {where}/feedback")


if __name__ == "__main__":
    sys.exit(main())
