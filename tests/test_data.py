"""Where images come from, and what becomes of files that are not what they should be."""

import gzip
import hashlib
import http.server
import io
import os
import pickle
import subprocess
import sys
import threading
import time
import tracemalloc
import zipfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pooch
import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from vae_tutorial import data

REAL_FOLDER = os.environ.get(data.VARIABLE)
MEGABYTE = 2**20
GENERATOR = np.random.default_rng(0)
ARRAYS = {  # as in the real files, but few: pixels or labels
    name: GENERATOR.integers(0, 256 if len(shape) > 1 else 10, (shape[0] // 2000, *shape[1:]), "u1")
    for name, shape in data.SHAPES.items()
}


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def pack(arrays=ARRAYS):
    """Return the bytes of an npz file of `arrays`."""
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def pack_members(**members):
    """Return the bytes of an npz file whose arrays are ARRAYS, but for the raw `members`."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in ARRAYS.items():
            archive.writestr(f"{name}.npy", members.get(name) or npy(array))
    return file.getvalue()


def npy(array):
    """Return the bytes of an npy file."""
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def header(shape):
    """Return the header of an npy file, which claims this shape, without anything after it."""
    file = io.BytesIO()
    claim = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, claim)
    return file.getvalue()


def flipped(content, place):
    """Return `content` with one bit changed."""
    return content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :]


class Payload:
    """Unpickling this would end the tests."""

    def __reduce__(self):
        return os._exit, (3,)


MNIST = pack()
SPEC = {name: data.Expected("uint8", array.shape, sha256(array)) for name, array in ARRAYS.items()}
IDX = {
    file: gzip.compress(bytes(4 + 4 * ARRAYS[name].ndim) + ARRAYS[name].tobytes())
    for file, name in data.FASHION_ARRAYS.items()
}
GOOD = {"mnist": {"mnist.npz": MNIST}, "fashion_mnist": IDX}
SITE = {"mnist.npz": MNIST, **IDX}
LONG_HEADER = b"\x93NUMPY\x02\x00" + (16 * MEGABYTE).to_bytes(4, "little") + b" " * 16 * MEGABYTE
OBJECTS = np.array([Payload()], dtype=object)
BOMBS = {
    "terabyte": (pack_members(x_train=header((10**12,))), r"must be uint8 \(30, 28, 28\)"),
    "terabyte at the end": (pack_members(y_test=header((2**40,))), r"y_test must be uint8 \(5,\)"),
    "zeros": (pack_members(x_train=npy(np.zeros(32 * MEGABYTE, "u1"))), "x_train must be uint8"),
    "more than the header says": (
        pack_members(x_train=npy(ARRAYS["x_train"]) + bytes(32 * MEGABYTE)),
        "x_train claims 33,",
    ),
    "long header": (pack_members(y_train=LONG_HEADER), "damaged"),
}
BAD_FILES = {
    **BOMBS,
    "empty": (b"", "empty"),
    "truncated": (MNIST[: len(MNIST) // 2], "cut short"),
    "bit flipped": (flipped(MNIST, len(MNIST) // 2), "damaged"),
    "web page": (b"<!DOCTYPE html><html>Log in</html>", "this is a web page, not data"),
    "web page after spaces": (b"\xef\xbb\xbf\r\n  <html></html>", "this is a web page, not data"),
    "text": (b"not found", "damaged"),
    "one array": (npy(ARRAYS["x_train"]), "damaged"),
    "pickle": (pack({**ARRAYS, "y_test": OBJECTS}), "y_test is a pickle of Python objects"),
    "bare pickle": (pickle.dumps(Payload()), "damaged"),
    "missing array": (
        pack({"x_train": ARRAYS["x_train"], "images": ARRAYS["x_test"]}),
        "needs the arrays x_train, y_train, x_test, y_test, and holds x_train, images",
    ),
    "no array": (pack({}), "holds none"),
    "wrong shape": (
        pack({**ARRAYS, "x_test": ARRAYS["x_test"].reshape(5, 784)}),
        r"x_test must be uint8 \(5, 28, 28\), not uint8 \(5, 784\)",
    ),
    "wrong dtype": (
        pack({**ARRAYS, "x_test": ARRAYS["x_test"] / 255}),
        r"x_test must be uint8 \(5, 28, 28\), not float64",
    ),
    "other pixels": (
        pack({**ARRAYS, "x_test": 255 - ARRAYS["x_test"]}),
        f"x_test has sha256 [0-9a-f]{{64}}, not {SPEC['x_test'].sha256}",
    ),
    "too large": (bytes(2 * MEGABYTE), "has more than"),
}
each_bad_file = pytest.mark.parametrize(
    ("content", "words"), BAD_FILES.values(), ids=list(BAD_FILES)
)
each_set = pytest.mark.parametrize("name", list(GOOD))


@pytest.fixture(autouse=True)
def small_sets(monkeypatch):
    """The tests' own small files are the ones to expect, and no variable is set."""
    monkeypatch.setattr(data, "MNIST_ARRAYS", SPEC)
    hashes = {file: sha256(content) for file, content in SITE.items()}
    monkeypatch.setattr(data, "FILE_HASHES", hashes)
    monkeypatch.delenv(data.VARIABLE, raising=False)


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    """The cache folder of each test, not yet there."""
    folder = tmp_path / "my cäche" / "vae"
    monkeypatch.setattr(pooch, "os_cache", lambda project: folder)
    return folder


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    """No test reaches the network."""

    def refuse(url, **options):
        raise requests.ConnectionError(f"no route to {url}")

    monkeypatch.setattr(requests, "get", refuse)


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """The folder that the variable names, empty."""
    folder = tmp_path / "my dätä"
    folder.mkdir()
    monkeypatch.setenv(data.VARIABLE, str(folder))
    return folder


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers with the server's `site`: {file: bytes, or a (status, headers, bytes)}."""

    def do_GET(self):  # noqa: N802
        self.server.asked.append(self.path[1:])
        answer = self.server.site[self.path[1:]]
        status, headers, body = answer if isinstance(answer, tuple) else (200, {}, answer)
        self.send_response(status)
        for field, value in {"Content-Length": len(body), **headers}.items():
            self.send_header(field, str(value))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        """Keep stderr clean, which the tests look at."""


@pytest.fixture
def server(monkeypatch, offline):
    """A server on localhost in the place of the real one; it stops with the test."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.site, server.asked = dict(SITE), []
    session = requests.Session()
    session.trust_env = False  # a proxy of the machine must not stand between

    def get(url, **options):
        assert url.startswith("https://")
        assert options.get("verify", True) is True
        assert options["timeout"] > 0
        here = f"http://127.0.0.1:{server.server_port}/"
        return session.get(url.replace(data.URL, here), **options)

    monkeypatch.setattr(requests, "get", get)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(5)


def fill(folder, files):
    """Write {file name: bytes} into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for file, content in files.items():
        (folder / file).write_bytes(content)


def snapshot(folder):
    """Return {file name: sha256} of a folder, {} where there is none."""
    files = folder.iterdir() if folder.exists() else []
    return {file.name: sha256(file.read_bytes()) for file in files}


def set_aside(folder):
    """Return the sha256 of each file that was set aside in a folder."""
    return [found for file, found in snapshot(folder).items() if ".corrupt-" in file]


def is_right(images):
    """Return whether these are the tests' own images, labels and all."""
    return all(np.array_equal(getattr(images, name), array) for name, array in ARRAYS.items())


@each_set
@pytest.mark.parametrize("places", ["folder cache online", "cache online", "online", ""])
def test_the_first_place_that_has_it_serves(name, places, folder, cache, request, capfd):
    for place, where in [("folder", folder), ("cache", cache)]:
        if place in places:
            fill(where, GOOD[name])
    if "online" in places:
        request.getfixturevalue("server")
    before = snapshot(folder)
    images = data.load_images(name)
    expected = {"online": "download", "": "embedded"}
    first = (places.split() or [""])[0]
    assert images.source == expected.get(first, first)
    assert (images.name, is_right(images)) == ((name, True) if places else ("digits", False))
    assert snapshot(folder) == before
    output = capfd.readouterr()
    assert output.err == ""
    lines = ["VAE_TUTORIAL_DATA"] * ("folder" not in places) + [name] * (not places)
    assert [line.split()[0].strip(":") for line in output.out.splitlines()] == lines


@each_set
def test_a_download_is_kept_and_asked_for_once(name, server, cache):
    assert data.load_images(name).source == "download"
    assert snapshot(cache) == {file: sha256(content) for file, content in GOOD[name].items()}
    assert data.load_images(name).source == "cache"
    assert server.asked == list(GOOD[name])


def test_pooch_logs_nothing(server, caplog, monkeypatch):
    monkeypatch.setattr(pooch.get_logger(), "handlers", [caplog.handler])
    pooch.get_logger().setLevel("INFO")
    assert data.load_images().source == "download"
    assert caplog.records == []


def test_only_what_the_cache_lacks_is_downloaded(server, cache):
    fill(cache, dict(list(IDX.items())[:3]))
    images = data.load_images("fashion_mnist")
    assert (images.source, is_right(images)) == ("download", True)
    assert server.asked == list(IDX)[3:]


def test_another_compression_of_the_same_arrays_serves(folder, cache):
    again = pack_members()
    assert again != MNIST
    fill(folder, {"mnist.npz": again})
    assert is_right(data.load_images())


@pytest.mark.parametrize("setting", ["", "nowhere"])
def test_a_folder_that_is_not_there(setting, monkeypatch, cache, tmp_path, capsys):
    fill(cache, GOOD["mnist"])
    monkeypatch.setenv(data.VARIABLE, str(tmp_path / setting) if setting else "")
    assert data.load_images().source == "cache"
    output = capsys.readouterr().out
    assert output.count("\n") == bool(setting)
    assert str(tmp_path) not in output
    assert ("VAE_TUTORIAL_DATA" in output and "mnist.npz" in output) == bool(setting)


@each_bad_file
def test_a_bad_file_in_the_folder_is_named_and_left_alone(content, words, folder, cache, server):
    fill(folder, {"mnist.npz": content, "mine.txt": b"mine"})
    before = snapshot(folder)
    with pytest.raises(data.DataError, match=words) as caught:
        data.load_images()
    message = str(caught.value)
    assert str(folder / "mnist.npz") in message
    assert f"{len(content):,} bytes" in message
    assert sha256(content) in message or "more than" in message
    assert data.FILE_HASHES["mnist.npz"] in message
    assert "unset VAE_TUTORIAL_DATA" in message
    assert "allow_pickle" not in message
    assert snapshot(folder) == before
    assert (snapshot(cache), server.asked) == ({}, [])


@each_bad_file
def test_a_bad_file_in_the_cache_is_set_aside(content, words, cache, server, capfd):
    fill(cache, {"mnist.npz": content})
    images = data.load_images()
    assert (images.source, is_right(images)) == ("download", True)
    assert set_aside(cache) == [sha256(content)]
    assert snapshot(cache)["mnist.npz"] == sha256(MNIST)
    output = capfd.readouterr()
    assert output.err == ""
    assert output.out.startswith("mnist.npz in the cache was damaged")
    assert output.out.count("\n") == 1


def test_a_bad_file_in_the_cache_is_kept_offline_too(cache, capsys):
    fill(cache, {"mnist.npz": b"bad"})
    assert data.load_images().source == "embedded"
    fill(cache, {"mnist.npz": b"worse"})
    assert data.load_images().source == "embedded"
    assert sorted(set_aside(cache)) == sorted([sha256(b"bad"), sha256(b"worse")])
    assert len(snapshot(cache)) == 2
    assert str(cache) not in capsys.readouterr().out


@pytest.mark.parametrize("file", list(IDX))
@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda content: flipped(content, 20), "the file has sha256"),
        (lambda content: content[:-1], "the file has sha256"),
        (lambda content: b"", "the file has sha256"),
        (lambda content: b"<html>", "this is a web page, not data"),
    ],
)
def test_a_bad_idx_file(file, spoil, words, folder, cache, server, capsys):
    fill(folder, {**IDX, file: spoil(IDX[file])})
    fill(cache, {**IDX, file: spoil(IDX[file])})
    before = snapshot(folder)
    with pytest.raises(data.DataError, match=words) as caught:
        data.load_images("fashion_mnist")
    assert str(folder / file) in str(caught.value) and sha256(IDX[file]) in str(caught.value)
    assert snapshot(folder) == before
    (folder / file).unlink()
    images = data.load_images("fashion_mnist")
    assert (images.source, is_right(images), server.asked) == ("download", True, [file])
    assert set_aside(cache) == [sha256(spoil(IDX[file]))]


