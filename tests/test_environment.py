"""make, conda and Binder install the same packages, and say clearly why they can't."""

import fnmatch
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import setuptools
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
EXTRAS = PROJECT["optional-dependencies"]
LAB = PROJECT["dependencies"] + EXTRAS["lab"]
OWN = EXTRAS["scale"] + EXTRAS["site"] + EXTRAS["teach"] + EXTRAS["test"]
SITE = PROJECT["dependencies"] + EXTRAS["site"]
TEACH = LAB + EXTRAS["teach"][1:]  # the first is the extra "lab"
ALL = LAB + [line for line in OWN if not line.startswith("vae-tutorial[")]
LOCKS = {
    "requirements-lab.lock": LAB,
    "requirements-site.lock": SITE,
    "requirements-teach.lock": TEACH,
    "requirements.lock": ALL,
}
LOCK_FOR = dict(zip(("lab", "site", "teach", "test"), LOCKS, strict=True))
ENVIRONMENTS = ["environment.yml", "binder/environment.yml"]
PYTHONS = ["3.10", "3.11", "3.12", "3.13"]
MACHINES = [("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64"), ("win32", "AMD64")]
PYTHON = ".venv/bin/python"
ECHO = 'echo "$@"'


@pytest.fixture(params=itertools.product(MACHINES, PYTHONS), ids=str)
def here(request):
    """What markers are evaluated with, on one kind of machine and one Python."""
    (sys_platform, machine), python = request.param
    return {
        "sys_platform": sys_platform,
        "os_name": "nt" if sys_platform == "win32" else "posix",
        "platform_machine": machine,
        "python_version": python,
        "python_full_version": f"{python}.0",
    }


def locked(name: str) -> list[str]:
    """A lock's entries, each on one line: a requirement, then its hashes."""
    lines = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", "").splitlines()
    return [line for line in lines if line and not line.lstrip().startswith("#")]


def asked_for(lines, here: dict[str, str]) -> list[Requirement]:
    """Those of the requirements that apply here."""
    wanted = [Requirement(line) for line in lines]
    return [r for r in wanted if r.marker is None or r.marker.evaluate(here)]


def locked_versions(name: str, here: dict[str, str]) -> dict[str, str]:
    """{package: version} of a lock's entries that apply here."""
    entries = asked_for([line.split("--hash")[0] for line in locked(name)], here)
    versions = {r.name: str(r.specifier).removeprefix("==") for r in entries}
    assert len(versions) == len(entries), "a package in two versions"
    return versions


def run(command, folder: Path = ROOT, env=None) -> subprocess.CompletedProcess:
    """Run a program, and keep what it prints."""
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=120)


