"""Where images come from, what becomes of files that are not what they should be, your own data."""

import os
import subprocess
import sys
import tracemalloc

import numpy as np
import pooch
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.data import helpers
from tests.data.helpers import ARRAYS, FASHION, GOOD, MNIST, fill, is_right, sha256, snapshot
from vae_tutorial.data import DataError, Images, as_floats, images, load_images

REAL_FOLDER = os.environ.get(images.VARIABLE)
each_bad_file = pytest.mark.parametrize("what", helpers.BAD_FILES)
each_set = pytest.mark.parametrize("name", list(GOOD))


@pytest.fixture(autouse=True)
def small(monkeypatch, cache):
    """Small sets."""
    helpers.expect_small(monkeypatch.setattr)


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """The folder that the variable names, empty."""
    folder = tmp_path / "my dätä"
    folder.mkdir()
    monkeypatch.setenv(images.VARIABLE, str(folder))
    return folder


def set_aside(folder):
    """The sha256 of each file that was set aside in a folder."""
    return [found for file, found in snapshot(folder).items() if ".corrupt-" in file]


def printed(code, **environment):
    """What a new process prints; to stderr nothing."""
    command = [sys.executable, "-c", code]
    environment = {**os.environ, **environment}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)
    assert done.stderr == ""
    return done.stdout.strip()


# Places


@each_set
@pytest.mark.parametrize("places", ["folder cache online", "cache online", "online", ""])
def test_the_first_place_that_has_it_serves(name, places, folder, cache, request, capfd):
    for place, where in [("folder", folder), ("cache", cache)]:
        if place in places:
            fill(where, GOOD[name])
    if "online" in places:
        request.getfixturevalue("server")
    before = snapshot(folder)
    found = load_images(name)
    expected = {"online": "download", "": "embedded"}
    first = (places.split() or [""])[0]
    assert found.source == expected.get(first, first)
    assert (found.name, is_right(found)) == ((name, True) if places else ("digits", False))
    assert snapshot(folder) == before
    output = capfd.readouterr()
    lines = ["VAE_TUTORIAL_DATA"] * ("folder" not in places) + [name] * (not places)
    assert [line.split()[0].strip(":") for line in output.out.splitlines()] == lines
    assert output.err == "" and str(cache) not in output.out


@each_set
def test_a_download_is_kept_and_asked_for_once(name, server, cache, caplog, monkeypatch):
    monkeypatch.setattr(pooch.get_logger(), "handlers", [caplog.handler])
    pooch.get_logger().setLevel("INFO")
    assert load_images(name).source == "download"
    assert snapshot(cache) == {file: sha256(content) for file, content in GOOD[name].items()}
    found = load_images(name)
    assert (found.source, server.asked, caplog.records) == ("cache", list(GOOD[name]), [])
    assert str(found) == f"{name}: 30 training and 5 test images, 28x28 gray, 10 classes"
    assert found.class_names[9] == {"mnist": "9", "fashion_mnist": "Ankle boot"}[name]


def test_only_what_the_cache_lacks_is_downloaded(server, cache):
    fill(cache, dict(list(FASHION.items())[:3]))
    found = load_images("fashion_mnist")
    assert (found.source, is_right(found), server.asked) == ("download", True, list(FASHION)[3:])


def test_another_compression_of_the_same_arrays_serves(folder):
    fill(folder, {"mnist.npz": helpers.pack(kind=0)})
    assert is_right(load_images()) and (folder / "mnist.npz").read_bytes() != MNIST


@pytest.mark.parametrize("setting", ["", "nowhere"])
def test_a_folder_that_is_not_there(setting, monkeypatch, cache, tmp_path, capsys):
    fill(cache, GOOD["mnist"])
    monkeypatch.setenv(images.VARIABLE, str(tmp_path / setting) if setting else "")
    assert load_images().source == "cache"
    output = capsys.readouterr().out
    assert output.count("\n") == output.count("mnist.npz") == bool(setting)
    assert str(tmp_path) not in output


# Bad files