@pytest.mark.parametrize(("content", "words"), BOMBS.values(), ids=list(BOMBS))
def test_a_bomb_is_refused_before_it_takes_memory(content, words, tmp_path):
    fill(tmp_path, {"bomb.npz": content})
    tracemalloc.start()
    with pytest.raises(data.DataError, match=words):
        data.read_npz(tmp_path / "bomb.npz", SPEC)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * MEGABYTE


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    return tmp_path_factory.mktemp("scratch") / "any.npz"


@settings(deadline=None, max_examples=200)
@given(place=st.integers(0, len(MNIST) - 1))
def test_no_flipped_bit_gets_through(scratch, place):
    scratch.write_bytes(flipped(MNIST, place))
    try:
        arrays = data.read_npz(scratch, SPEC)
    except data.DataError:
        return
    assert all(np.array_equal(arrays[name], ARRAYS[name]) for name in ARRAYS)


@settings(deadline=None, max_examples=100)
@given(length=st.integers(0, len(MNIST) - 1))
def test_no_truncated_file_gets_through(scratch, length):
    scratch.write_bytes(MNIST[:length])
    with pytest.raises(data.DataError, match="Fetch the file again"):
        data.read_npz(scratch, SPEC)


def test_read_npz_without_hashes_and_by_columns(tmp_path):
    content = {"table": np.asfortranarray(np.arange(6.0).reshape(2, 3)), "one": np.float32(1)}
    fill(tmp_path, {"any.npz": pack(content)})
    spec = {"table": data.Expected("float64", (2, 3)), "one": data.Expected("float32", ())}
    arrays = data.read_npz(tmp_path / "any.npz", spec)
    assert arrays["table"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert arrays["one"] == 1


def test_read_npz_of_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="none.npz"):
        data.read_npz(tmp_path / "none.npz", SPEC)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((200, {}, b"<html>Log in</html>"), "not the expected file"),
        ((200, {"Content-Length": len(MNIST)}, MNIST[:1000]), "no network"),
        ((404, {}, b"gone"), "HTTPError"),
        ((302, {"Location": "/train-labels-idx1-ubyte.gz"}, b""), "not the expected file"),
        ((200, {}, flipped(MNIST, 1000)), "not the expected file"),
    ],
    ids=["web page", "cut short", "not found", "led elsewhere", "bit flipped"],
)
def test_a_bad_download_leaves_nothing(answer, words, server, cache, capfd):
    server.site["mnist.npz"] = answer
    images = data.load_images()
    assert (images.source, server.asked, snapshot(cache)) == ("embedded", ["mnist.npz"], {})
    output = capfd.readouterr()
    assert (output.err, output.out.count("\n")) == ("", 1)
    assert words in output.out


