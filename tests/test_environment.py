"""The ways in: make, conda and Binder install the same things, and say clearly why they cannot."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
ENVIRONMENTS = ["environment.yml", "binder/environment.yml"]
FIRST_NOTEBOOK = "notebooks/00_start_here.ipynb"
PYTHONS = ["3.10", "3.11", "3.12", "3.13"]
MACHINES = [
    ("linux", "x86_64", "tensorflow-cpu"),
    ("linux", "aarch64", "tensorflow"),
    ("darwin", "arm64", "tensorflow"),
    ("win32", "AMD64", "tensorflow-cpu"),
]


def requirements(lines) -> set[str]:
    """The lines in one spelling, so that spaces and the order of bounds do not matter."""
    return {str(Requirement(line)) for line in lines}


def environment(name: str) -> dict:
    """The environment file as conda reads it."""
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def pip_lines(name: str) -> list[str]:
    """What the environment file hands to pip."""
    [section] = [entry for entry in environment(name)["dependencies"] if isinstance(entry, dict)]
    return section["pip"]


def locked() -> list[str]:
    """The lock's entries, each on one line: a requirement, then its hashes."""
    lines = LOCK.replace("\\\n", "").splitlines()
    return [line for line in lines if line and not line.lstrip().startswith("#")]


def asked_for(lines, sys_platform: str, machine: str, python: str) -> list[Requirement]:
    """Those of the requirements that this machine and this Python need."""
    here = {
        "sys_platform": sys_platform,
        "os_name": "nt" if sys_platform == "win32" else "posix",
        "platform_machine": machine,
        "python_version": python,
        "python_full_version": f"{python}.0",
    }
    wanted = [Requirement(line) for line in lines]
    return [r for r in wanted if r.marker is None or r.marker.evaluate(here)]