@each_bad_file
def test_a_bad_file_in_the_folder_is_named_and_left_alone(what, folder, cache, server):
    content, words = helpers.BAD_FILES[what]
    fill(folder, {"mnist.npz": content, "mine.txt": b"mine"})
    before = snapshot(folder)
    with pytest.raises(DataError, match=words) as caught:
        load_images()
    message = str(caught.value)
    for part in (folder / "mnist.npz", f"{len(content):,} bytes", images.FILE_HASHES["mnist.npz"]):
        assert str(part) in message
    assert sha256(content) in message or "has more than" in message
    assert "unset VAE_TUTORIAL_DATA" in message and "allow_pickle" not in message
    assert (snapshot(folder), snapshot(cache), server.asked) == (before, {}, [])


@each_bad_file
def test_a_bad_file_in_the_cache_is_set_aside(what, cache, server, capfd):
    content, _ = helpers.BAD_FILES[what]
    fill(cache, {"mnist.npz": content})
    found = load_images()
    assert (found.source, is_right(found)) == ("download", True)
    assert set_aside(cache) == [sha256(content)] and snapshot(cache)["mnist.npz"] == sha256(MNIST)
    output = capfd.readouterr()
    assert (output.err, output.out.count("\n")) == ("", 1)
    assert output.out.startswith("mnist.npz in the cache was damaged")


def test_a_bad_file_in_the_cache_is_kept_offline_too(cache):
    for content in (b"bad", b"worse"):
        fill(cache, {"mnist.npz": content})
        assert load_images().source == "embedded"
    assert sorted(snapshot(cache).values()) == sorted([sha256(b"bad"), sha256(b"worse")])


@pytest.mark.parametrize("file", list(FASHION))
@pytest.mark.parametrize(
    "spoil", [lambda x: helpers.flipped(x, 20), lambda x: x[:-1], lambda x: b"<html>"]
)
def test_a_bad_idx_file(file, spoil, folder, cache, server):
    for place in (folder, cache):
        fill(place, {**FASHION, file: spoil(FASHION[file])})
    with pytest.raises(DataError, match="the file has sha256|this is a web page") as caught:
        load_images("fashion_mnist")
    assert str(folder / file) in str(caught.value) and sha256(FASHION[file]) in str(caught.value)
    (folder / file).unlink()
    found = load_images("fashion_mnist")
    assert (found.source, is_right(found), server.asked) == ("download", True, [file])
    assert set_aside(cache) == [sha256(spoil(FASHION[file]))]


@pytest.mark.parametrize("what", helpers.BOMBS)
def test_a_bomb_takes_little_memory(what, folder):
    content, words = helpers.BOMBS[what]
    fill(folder, {"mnist.npz": content})
    tracemalloc.start()
    with pytest.raises(DataError, match=words):
        load_images()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * helpers.MAX_BYTES


@settings(deadline=None, max_examples=200)
@given(place=st.integers(0, len(MNIST) - 1))
def test_no_flipped_bit_and_no_truncated_file_gets_through(place):
    with pytest.raises(Exception):  # noqa: B017 (whatever it is becomes a DataError)
        images._parse_npz(MNIST[:place])
    try:
        arrays = images._parse_npz(helpers.flipped(MNIST, place))
    except Exception:
        return
    assert all(np.array_equal(arrays[name], ARRAYS[name]) for name in ARRAYS)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes in folders are POSIX's")
@pytest.mark.parametrize("kind", ["pipe", "folder", "device"])
def test_what_is_no_file_is_not_waited_for(kind, folder, cache, server):
    make = {"pipe": os.mkfifo, "folder": os.mkdir, "device": lambda p: p.symlink_to("/dev/zero")}
    cache.mkdir(parents=True)
    for place in (folder, cache):
        make[kind](place / "mnist.npz")
    assert load_images().source == "download"


# Downloads and shared caches


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((200, {}, b"<html>Log in</html>"), "not the expected file"),
        ((200, {"Content-Length": len(MNIST) + 1}, MNIST), "no network"),
        ((404, {}, b"gone"), "HTTPError"),
        ((302, {"Location": "/train-labels-idx1-ubyte.gz"}, b""), "not the expected file"),
        ((200, {}, helpers.flipped(MNIST, 1000)), "not the expected file"),
        ((200, {}, bytes(2 * helpers.MAX_BYTES)), "not the expected file"),
        ("slow", "Timeout"),
    ],
)
def test_a_bad_download_leaves_nothing(answer, words, server, cache, capfd, monkeypatch):
    if answer == "slow":
        monkeypatch.setattr(images, "TOTAL_TIMEOUT", -1)
    else:
        server.site["mnist.npz"] = answer
    found = load_images()
    assert (found.source, server.asked, snapshot(cache)) == ("embedded", ["mnist.npz"], {})
    output = capfd.readouterr()
    assert (output.err, output.out.count("\n")) == ("", 1)
    assert words in output.out