@pytest.mark.parametrize(("limit", "value"), [("LARGEST_FILE", 10_000), ("PATIENCE", -1)])
def test_a_download_has_limits(limit, value, server, cache, monkeypatch):
    monkeypatch.setattr(data, limit, value)
    assert data.load_images().source == "embedded"
    assert (server.asked, snapshot(cache)) == (["mnist.npz"], {})


def test_a_cache_that_cannot_be_written(server, cache, capsys):
    cache.parent.write_bytes(b"a file where the folder should be")
    assert data.load_images().source == "embedded"
    assert "no writable cache" in capsys.readouterr().out


def test_several_share_one_bad_cache(server, cache):
    fill(cache, {"mnist.npz": b"bad"})
    start = threading.Barrier(6)

    def load(_):
        start.wait(5)
        return data.load_images()

    with ThreadPoolExecutor(6) as pool:
        assert all(is_right(images) for images in pool.map(load, range(6)))
    assert sha256(b"bad") in set_aside(cache)
    assert snapshot(cache)["mnist.npz"] == sha256(MNIST)


def test_what_another_process_has_mended_is_not_set_aside(cache, monkeypatch):
    fill(cache, {"mnist.npz": b"bad"})

    def mended_meanwhile(path):
        os.replace(path, path.with_name("bad"))
        fill(cache, {"mnist.npz": MNIST})
        raise data.DataError("what was read before")

    with monkeypatch.context() as patch:
        patch.setattr(data, "_read", mended_meanwhile)
        assert data._cached(cache / "mnist.npz") is None
    assert set_aside(cache) == []
    assert data.load_images().source == "cache"


