"""What GitHub runs: the same commands as here, with pinned actions and few rights."""

import os
import re
import subprocess

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
