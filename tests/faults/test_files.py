"""Processes killed while they write or download, and files made to do harm."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import keras
import numpy as np
import pytest

from tests.data import helpers
from tests.faults import times
from vae_tutorial.data import DataError, images, load_images

WRITING = """
import itertools, sys
from vae_tutorial.data._files import atomic_write

print("ready", flush=True)
for value in itertools.count(int(sys.argv[2])):
    with atomic_write(sys.argv[1]) as file:
        for _ in range(100):
            file.write(value.to_bytes(4, "little") * 1000)
"""
LOADING = """
import pathlib, sys
import pooch, requests
from tests.data import helpers
from vae_tutorial.data import images

helpers.expect_small()
images.URL = sys.argv[2]
pooch.os_cache = lambda project: pathlib.Path(sys.argv[1])
session = requests.Session()
session.trust_env = False  # a proxy of the machine must not stand between
requests.get = session.get
print("ready", flush=True)
found = images.load_images()
print(found.source, helpers.is_right(found))
"""
kills = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="SIGKILL is POSIX's")


def start(code, *arguments):
    """A Python process that has said that it is ready."""
    environment = {name: v for name, v in os.environ.items() if name != images.VARIABLE}
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        env=environment | {"PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert (line := process.stdout.readline()) == "ready\n", line + process.stdout.read()
    return process


def kill(process, seconds):
    """End it after a while, whatever it is doing; not at all if it has ended."""
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.communicate()


@kills
def test_a_file_is_the_old_or_the_new_one_whenever_its_writer_is_killed(tmp_path):
    path, chance, last = tmp_path / "Übung eins.npz", np.random.default_rng(0), 0
    path.write_bytes(bytes(400_000))
    for _ in range(times(10, 150)):
        kill(start(WRITING, path, last + 1), 0.1 * chance.random())
        values = np.fromfile(path, "<u4")
        assert len(values) == 100_000 and (values == values[0]).all() and values[0] >= last
        last = int(values[0])
    assert last > 0
    # What the killed ones left is a hidden part each.
    parts = [p.name for p in tmp_path.iterdir() if p != path]
    assert all(name.startswith(f".{path.name}.") and name.endswith(".part") for name in parts)


@kills
def test_a_cache_is_whole_or_empty_whenever_a_download_is_killed(tmp_path):
    """Every other time there is a damaged file before, which must not be lost."""
    chance, seen, damaged = np.random.default_rng(0), set(), helpers.MNIST[:-100]
    with helpers.Server(pause=0.01) as server:
        for turn in range(times(10, 150)):
            cache = tmp_path / f"cäche {turn}"
            helpers.fill(cache, {"mnist.npz": damaged} if turn % 2 else {})
            kill(start(LOADING, cache, server.url), 0.3 * chance.random())
            contents = {path.name: path.read_bytes() for path in cache.iterdir()}
            kept = contents.pop("mnist.npz", None)
            assert kept in (None, helpers.MNIST, *([damaged] if turn % 2 else []))
            if turn % 2 and kept != damaged:
                assert damaged in contents.values()
            seen.add(kept == helpers.MNIST)
            if turn < 2:
                printed = start(LOADING, cache, server.url).communicate(timeout=60)[0]
                assert printed.split()[-2:] in (["download", "True"], ["cache", "True"])
    assert len(seen) == 2 or times(True, False), seen


@pytest.mark.parametrize("before", [{}, {"mnist.npz": b"bad"}], ids=["empty", "damaged"])
def test_processes_share_one_cache(before, tmp_path):
    """At one moment, round after round; none reads what another has not finished."""
    with helpers.Server(pause=0.004) as server:
        for turn in range(times(1, 20)):
            cache = tmp_path / f"cache {turn}"
            helpers.fill(cache, before)
            processes = [start(LOADING, cache, server.url) for _ in range(times(3, 8))]
            for process in processes:
                printed = process.communicate(timeout=60)[0].split()
                assert printed[-2:] in (["download", "True"], ["cache", "True"]), printed
            found = helpers.snapshot(cache)
            assert found.pop("mnist.npz") == helpers.sha256(helpers.MNIST)
            assert set(found.values()) <= {helpers.sha256(content) for content in before.values()}


# Files made to do harm

ALARMS = {"pickle.find_class", "os.system", "subprocess.Popen", "os.exec", "os.posix_spawn"}
ALARMS |= {"socket.connect", "ctypes.dlopen", "exec", "marshal.loads", "shutil.rmtree"}
PLACES = ("open", "os.listdir", "os.remove", "os.rename", "os.mkdir", "os.symlink")
_watched = {"folder": None, "seen": []}


def _audit(event, arguments):
    if _watched["folder"] is None:
        return
    if event in ALARMS:
        _watched["seen"].append((event, str(arguments)[:80]))
    elif event in PLACES and isinstance(arguments[0], str | bytes | os.PathLike):
        place = os.path.abspath(os.fsdecode(arguments[0]))
        # Python's own files may be read: a traceback shows lines of code.
        if not place.startswith((_watched["folder"], sys.prefix, sys.base_prefix)):
            _watched["seen"].append((event, place))


sys.addaudithook(_audit)  # for good: Python can't take one away


@contextmanager
def watched(folder):
    """[(event, what)] of all that is executed, or opened outside of a folder, in the body."""
    _watched["folder"], _watched["seen"] = str(folder), []
    try:
        yield _watched["seen"]
    finally:
        _watched["folder"] = None


def read_all(path):
    """As a notebook reads what another one saved."""
    with np.load(path) as file:
        return [np.asarray(file[name]).dtype for name in file.files]


@pytest.mark.parametrize("what", helpers.BAD_FILES)
def test_nothing_executes_and_nothing_is_read_elsewhere(what, tmp_path, monkeypatch):
    path, content = tmp_path / "mnist.npz", helpers.BAD_FILES[what][0]
    path.write_bytes(content)
    helpers.expect_small(monkeypatch.setattr)
    monkeypatch.setenv(images.VARIABLE, str(tmp_path))
    for _ in range(2):  # the first time imports what is needed
        with watched(tmp_path) as seen:
            with pytest.raises(DataError):
                load_images()
            with suppress(Exception):  # some are good files, only not MNIST
                assert np.dtype(object) not in read_all(path)
    assert seen == [] and path.read_bytes() == content
    assert [p.name for p in tmp_path.iterdir()] == ["mnist.npz"]


def test_names_in_a_file_lead_nowhere(tmp_path, monkeypatch):
    """A good file may hold more than it should: that is not looked at."""
    content = helpers.pack(**{"../outside": helpers.Y, "/etc/passwd": helpers.Y})
    helpers.fill(tmp_path / "inside", {"mnist.npz": content})
    helpers.expect_small(monkeypatch.setattr)
    monkeypatch.setenv(images.VARIABLE, str(tmp_path / "inside"))
    with watched(tmp_path / "inside") as seen:
        assert helpers.is_right(load_images()) and len(read_all(tmp_path / "inside/mnist.npz")) == 6
    assert seen == [] and [p.name for p in tmp_path.iterdir()] == ["inside"]


def test_keras_opens_no_lambda_layer(tmp_path):
    """The only kind of layer whose file carries code."""
    path = tmp_path / "model.keras"
    keras.Sequential([keras.Input((2,)), keras.layers.Lambda(lambda x: x + 1)]).save(path)
    for _ in range(2):
        with watched(tmp_path) as seen, pytest.raises(ValueError, match="[Ll]ambda.*safe_mode"):
            keras.saving.load_model(path)
    assert seen == []