@pytest.mark.parametrize("name", ["MNIST", "", None, 3, ["mnist"]])
def test_an_unknown_name(name):
    with pytest.raises(ValueError, match="mnist, fashion_mnist, digits"):
        data.load_images(name)


def test_the_embedded_digits(capsys):
    images = data.load_images("digits")
    assert (images.name, images.source, capsys.readouterr().out) == ("digits", "embedded", "")
    assert repr(images) == str(images)
    assert str(images) == "digits: 1,500 training and 297 test images, 28x28 grey, 10 classes"
    assert images.class_names == tuple("0123456789")
    assert (images.x_train.shape, images.x_test.shape) == ((1500, 28, 28), (297, 28, 28))
    assert (images.y_train.shape, images.y_test.shape) == ((1500,), (297,))
    everything = np.concatenate([images.x_train, images.x_test])
    frame = np.ones((28, 28), bool)
    frame[4:-4, 4:-4] = False
    assert not everything[:, frame].any()
    assert (everything.min(), everything.max()) == (0, 255)


def test_the_embedded_digits_are_scikit_learns():
    from sklearn.datasets import load_digits

    images, original = data.load_images("digits"), load_digits()
    assert np.array_equal(np.concatenate([images.y_train, images.y_test]), original.target)
    core = images.x_test[:, 4:-4, 4:-4].astype(float)
    halves = core.reshape(297, 2, 10, 2, 10).mean((2, 4)).ravel()
    expected = original.images[1500:].reshape(297, 2, 4, 2, 4).mean((2, 4)).ravel() * 255 / 16
    assert np.abs(halves - expected).mean() < 5
    assert np.corrcoef(halves, expected)[0, 1] > 0.99


