"""Notebooks run in any order, twice, and in surroundings that nobody would choose."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults import times

ROOT = Path(__file__).resolve().parent.parent.parent
PATHS = sorted((ROOT / "notebooks").glob("*.ipynb"))
ORDERS = times(2, 20)
LIMIT = 2 * 2**30  # bytes: what Binder gives


def some(*short):
    """Each notebook; in the short form those of these numbers."""
    paths = [path for path in PATHS if path.name[:2] in times(short, [p.name[:2] for p in PATHS])]
    return pytest.mark.parametrize("path", paths, ids=[path.stem for path in paths])


@some("07")
def test_cells_run_twice_and_in_random_orders(path, tmp_path):
    """They give what they give in order, or one line that names the cell to run first."""
    command = [
        sys.executable,
        "-m",
        "tests.faults.any_order",
        path.name,
        str(ORDERS),
        str(tmp_path),
    ]
    done = subprocess.run(
        command,
        cwd=path.parent,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    print(path.stem, found["counts"])
    assert found["wrong"] == []
    assert found["counts"]["followed"] == ORDERS and found["counts"]["advice"] > 0


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


@some("00")
def test_surroundings_that_nobody_would_choose(path, tmp_path, limited):
    """Little memory, no network, an odd keras.json, a home that can't be written, an odd path."""
    home, folder, keras = (tmp_path / name for name in ("home", "Übung eins – à la carte", "keras"))
    for place in (home, folder, keras, tmp_path / "runtime"):
        place.mkdir()
    shutil.copy(path, folder)
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