@pytest.mark.parametrize("kind", ["a file as folder", "read-only"])
def test_a_cache_that_cannot_be_written(kind, server, cache, capsys):
    fill(cache, {}) if kind == "read-only" else cache.parent.write_bytes(b"")
    if kind == "read-only":
        if getattr(os, "geteuid", lambda: 0)() == 0:
            pytest.skip("root may write all")
        cache.chmod(0o500)
    assert load_images().source == "embedded"
    assert "no writable cache" in capsys.readouterr().out


def test_what_another_process_has_repaired_is_not_set_aside(cache, monkeypatch):
    fill(cache, {"mnist.npz": b"bad"})

    def repaired_meanwhile(path):
        os.replace(path, path.with_name("bad"))
        fill(cache, {"mnist.npz": MNIST})
        raise DataError("what was read before")

    with monkeypatch.context() as patch:
        patch.setattr(images, "_read", repaired_meanwhile)
        assert images._cached(cache / "mnist.npz") is None
    assert set_aside(cache) == [] and load_images().source == "cache"


# What comes out


def test_the_embedded_digits_are_scikit_learns_enlarged(capsys):
    from sklearn.datasets import load_digits

    found, original = load_images("digits"), load_digits()
    assert (found.name, found.source, capsys.readouterr().out) == ("digits", "embedded", "")
    assert str(found) == "digits: 1,500 training and 297 test images, 28x28 gray, 10 classes"
    assert sha256(found.x_train.tobytes() + found.x_test.tobytes())[:16] == "163fe594711a8e39"
    assert np.array_equal(np.concatenate([found.y_train, found.y_test]), original.target)
    halves = found.x_test[:, 4:-4, 4:-4].reshape(297, 2, 10, 2, 10).mean((2, 4)).ravel()
    expected = original.images[1500:].reshape(297, 2, 4, 2, 4).mean((2, 4)).ravel() * 255 / 16
    assert np.abs(halves - expected).mean() < 5


@pytest.mark.skipif(
    not os.path.isfile(os.path.join(REAL_FOLDER or "", "mnist.npz")),
    reason="VAE_TUTORIAL_DATA names no folder with the real mnist.npz",
)
def test_the_real_mnist():
    code = "from vae_tutorial.data import *; i = load_images(); print(i.source, i, i.y_train[:9])"
    described = "mnist: 60,000 training and 10,000 test images, 28x28 gray, 10 classes"
    expected = f"folder {described} [5 0 4 1 9 2 1 3 1]"
    assert printed(code, **{images.VARIABLE: REAL_FOLDER}) == expected


def test_the_import_is_light():
    heavy = {"tensorflow", "keras", "sklearn", "pooch", "requests", "PIL"}
    assert printed(f"import sys, vae_tutorial.data; print({heavy} & set(sys.modules))") == "set()"


# Images of your own

X = np.random.default_rng(0).integers(0, 256, (6, 8, 9), np.uint8)
Y = np.array([0, 1, 2, 0, 1, 2])
RGB, NAMES = np.stack([X] * 3, -1), ["cat", "dog", "ant"]


def mine(x=X, y=Y, x_test=None, y_test=None, names=None):
    """Images of one's own; the test part is the training part unless given."""
    x_test, y_test = x if x_test is None else x_test, y if y_test is None else y_test
    return Images("mine", x, y, x_test, y_test, names)


@pytest.mark.parametrize(
    ("x", "y", "names", "described"),
    [
        (X, Y, None, "8x9 gray, 3 classes"),
        (X[..., None], Y + 1, None, "8x9 gray, 4 classes"),  # labels from 1: none is "0"
        (RGB, Y * 30, None, "8x9 RGB, 61 classes"),
        (X, Y.astype("u8"), [*NAMES, "bee"], "8x9 gray, 4 classes"),  # an empty class
        (X, Y * 0, np.array(["cat"]), "8x9 gray, 1 class"),
    ],
)
def test_images_of_your_own(x, y, names, described):
    found = mine(x, y, names=names)
    assert repr(found) == f"mine: 6 training and 6 test images, {described}"
    assert found.source == "yours" and all(type(name) is str for name in found.class_names)
    assert found.class_names == tuple(names if names is not None else map(str, range(max(y) + 1)))
    assert np.shares_memory(found.x_train, x) and np.shares_memory(found.y_test, y)
    assert not any(getattr(found, name).flags.writeable for name in ARRAYS)
    assert x.flags.writeable and y.flags.writeable
    with pytest.raises(AttributeError):
        found.name = "other"


