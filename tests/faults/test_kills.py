"""Processes killed while they save or download; several that share one cache."""

import hashlib
import http.server
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tests.faults import times
from vae_tutorial import data, store

SAVING = """
import itertools, sys
import numpy as np
from vae_tutorial import data, store

print("ready", flush=True)
for value in itertools.count(int(sys.argv[2])):
    numbers = np.full(150_000, value, np.float32)
    store.save_arrays(sys.argv[1], codes=numbers, more=numbers[:1000])
"""

LOADING = """
import json, pathlib, sys
import pooch, requests
from vae_tutorial import data

told = json.loads(sys.argv[1])
data.URL, data.FILE_HASHES = told["url"], {"mnist.npz": told["file"]}
data.MNIST_ARRAYS = {
    name: data.Expected("uint8", tuple(shape), sha256)
    for name, (shape, sha256) in told["arrays"].items()
}
pooch.os_cache = lambda project: pathlib.Path(told["cache"])
get, session = requests.get, requests.Session()
session.trust_env = False  # a proxy of the machine must not stand between
requests.get = session.get
print("ready", flush=True)
images = data.load_images()
print(images.source, int(images.x_train.sum()), flush=True)
"""


def start(code, *arguments):
    """A Python process that has said that it is ready."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        env={name: value for name, value in os.environ.items() if name != data.VARIABLE},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert (line := process.stdout.readline()) == "ready\n", line + process.stdout.read()
    return process


def kill(process, seconds):
    """End it after a while, at whatever it is doing; not at all if it has ended."""
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.stdout.read()
    process.wait()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="SIGKILL is POSIX's")
def test_a_file_is_the_old_or_the_new_one_whenever_its_save_is_killed(tmp_path):
    path, chance, last = tmp_path / "Übung eins.npz", np.random.default_rng(0), 0
    shapes = {"codes": (150_000,), "more": (1000,)}
    store.save_arrays(path, codes=np.zeros(150_000, np.float32), more=np.zeros(1000, np.float32))
    for _ in range(times(6, 150)):
        kill(start(SAVING, path, last + 1), 0.02 * chance.random())
        found = store.load_arrays(path, shapes)
        values = np.unique(np.concatenate([found["codes"], found["more"]]))
        assert len(values) == 1 and values[0] >= last
        last = int(values[0])
    assert last > 0
    # What the killed ones left is a part each, cleared away once it is old.
    parts = [p for p in tmp_path.iterdir() if p != path]
    assert all(p.name.startswith(f".{path.name}.") and p.suffix == ".part" for p in parts)


class Slow(http.server.BaseHTTPRequestHandler):
    """Sends the server's one file, a piece at a time."""

    def do_GET(self):  # noqa: N802
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.content)))
        self.end_headers()
        for place in range(0, len(self.server.content), 4096):
            self.wfile.write(self.server.content[place : place + 4096])
            time.sleep(self.server.pause)

    def log_message(self, *arguments):
        """Say nothing."""


class QuietServer(http.server.ThreadingHTTPServer):
    """A client that was killed is no error."""

    daemon_threads = True

    def handle_error(self, request, client_address):
        """Say nothing."""


@pytest.fixture(scope="module")
def site():
    """A server on localhost with a small MNIST, and what there is to know of it."""
    chance = np.random.default_rng(0)
    arrays = {
        "x_train": chance.integers(0, 256, (60, 28, 28), np.uint8),
        "y_train": chance.integers(0, 10, 60, np.uint8),
        "x_test": chance.integers(0, 256, (10, 28, 28), np.uint8),
        "y_test": chance.integers(0, 10, 10, np.uint8),
    }
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    server = QuietServer(("127.0.0.1", 0), Slow)
    server.content, server.pause = file.getvalue(), 0.004
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    server.about = {
        "url": f"http://127.0.0.1:{server.server_port}/",
        "file": hashlib.sha256(server.content).hexdigest(),
        "arrays": {
            name: (array.shape, hashlib.sha256(array).hexdigest()) for name, array in arrays.items()
        },
    }
    server.total = int(arrays["x_train"].sum())
    yield server
    server.shutdown()
    server.server_close()
    thread.join(5)


def loader(site, cache):
    """A process that loads the images into a cache, once it has said that it is ready."""
    return start(LOADING, json.dumps(site.about | {"cache": str(cache)}))


def finished(process, site):
    """Where it found the images, which are the right ones."""
    printed = process.stdout.read()
    assert process.wait(60) == 0, printed
    source, total = printed.splitlines()[-1].split()
    assert int(total) == site.total, printed
    return source


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="SIGKILL is POSIX's")
def test_a_cache_is_whole_or_empty_whenever_a_download_is_killed(site, tmp_path):
    """Every other time there is a damaged file before, which must not be lost."""
    chance, seen = np.random.default_rng(0), {"whole": 0, "not yet": 0}
    for turn in range(times(6, 150)):
        cache = tmp_path / f"cäche {turn}"
        cache.mkdir()
        damaged = site.content[:-100]
        if turn % 2:
            (cache / "mnist.npz").write_bytes(damaged)
        kill(loader(site, cache), 0.25 * chance.random())
        contents = {path.name: path.read_bytes() for path in cache.iterdir()}
        kept = contents.pop("mnist.npz", None)
        assert kept in (None, site.content, *([damaged] if turn % 2 else []))
        if turn % 2 and kept != damaged:
            assert damaged in contents.values()
        seen["whole" if kept == site.content else "not yet"] += 1
        if turn < 4:
            assert finished(loader(site, cache), site) in ("download", "cache")
    assert all(seen.values()) or times(True, False), seen


def test_processes_share_one_empty_cache(site, tmp_path):
    """At one moment, round after round; none reads what another has not finished."""
    for turn in range(times(1, 20)):
        cache = tmp_path / f"cache {turn}"
        with ThreadPoolExecutor(8) as pool:
            processes = list(pool.map(lambda _: loader(site, cache), range(8)))  # noqa: B023
            sources = list(pool.map(lambda process: finished(process, site), processes))
        assert set(sources) <= {"download", "cache"}
        assert [path.name for path in cache.iterdir()] == ["mnist.npz"]
        assert (cache / "mnist.npz").read_bytes() == site.content