def test_images_cannot_be_changed_and_come_out_the_same():
    first, second = data.load_images("digits"), data.load_images("digits")
    for name in data.SHAPES:
        array = getattr(first, name)
        assert (array.dtype, array.flags.writeable) == (np.uint8, False)
        assert np.array_equal(array, getattr(second, name))
    with pytest.raises(AttributeError):
        first.name = "other"


@each_set
def test_found_images_are_read_only_and_named(name, folder):
    fill(folder, GOOD[name])
    images = data.load_images(name)
    assert not any(getattr(images, array).flags.writeable for array in data.SHAPES)
    assert str(images) == f"{name}: 30 training and 5 test images, 28x28 grey, 10 classes"
    assert images.class_names[9] == {"mnist": "9", "fashion_mnist": "Ankle boot"}[name]


@pytest.mark.parametrize(
    ("images", "expected"),
    [
        (np.full((2, 28, 28), 255, "u1"), 1.0),
        (np.full((2, 28, 28, 1), 51, "u1"), 0.2),
        (np.full((2, 9, 8, 3), 0, "u1"), 0.0),
        (np.full((2, 28, 28, 1), 0.25), 0.25),
        (np.full((2, 28, 28), 0.25, "f2"), 0.25),
    ],
)
def test_as_floats(images, expected):
    found = data.as_floats(images)
    shape = images.shape if images.ndim == 4 else (*images.shape, 1)
    assert (found.shape, found.dtype) == (shape, np.float32)
    assert np.array_equal(found, np.full(shape, expected, np.float32))


def test_as_floats_copies_no_floats_and_refuses_what_pictures_does():
    images = np.zeros((2, 28, 28, 1), np.float32)
    assert np.shares_memory(data.as_floats(images), images)
    with pytest.raises(ValueError, match="divide by 255"):
        data.as_floats(images + 255)


def test_the_import_is_light():
    heavy = {"tensorflow", "keras", "sklearn", "pooch", "requests", "PIL"}
    code = f"import sys, vae_tutorial.data; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.stdout.strip(), done.stderr) == ("set()", "")


@pytest.mark.skipif(
    not REAL_FOLDER or not os.path.isfile(os.path.join(REAL_FOLDER, "mnist.npz")),
    reason="VAE_TUTORIAL_DATA names no folder with the real mnist.npz",
)
def test_the_real_mnist():
    code = (
        "from vae_tutorial.data import load_images; images = load_images();"
        "print(images.source, (images.y_train == 0).sum(), images)"
    )
    environment = {**os.environ, data.VARIABLE: REAL_FOLDER}
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, env=environment
    )
    described = "mnist: 60,000 training and 10,000 test images, 28x28 grey, 10 classes"
    assert (done.stdout.strip(), done.stderr) == (f"folder 5923 {described}", "")
    assert time.monotonic() - began < 30