def make(*arguments: str, folder: Path = ROOT, **variables: str) -> subprocess.CompletedProcess:
    """Runs make as a reader would, not as a child of the `make test` that may run these tests."""
    inherited = {"MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "PYTHON"}
    inherited |= {"LAB_FLAGS", "PLAY_FLAGS"}
    clean = {key: value for key, value in os.environ.items() if key not in inherited}
    return subprocess.run(
        ["make", *arguments],
        cwd=folder,
        env=clean | variables,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout on which nothing is installed yet, in an awkward folder."""
    folder = tmp_path / "Übung eins"
    folder.mkdir()
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, folder)
    return folder


def fake_python(folder: Path, script: str) -> str:
    """An interpreter that answers as the script says."""
    path = folder.parent / "other python"
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def fake_environment(folder: Path, script: str) -> None:
    """A virtual environment whose Python does what the script says."""
    program = folder / ".venv/bin/python"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_environment_lists_what_pyproject_asks_for(name):
    assert requirements(pip_lines(name)) == requirements(PROJECT["dependencies"])


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_conda_python_is_one_that_pyproject_admits(name):
    [python] = [
        str(entry).split("=", 1)[1]
        for entry in environment(name)["dependencies"]
        if str(entry).startswith("python=")
    ]
    assert Requirement(f"python {PROJECT['requires-python']}").specifier.contains(python)


def test_conda_and_binder_read_the_same_file():
    root, binder = ((ROOT / name).read_bytes() for name in ENVIRONMENTS)
    assert root == binder


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_each_dependency_says_why_it_is_here(name):
    lines = (ROOT / name).read_text(encoding="utf-8").split("dependencies:\n")[1].splitlines()
    for above, line in zip([""] + lines, lines, strict=False):
        entry = line.strip()
        if entry.startswith("- ") and entry != "- pip:":
            assert " # " in line or above.strip().startswith("# "), f"no reason given for: {entry}"


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_pip_list_holds_nothing_but_requirements(name):
    # An address would send every reader to one machine; "-e" and "-r" would cost Binder its cache.
    for line in pip_lines(name):
        assert not line.startswith("-"), line
        assert "://" not in line and Requirement(line).url is None, line


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize(("sys_platform", "machine", "tensorflow"), MACHINES)
def test_each_machine_gets_one_tensorflow_and_one_keras(sys_platform, machine, tensorflow, python):
    wanted = asked_for(PROJECT["dependencies"], sys_platform, machine, python)
    names = [r.name for r in wanted]
    assert [name for name in names if name.startswith("tensorflow")] == [tensorflow]
    assert names.count("keras") == 1


def test_the_lock_names_versions_and_hashes_and_nothing_else():
    # An option or an address would send every reader to one machine, or switch the check off.
    entry = r"[a-z0-9-]+==[\w.+!]+( ; [^-]+?)?\s+(--hash=sha256:[0-9a-f]{64}\s*)+"
    for line in locked():
        assert re.fullmatch(entry, line), line
    assert not re.search("://|index.url|find.links", LOCK)


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize(("sys_platform", "machine", "_tensorflow"), MACHINES)
def test_the_lock_fulfils_what_pyproject_asks_for(sys_platform, machine, _tensorflow, python):
    here = sys_platform, machine, python
    entries = asked_for([line.split("--hash")[0] for line in locked()], *here)
    versions = {r.name: str(r.specifier).removeprefix("==") for r in entries}
    assert len(versions) == len(entries), "a package in two versions"
    # What builds the project belongs to it: make installs it without looking elsewhere.
    wanted = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["test"]
    for r in asked_for(wanted + PYPROJECT["build-system"]["requires"], *here):
        assert r.name in versions and r.specifier.contains(versions[r.name]), str(r)


def test_binder_installs_the_package_alone():
    script = ROOT / "binder/postBuild"
    assert os.access(script, os.X_OK)
    commands = [
        line
        for line in script.read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    assert commands == ["pip install --no-deps ."]


def test_repo2docker_reads_the_binder_folder():
    program = shutil.which("jupyter-repo2docker")
    if program is None:
        pytest.skip("jupyter-repo2docker is not installed")
    done = subprocess.run(
        [program, "--no-build", "--debug", "."],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    printed = done.stdout + done.stderr
    assert done.returncode == 0, printed
    assert "binder/environment.yml" in printed
    assert "binder/postBuild" in printed


def test_make_alone_explains_each_target():
    printed = make().stdout
    for target in ("lab", "play", "test", "faults", "bench", "clean"):
        assert f"make {target}\t" in printed


def test_lab_opens_the_first_notebook_on_this_machine_only():
    done = make("-n", "lab", LAB_FLAGS="--port=9999")
    assert done.returncode == 0, done.stderr
    assert f"/lab/tree/{FIRST_NOTEBOOK}" in done.stdout
    assert "--port=9999" in done.stdout
    # After the reader's own flags, so that none of them opens the server to the network.
    assert done.stdout.index("--ip=127.0.0.1") > done.stdout.index("--port=9999")
    for opening in ("token", "password", "0.0.0.0", "allow_remote", "disable_check_xsrf"):
        assert opening not in done.stdout


def test_play_shows_the_widgets_on_this_machine_only_and_behind_a_token():
    done = make("-n", "play", PLAY_FLAGS="--port=9999 --Voila.ip=0.0.0.0")
    assert done.returncode == 0, done.stderr
    assert "play/pictures_to_touch.ipynb" in done.stdout
    # After the reader's own flags, so that none of them opens the page to the network.
    own = done.stdout.index("--Voila.ip=0.0.0.0")
    assert own < done.stdout.index("--token") < done.stdout.index("--Voila.ip=127.0.0.1")


def test_test_runs_every_check_in_order():
    done = make("-n", "test")
    assert done.returncode == 0, done.stderr
    rest = done.stdout
    for step in (
        "ruff check .",
        "ruff format --check .",
        "pytest tests",
        "-p tests.nbval_numbers --nbval-current-env --nbval-cell-timeout=300 --nbval notebooks",
        "unset VAE_TUTORIAL_DATA",
        "XDG_CACHE_HOME=",
        "pytest tests/notebooks_in_browser.py",
        "--nbval-lax notebooks",
    ):
        assert step in rest, f"{step} is missing, or out of order"
        rest = rest.split(step, 1)[1]


@pytest.mark.parametrize("target", ["lab", "test", "bench"])
def test_a_missing_python_says_the_way_out(checkout, target):
    done = make(target, "PYTHON=python3.99", folder=checkout)
    [line] = [line for line in done.stderr.splitlines() if not line.startswith("make: ")]
    assert done.returncode != 0
    assert "no python3.99" in line and "3.10 to 3.13" in line
    assert f"make PYTHON=python3.12 {target}" in line
    assert not (checkout / ".venv").exists()


@pytest.mark.parametrize("version", [(2, 7), (3, 9), (3, 14)])
def test_an_unfit_python_says_the_way_out(checkout, version):
    # Only what the check itself asks of it is answered: its version, and whether that will do.
    python = fake_python(
        checkout,
        f'[ "$1" = --version ] && {{ echo "Python {version[0]}.{version[1]}.1"; exit; }}\n'
        f'exec "{sys.executable}" -c "import sys; sys.version_info = {version}; exec(sys.argv[1])"'
        ' "$2"',
    )
    done = make("lab", f"PYTHON={python}", folder=checkout)
    [line] = [line for line in done.stderr.splitlines() if not line.startswith("make: ")]
    assert done.returncode != 0
    assert f"Python {version[0]}.{version[1]}.1" in line and "3.10 to 3.13" in line
    assert "make PYTHON=python3.12 lab" in line
    assert not (checkout / ".venv").exists()


def test_a_python_without_venv_says_the_way_out(checkout):
    python = fake_python(
        checkout,
        f'case "$*" in *ensurepip*) exit 1;; esac\nexec "{sys.executable}" "$@"',
    )
    done = make("lab", f"PYTHON={python}", folder=checkout)
    [line] = [line for line in done.stderr.splitlines() if not line.startswith("make: ")]
    assert done.returncode != 0
    assert "apt install python3-venv" in line
    assert not (checkout / ".venv").exists()


def test_an_install_that_fails_is_taken_up_again(checkout):
    # A virtual environment whose pip fails: no stamp may say that it is ready.
    fake_environment(checkout, '[ "$2" != pip ]')
    for _ in range(2):
        done = make("lab", folder=checkout)
        assert done.returncode != 0
        assert "-m pip install" in done.stdout
        assert not (checkout / ".venv/for-lab").exists()


def test_a_package_cut_off_while_it_was_installed_is_fetched_again(checkout):
    packages = checkout / ".venv/lib/python3.11/site-packages"
    for name in ("cut-1.0.dist-info", "whole-1.0.dist-info"):
        (packages / name).mkdir(parents=True)
        (packages / name / "METADATA").write_text("Metadata-Version: 2.1\n", encoding="utf-8")
    (packages / "whole-1.0.dist-info/RECORD").write_text("whole.py,,\n", encoding="utf-8")
    make("lab", "PYTHON=python3.99", folder=checkout)
    assert [path.name for path in packages.iterdir()] == ["whole-1.0.dist-info"]


def test_a_finished_install_is_not_looked_at_again(checkout):
    fake_environment(checkout, 'echo "$@"')
    (checkout / ".venv/for-lab").touch()
    done = make("lab", "PYTHON=python3.99", folder=checkout)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("-m jupyterlab ")


@pytest.mark.parametrize("target", ["lab", "test"])
def test_make_installs_the_locked_versions_with_their_hashes(checkout, target):
    done = make("-n", target, folder=checkout)
    packages, project = [line for line in done.stdout.splitlines() if " pip install " in line]
    assert "--require-hashes --only-binary :all: --requirement" in packages
    assert '"requirements.lock"' in packages
    assert "--no-deps --no-build-isolation --editable" in project


@pytest.mark.parametrize("name", ["pyproject.toml", "requirements.lock"])
def test_what_is_asked_for_changed_so_it_is_installed_again(checkout, name):
    fake_environment(checkout, 'echo "$@"')
    make(".venv/for-lab", folder=checkout)
    assert make("-q", ".venv/for-lab", ".venv/for-test", folder=checkout).returncode == 0
    for stamp in (".venv/for-lab", ".venv/for-test"):
        os.utime(checkout / stamp, (2e9, 2e9))
    os.utime(checkout / name, (2e9 + 1, 2e9 + 1))
    assert make("-q", ".venv/for-test", folder=checkout).returncode == 1


def test_without_the_lock_the_newest_versions_are_installed_each_time(checkout):
    fake_environment(checkout, 'echo "$@"')
    make(".venv/for-test", folder=checkout)
    for _ in range(2):
        done = make("LOCK=", ".venv/for-test", folder=checkout)
        [line] = [line for line in done.stdout.splitlines() if line.startswith("-m pip install ")]
        assert line.endswith("--upgrade --upgrade-strategy eager --editable .[test]")
    # And they do not pass for the locked ones.
    assert make("-q", ".venv/for-lab", folder=checkout).returncode == 1


def test_clean_leaves_everything_else(checkout):
    kept = [checkout / "notebooks/mine.ipynb", checkout / "runs/weights.npz"]
    removed = [checkout / ".venv/bin/python", checkout / "tests/__pycache__/a.pyc"]
    for path in kept + removed:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    for name in ("vae_tutorial", "benchmarks"):
        (checkout / name).mkdir()
    done = make("clean", folder=checkout)
    assert done.returncode == 0, done.stderr
    assert all(path.exists() for path in kept)
    assert not any(path.exists() for path in removed)


@pytest.mark.parametrize("module", ["vae_tutorial", "vae_tutorial.plots"])
def test_import_leaves_tensorflow_alone(module):
    code = (
        f"import sys, {module}; print(sorted({{'tensorflow', 'keras'}}.intersection(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("path", sorted(ROOT.glob("vae_tutorial/*.py")), ids=lambda path: path.name)
def test_module_is_short_enough_to_read(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 200
