"""What GitHub runs: the same commands as here, with pinned actions and few rights."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest
import yaml
from packaging.specifiers import SpecifierSet

from tests.test_environment import PROJECT, PYTHONS, ROOT

PATHS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def workflow(name: str) -> tuple[dict, dict, list[str]]:
    """The workflow as GitHub reads it, its one job, and the commands of that."""
    read = yaml.safe_load((ROOT / ".github/workflows" / name).read_text(encoding="utf-8"))
    [job] = read["jobs"].values()
    return read, job, [step["run"] for step in job["steps"] if "run" in step]


def test_each_action_is_one_commit_the_same_everywhere():
    # A tag can be moved to other code; the comment is for who reads it, and for who renews it.
    lines = [line for path in PATHS for line in path.read_text(encoding="utf-8").splitlines()]
    uses = {line.split("uses:")[1].strip() for line in lines if "uses:" in line}
    for use in uses:
        assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", use), use
    names = ("checkout", "deploy-pages", "setup-python", "upload-pages-artifact")
    assert sorted(use.split("@")[0] for use in uses) == [f"actions/{name}" for name in names]


@pytest.mark.parametrize("name", [path.name for path in PATHS if path.name != "pages.yml"])
def test_a_workflow_only_reads_and_ends(name):
    read, job, _ = workflow(name)
    assert read["permissions"] == {"contents": "read"} and "permissions" not in job
    assert "group" in read["concurrency"]
    assert job["timeout-minutes"] <= 90
    assert job["steps"][0]["with"] == {"persist-credentials": False}


def test_the_tests_run_on_each_python_that_pyproject_admits():
    admitted = SpecifierSet(PROJECT["requires-python"])
    assert [f"3.{minor}" for minor in range(100) if f"3.{minor}" in admitted] == PYTHONS
    _, job, commands = workflow("test.yml")
    assert job["strategy"] == {"fail-fast": False, "matrix": {"python": PYTHONS}}
    assert job["steps"][1]["with"] == {"python-version": "${{ matrix.python }}"}
    assert commands == ["make test"]


def test_once_a_week_the_newest_packages_are_tried():
    read, job, commands = workflow("weekly.yml")
    assert set(read[True]) == {"schedule", "workflow_dispatch"}  # YAML takes the key "on" for true
    assert set(job["strategy"]["matrix"]["python"]) <= set(PYTHONS)
    assert commands == ["make LOCK= test"]


def test_the_style_is_checked_with_the_ruff_of_the_lock(tmp_path):
    _, _, [install, *checks] = workflow("lint.yml")
    assert checks == ["python -m ruff check .", "python -m ruff format --check ."]
    select, command = install.splitlines()
    subprocess.run(["sh", "-c", select], cwd=ROOT, env=os.environ | {"RUNNER_TEMP": str(tmp_path)})
    lines = (tmp_path / "ruff.lock").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("ruff==") and len(lines) > 1
    assert all(line.lstrip().startswith(("--hash=", "#")) for line in lines[1:])
    assert "--require-hashes" in command and "/ruff.lock" in command


def test_the_pages_are_built_by_who_may_only_read_and_published_by_who_builds_nothing():
    text = (ROOT / ".github/workflows/pages.yml").read_text(encoding="utf-8")
    read = yaml.safe_load(text)
    build, publish = (read["jobs"][name] for name in ("build", "publish"))
    assert read["permissions"] == {"contents": "read"} and "permissions" not in build
    assert [step["run"] for step in build["steps"] if "run" in step][0] == "make site"
    assert build["steps"][-1]["with"] == {"path": "build/site"}
    assert publish["needs"] == "build" and not any("run" in step for step in publish["steps"])
    assert publish["permissions"] == {"pages": "write", "id-token": "write"}
    assert read["env"] == {"REPOSITORY": "https://github.com/${{ github.repository }}"}


def test_the_notebooks_for_colab_get_a_branch_of_their_own(tmp_path):
    """The job's own commands, twice, with a folder in the place of GitHub."""
    read = yaml.safe_load((ROOT / ".github/workflows/pages.yml").read_text(encoding="utf-8"))
    job = read["jobs"]["colab"]
    assert job["permissions"] == {"contents": "write"} and job["timeout-minutes"] <= 10
    origin, checkout = tmp_path / "origin.git", tmp_path / "checkout"
    subprocess.run(["git", "init", "--quiet", "--bare", origin], check=True)
    for name in ("notebooks", "pages"):
        shutil.copytree(ROOT / name, checkout / name)
    git = ["git", "-C", str(checkout), "-c", "user.name=x", "-c", "user.email=x@localhost"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"]):
        subprocess.run([*git, *words], check=True)
    subprocess.run([*git, "remote", "add", "origin", str(origin)], check=True)
    address = "https://github.com/somebody/series"
    env = os.environ | {"GITHUB_WORKSPACE": str(checkout), "REPOSITORY": address}
    commands = [step["run"] for step in job["steps"] if "run" in step]
    bare = f"{sys.executable} -S -m pages.links"  # as before anything is installed
    assert commands.pop(0) == "python3 -m pages.links"
    for command in (bare, *commands) * 2:
        subprocess.run(["bash", "-e", "-c", command], cwd=checkout, env=env, check=True)
    shown = ["git", "-C", origin, "show", "colab:notebooks/00_start_here.ipynb"]
    notebook = json.loads(subprocess.run(shown, capture_output=True, check=True).stdout)
    install = "".join(notebook["cells"][1]["source"]).splitlines()[-1]
    assert install == f"%pip install --quiet git+{address}"
    stored = json.loads((ROOT / "notebooks/00_start_here.ipynb").read_text(encoding="utf-8"))
    assert notebook["cells"][2:] == stored["cells"][1:]
    assert "colab" not in json.dumps(stored).lower()


def test_a_devcontainer_installs_what_make_lab_does():
    text = (ROOT / ".devcontainer/devcontainer.json").read_text(encoding="utf-8")
    container = json.loads(text)
    assert container["postCreateCommand"] == "make .venv/for-lab"
    assert container["image"].split(":")[-1] in PYTHONS