UNION = np.unique(np.concatenate([Y - 1, Y * 9]))
MISTAKES = [  # arguments, words of the error, and what they are once its hint is applied
    (dict(x=X / 255), "x_train.*round", dict(x=np.round(255 * (X / 255)).astype("u1"))),
    (dict(x=X // 128), "x_train.*multiply by 255", dict(x=255 * (X // 128))),
    (dict(x=X.tolist()), "x_train.*asarray", dict(x=np.asarray(X.tolist(), "u1"))),
    (dict(x=X[:0], y=Y[:0]), "x_train.*at least one", None),
    (dict(x=RGB[..., [0, 1, 2, 2]]), r"1 or 3 channels.*x_train\[\.\.\., :3\]", dict(x=RGB)),
    (dict(x=RGB[..., :2]), r"1 or 3 channels.*x_train\[\.\.\., :1\]", dict(x=RGB[..., :1])),
    (dict(x=np.moveaxis(RGB, -1, 1)), r"np.moveaxis\(x_train, 1, -1\)", dict(x=RGB)),
    (
        dict(x_test=X[..., None]),
        r"use x_test.reshape\(-1, 8, 9\)",
        dict(x_test=X.reshape(-1, 8, 9)),
    ),
    (dict(x_test=RGB), "x_test .*all to gray, or all to RGB", dict(x=RGB)),
    (dict(x_test=X[:, 1:]), r"x_test .*\(8, 9\), .*not \(7, 9\): resize", None),
    (dict(y=Y[:4]), "y_train must be as many as x_train", None),
    (dict(y=Y / 1), r"y_train.*astype\(int\)", dict(y=(Y / 1).astype(int))),
    (dict(y=np.eye(3, dtype=int)[Y]), r"argmax\(axis=1\)", dict(y=np.eye(3)[Y].argmax(axis=1))),
    (dict(y=Y[:, None]), r"y_train.*ravel\(\)", dict(y=Y[:, None].ravel())),
    (dict(y=Y + 1, names=NAMES), "1 to 3: pass y_train - 1 and y_test - 1", dict(names=NAMES)),
    (dict(y_test=Y + 1, names=NAMES), "name all 4 classes, or leave", dict(y_test=Y + 1)),
    (
        dict(y=Y - 1, y_test=Y * 9),
        r"^y_train and y_test .*labels = np.unique.*np.searchsorted\(labels, y_train\)",
        dict(y=np.searchsorted(UNION, Y - 1), y_test=np.searchsorted(UNION, Y * 9)),
    ),
    (dict(y=Y * 10**9), "65535.*np.searchsorted", dict(y=np.searchsorted([0, 10**9], Y))),
    (dict(names="cat"), r"class_names must be .*use \(\"cat\", \"dog\"\)", dict(names=NAMES)),
]


@pytest.mark.parametrize(("arguments", "words", "repaired"), MISTAKES)
def test_a_mistake_in_your_own_is_named_and_its_hint_works(arguments, words, repaired):
    with pytest.raises((ValueError, TypeError), match=words):
        mine(**arguments)
    if repaired is not None:
        mine(**repaired)


@pytest.mark.parametrize("shape", [(2, 9, 8), (2, 9, 8, 1), (2, 9, 8, 3)])
@pytest.mark.parametrize(("value", "dtype"), [(51, "u1"), (0.2, "f2"), (0.2, "f8")])
def test_as_floats(shape, value, dtype):
    found = as_floats(np.full(shape, value, dtype))
    assert found.dtype == np.float32 and found.shape == (shape if len(shape) == 4 else (*shape, 1))
    assert np.allclose(found, 0.2, atol=1e-4) and np.shares_memory(as_floats(found), found)
    with pytest.raises(ValueError, match="^images .*divide by 255"):
        as_floats(found + 200)