def make(*arguments: str, folder: Path = ROOT, **variables: str) -> subprocess.CompletedProcess:
    """Run make as a reader would, not as a child of the `make test` that may run these tests."""
    inherited = {"MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "PYTHON"}
    inherited |= {"LAB_FLAGS", "PLAY_FLAGS"}
    clean = {key: value for key, value in os.environ.items() if key not in inherited}
    return run(["make", *arguments], folder, clean | variables)


def message(done: subprocess.CompletedProcess) -> str:
    """The one line with which make failed."""
    assert done.returncode != 0
    [line] = [line for line in done.stderr.splitlines() if not line.startswith("make: ")]
    return line


def script(path: Path, text: str):
    """Write a shell script in place of a program."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout in which nothing is installed yet, in an awkward folder."""
    folder = tmp_path / "Übung eins"
    folder.mkdir()
    for name in ("Makefile", "pyproject.toml", *LOCKS):
        shutil.copy(ROOT / name, folder)
    return folder


# What is asked for


def test_conda_and_binder_install_what_make_lab_installs():
    root, binder = ((ROOT / name).read_bytes() for name in ENVIRONMENTS)
    assert root == binder
    *_, last = yaml.safe_load(root)["dependencies"]
    # As requirements, so that spaces and the order of bounds do not matter.
    assert {Requirement(line) for line in last["pip"]} == {Requirement(line) for line in LAB}
    for line in last["pip"]:
        # An address sends every reader to one machine; "-e" and "-r" cost Binder its cache.
        assert not line.startswith("-") and "://" not in line, line


def test_conda_takes_a_python_that_pyproject_allows():
    [version] = re.findall(r"- python=(\S+)", (ROOT / "environment.yml").read_text())
    assert SpecifierSet(PROJECT["requires-python"]).contains(version)


def test_each_dependency_says_why_it_is_here():
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    lines = text.split("dependencies:\n")[1].splitlines()
    for above, line in zip([""] + lines, lines, strict=False):
        entry = line.strip()
        if entry.startswith("- ") and entry != "- pip:":
            assert " # " in line or above.strip().startswith("# "), f"no reason given for: {entry}"


def test_each_machine_gets_one_tensorflow_and_one_keras(here):
    names = [r.name for r in asked_for(PROJECT["dependencies"], here)]
    half_size = here["platform_machine"] in ("x86_64", "AMD64")
    wanted = "tensorflow-cpu" if half_size else "tensorflow"
    assert [name for name in names if name.startswith("tensorflow")] == [wanted]
    assert names.count("keras") == 1


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_versions_and_hashes_and_nothing_else(name):
    # An option or an address would send every reader to one machine, or switch the check off.
    entry = r"[a-z0-9-]+==[\w.+!]+( ; [^-]+?)?\s+(--hash=sha256:[0-9a-f]{64}\s*)+"
    for line in locked(name):
        assert re.fullmatch(entry, line), line
    comments = (ROOT / name).read_text(encoding="utf-8").replace("--no-emit-index-url", "")
    assert not re.search("://|index.url|find.links", comments)


@pytest.mark.parametrize("name", LOCKS)
def test_the_locks_fulfill_what_pyproject_asks_for(name, here):
    versions = locked_versions(name, here)
    # What builds the project belongs to it: make installs it without looking elsewhere.
    for r in asked_for(LOCKS[name] + PYPROJECT["build-system"]["requires"], here):
        assert r.name in versions and r.specifier.contains(versions[r.name]), str(r)


def test_a_reader_gets_the_tested_versions_without_the_tools_of_the_tests(here):
    lab, site, teach, tested = (locked_versions(name, here) for name in LOCKS)
    assert all(some.items() <= tested.items() for some in (lab, site, teach))
    assert not {"pytest", "ruff", "hypothesis", "playwright", "onnxruntime", "tf2onnx"} & {*lab}
    assert not {"sphinx", "distributed"} & {*lab} and not {"jupyterlab", "pytest"} & {*site}


def test_all_files_of_the_package_are_installed():
    found = PYPROJECT["tool"]["setuptools"]
    packages = setuptools.find_packages(ROOT, **found["packages"]["find"])
    data = found["package-data"]["vae_tutorial"]
    for path in (ROOT / "vae_tutorial").rglob("*"):
        name = path.relative_to(ROOT / "vae_tutorial").as_posix()
        if path.suffix == ".py":
            assert ".".join(path.parent.relative_to(ROOT).parts) in packages, name
        elif path.is_file() and "__pycache__" not in name:
            assert any(fnmatch.fnmatch(name, pattern) for pattern in data), name


# The package in its environment


def test_the_package_needs_nothing_but_its_core_dependencies():
    """As on somebody else's Jupyter: each module, with the packages of the extras out of reach."""
    extras = [Requirement(line).name for line in itertools.chain(*EXTRAS.values())]
    # Core packages import these themselves; psutil is used where it happens to be.
    blocked = {name.replace("-", "_") for name in extras} - {"vae_tutorial", "packaging"}
    code = f"""
import importlib, pkgutil, sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {blocked | {"yaml"}}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Blocker())
import vae_tutorial.machine
vae_tutorial.machine.check_setup()
for module in pkgutil.walk_packages(vae_tutorial.__path__, "vae_tutorial."):
    importlib.import_module(module.name)
"""
    done = run([sys.executable, "-c", code])
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_import_leaves_tensorflow_alone():
    names = [f"vae_tutorial.{n}" for n in "plots data machine widgets exercises channel".split()]
    code = "import importlib, json, sys; loaded = {}\n"
    code += f"for name in {names}: importlib.import_module(name); "
    code += 'loaded[name] = sorted({"tensorflow", "keras"} & {*sys.modules})\n'
    done = run([sys.executable, "-c", code + "print(json.dumps(loaded))"])
    assert json.loads(done.stdout) == dict.fromkeys(names, []), done.stderr


# Binder


def test_binder_installs_the_package_alone():
    path = ROOT / "binder/postBuild"
    assert os.access(path, os.X_OK)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not line.startswith("#")] == ["pip install --no-deps ."]


