"""Notebooks run with each cell twice, in surroundings that nobody would choose."""

import copy
import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tests.faults import times

ROOT = Path(__file__).resolve().parent.parent.parent
PATHS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LIMIT = 2 * 2**30  # bytes: what Binder gives


def some(*short):
    """Each notebook; in the short form those of these numbers."""
    paths = [path for path in PATHS if path.name[:2] in times(short, [p.name[:2] for p in PATHS])]
    return pytest.mark.parametrize("path", paths, ids=[path.stem for path in paths])


def each_cell_twice(path):
    """The notebook with each code cell twice in a row, and the same outputs stored for both."""
    notebook = nbformat.read(path, as_version=4)
    once = [cell for cell in notebook.cells if cell.cell_type == "code"]
    notebook.cells = [copy.deepcopy(cell) for cell in once for _ in range(2)]
    for i, cell in enumerate(notebook.cells):
        cell.id = f"cell-{i}"
    return notebook


def memory_group(name):
    """A Linux control group that gives its processes LIMIT bytes; None where none can be made."""
    for lines in Path("/proc/self/cgroup").read_text().splitlines() if os.name == "posix" else ():
        _, kind, place = lines.split(":", 2)
        top = {"memory": "/sys/fs/cgroup/memory", "": "/sys/fs/cgroup"}.get(kind)
        if top is None:
            continue
        group = Path(top + place.rstrip("/"), name)
        try:
            group.mkdir()
            limit = "memory.limit_in_bytes" if kind else "memory.max"
            (group / limit).write_text(str(LIMIT))
            return group
        except OSError:
            if group.is_dir():
                group.rmdir()
    return None


@pytest.fixture
def limited():
    """The start of a command line that keeps what follows within LIMIT bytes, if it can."""
    group = memory_group(f"vae_tutorial_{os.getpid()}") if sys.platform == "linux" else None
    if group is None:
        yield []
        return
    enter = f'echo $$ > "{group}/cgroup.procs" && exec "$@"'
    yield ["sh", "-c", enter, "sh"]
    peak = group / "memory.max_usage_in_bytes"
    if peak.exists():
        print(f"at most {int(peak.read_text()) // 2**20:,} MB, files that were read included")
    group.rmdir()


def read_only(home):
    """The start of a command line for which a folder can't be written."""
    mount = 'mount -t tmpfs -o ro none "$HOME" && exec "$@"'
    command = ["unshare", "-m", "sh", "-c", mount, "sh"]
    try:
        tried = subprocess.run([*command, "true"], env=os.environ | {"HOME": str(home)})
        if tried.returncode == 0:
            return command
    except OSError:
        pass
    home.chmod(0o555)  # which keeps out all but the superuser
    return []


@some("00", "07")
def test_each_cell_gives_its_outputs_twice_wherever_it_runs(path, tmp_path, limited):
    """Little memory, no network, an odd keras.json, a home that can't be written, an odd path."""
    home, folder, keras = (tmp_path / name for name in ("home", "Übung eins – à la carte", "keras"))
    for place in (home, folder, keras, tmp_path / "runtime"):
        place.mkdir()
    nbformat.write(each_cell_twice(path), folder / path.name)
    odd = {"floatx": "float16", "epsilon": 1e-3, "image_data_format": "channels_first"}
    (keras / "keras.json").write_text(json.dumps(odd | {"backend": "jax"}), encoding="utf-8")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("XDG", "MPL", "JUPYTER"))}
    surroundings = kept | {
        "HOME": str(home),
        "KERAS_HOME": str(keras),
        "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"),  # Jupyter itself must write somewhere
        "PYTHONPATH": str(ROOT),
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        **{f"{kind}_proxy": "http://127.0.0.1:9" for kind in ("http", "https", "all")},
    }
    if data := os.environ.get("VAE_TUTORIAL_DATA"):
        (tmp_path / "dätä mine").symlink_to(data)
        surroundings["VAE_TUTORIAL_DATA"] = str(tmp_path / "dätä mine")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.nbval_numbers",
        "-p",
        "no:cacheprovider",
    ]
    command += ["--nbval", "--nbval-current-env", "--nbval-cell-timeout=300", "-q", folder.name]
    done = subprocess.run(
        [*limited, *read_only(home), *command],
        cwd=tmp_path,
        env=surroundings,
        capture_output=True,
        text=True,
    )
    print(f"{path.stem}: {done.stdout.splitlines()[-1]}; limited: {bool(limited)}")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert list(home.iterdir()) == []