# What make runs


def test_make_alone_explains_each_command():
    printed = make().stdout
    for target in ("lab", "play", "test", "faults", "weights", "bench", "clean"):
        assert f"make {target}\t" in printed


def test_lab_opens_the_first_notebook_on_this_machine_only():
    done = make("-n", "lab", LAB_FLAGS="--port=9999")
    assert done.returncode == 0, done.stderr
    assert "/lab/tree/notebooks/00_start_here.ipynb" in done.stdout
    assert "--port=9999" in done.stdout
    # After the reader's own flags, so that none of them opens the server to the network.
    assert done.stdout.index("--ip=127.0.0.1") > done.stdout.index("--port=9999")
    for opening in ("token", "password", "0.0.0.0", "allow_remote", "disable_check_xsrf"):
        assert opening not in done.stdout


def test_play_writes_the_page_and_opens_no_server():
    done = make("-n", "play", PLAY_FLAGS="--path=here.html")
    assert done.returncode == 0, done.stderr
    assert "-m play.pictures_to_touch" in done.stdout and "--path=here.html" in done.stdout
    assert "127.0.0.1" not in done.stdout


def test_test_runs_every_check_in_order():
    done = make("-n", "test")
    assert done.returncode == 0, done.stderr
    rest = done.stdout
    for step in (
        "ruff check .",
        "ruff format --check .",
        "pytest tests --numprocesses 2 --dist loadfile",
        "-p tests.nbval_numbers --nbval-current-env --nbval-cell-timeout=300 --nbval notebooks",
        "unset VAE_TUTORIAL_DATA",
        "XDG_CACHE_HOME=",
        "https_proxy=",
        "pytest tests/notebooks_in_browser.py",
        "--nbval-lax notebooks",
    ):
        assert step in rest, f"{step} is missing, or out of order"
        rest = rest.split(step, 1)[1]


def test_clean_leaves_everything_else(checkout):
    kept = [checkout / "notebooks/mine.ipynb", checkout / "runs/weights.npz"]
    removed = [checkout / PYTHON, checkout / "tests/__pycache__/a.pyc"]
    for path in kept + removed:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    for name in ("vae_tutorial", "benchmarks"):
        (checkout / name).mkdir()
    done = make("clean", folder=checkout)
    assert done.returncode == 0, done.stderr
    assert all(path.exists() for path in kept)
    assert not any(path.exists() for path in removed)


# How make installs


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        (None, "There is no {}: install Python 3.10 to 3.13"),
        # Answers only what the check asks of it: its version, and whether that will do.
        ("2.7", "{} is Python 2.7: install Python 3.10 to 3.13"),
        ("3.9", "{} is Python 3.9: install Python 3.10 to 3.13"),
        ("3.14", "{} is Python 3.14: install Python 3.10 to 3.13"),
        ("no venv", "{} lacks its venv module: on Debian and Ubuntu, apt install python3-venv"),
    ],
)
def test_an_unfit_python_says_what_to_do(checkout, answers, words):
    program = checkout.parent / "other python"
    if answers == "no venv":
        script(program, f'case "$*" in *ensurepip*) exit 1;; esac\nexec "{sys.executable}" "$@"')
    elif answers:
        version = tuple(map(int, answers.split(".")))
        fake = f"import sys; sys.version_info = {version}; exec(sys.argv[1])"
        says = f'[ "$1" = --version ] && {{ echo "Python {answers}"; exit; }}\n'
        script(program, f'{says}exec "{sys.executable}" -c "{fake}" "$2"')
    line = message(make("bench", f"PYTHON={program}", folder=checkout))
    assert line == words.format(program) + ", or try: make PYTHON=python3.12 bench"
    assert not (checkout / ".venv").exists()


def test_an_intel_mac_is_told_so_before_anything_is_installed(checkout):
    script(checkout.parent / "bin/uname", 'case "$1" in -s) echo Darwin;; -m) echo x86_64;; esac')
    path = f"{checkout.parent / 'bin'}{os.pathsep}{os.environ['PATH']}"
    assert "Intel" in message(make("lab", folder=checkout, PATH=path))
    assert not (checkout / ".venv").exists()


def test_an_install_that_fails_is_resumed(checkout):
    # A virtual environment whose pip fails: no stamp may say that it is ready.
    script(checkout / PYTHON, '[ "$2" != pip ]')
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


def test_a_finished_install_is_not_checked_again(checkout):
    script(checkout / PYTHON, ECHO)
    (checkout / ".venv/for-lab").touch()
    done = make("lab", "PYTHON=python3.99", folder=checkout)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("-m jupyterlab ")


@pytest.mark.parametrize("target", LOCK_FOR)
def test_make_installs_the_locked_versions_with_their_hashes(checkout, target):
    done = make("-n", f".venv/for-{target}", folder=checkout)
    packages, project = [line for line in done.stdout.splitlines() if " pip install " in line]
    lock = LOCK_FOR[target]
    assert packages.endswith(f'--require-hashes --only-binary :all: --requirement "{lock}"')
    assert "--no-deps --no-build-isolation --editable" in project


def test_what_is_installed_for_the_tests_serves_for_all(checkout):
    script(checkout / PYTHON, ECHO)
    make(".venv/for-lab", folder=checkout)
    assert make("-q", ".venv/for-test", folder=checkout).returncode == 1
    make("clean", folder=checkout)
    script(checkout / PYTHON, ECHO)
    make(".venv/for-test", folder=checkout)
    stamps = [f".venv/for-{target}" for target in LOCK_FOR]
    assert make("-q", *stamps, folder=checkout).returncode == 0


@pytest.mark.parametrize("stamp", [f"for-{target}" for target in LOCK_FOR])
def test_it_is_installed_again_once_other_packages_are_asked_for(checkout, stamp):
    script(checkout / PYTHON, ECHO)
    lock = LOCK_FOR[stamp.removeprefix("for-")]
    for name in ("pyproject.toml", lock):
        make(f".venv/{stamp}", folder=checkout)
        assert make("-q", f".venv/{stamp}", folder=checkout).returncode == 0
        future = (checkout / f".venv/{stamp}").stat().st_mtime + 1
        os.utime(checkout / name, (future, future))
        assert make("-q", f".venv/{stamp}", folder=checkout).returncode == 1
        os.utime(checkout / name, (0, 0))


def test_without_the_locks_the_newest_versions_are_installed_each_time(checkout):
    script(checkout / PYTHON, ECHO)
    make(".venv/for-test", folder=checkout)
    for extra in ("test", "lab", "test"):
        done = make("LOCK=", f".venv/for-{extra}", folder=checkout)
        [line] = [line for line in done.stdout.splitlines() if line.startswith("-m pip install ")]
        assert line.endswith(f"--upgrade --upgrade-strategy eager --editable .[{extra}]")
    # And they do not pass for the locked ones.
    assert make("-q", ".venv/for-lab", folder=checkout).returncode == 1


def test_who_cites_it_names_the_version_that_is_there():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert (cited["version"], cited["license"]) == (PROJECT["version"], PROJECT["license"])
    assert [author["name"] for author in cited["authors"]] == [
        a["name"] for a in PROJECT["authors"]
    ]
