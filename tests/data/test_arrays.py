"""Sets like MNIST, from files of one's own or by name: read right, or named in one error."""

import gzip
import hashlib
import io
import pickle
import re
import shutil
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest

from tests.data import helpers
from tests.data.helpers import fill
from vae_tutorial.data import DataError, arrays, images, load_arrays, load_images, more

RNG = np.random.default_rng(0)
X = {
    "train": RNG.integers(0, 256, (60, 6, 6), "u1"),
    "test": RNG.integers(0, 256, (50, 6, 6), "u1"),
}
Y = {"train": np.arange(60, dtype="u1") % 47, "test": np.arange(50, dtype="u1") % 47}
FOUR = {"x_train": X["train"], "y_train": Y["train"], "x_test": X["test"], "y_test": Y["test"]}
NAMES = "train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"


def idx(array, kind=8):
    """The bytes of an idx file."""
    return struct.pack(f">HBB{array.ndim}I", 0, kind, array.ndim, *array.shape) + array.tobytes()


def npz(**named):
    np.savez_compressed(file := io.BytesIO(), **named)
    return file.getvalue()


def csv(part="train", header="", first=True):
    rows = [X[part].reshape(-1, 36), Y[part][:, None]]
    text = io.StringIO()
    table = np.concatenate(rows[::-1] if first else rows, axis=1)
    np.savetxt(text, table, "%d", ",", header=header, comments="")
    return text.getvalue().encode()


def four(prefix="", labels=None, t10k="t10k", packed=True):
    """{file name: bytes} of a set; ``labels``: (first, how many) in the place of Y's 0 to 46."""
    y = {k: v if labels is None else (v % labels[1] + labels[0]).astype("u1") for k, v in Y.items()}
    contents = map(idx, (X["train"], y["train"], X["test"], y["test"]))
    pack = (lambda raw: gzip.compress(raw, mtime=0)) if packed else bytes
    ending = "-ubyte.gz" if packed else "-ubyte"
    names = [prefix + name.replace("t10k", t10k) + ending for name in NAMES]
    return {name: pack(content) for name, content in zip(names, contents, strict=True)}


def is_right(found, turned=False):
    return all(
        np.array_equal(getattr(found, f"x_{k}"), X[k].swapaxes(1, 2) if turned else X[k])
        and np.array_equal(np.array(found.class_names).astype(int)[getattr(found, f"y_{k}")], Y[k])
        for k in X
    )


PIXELS = ",".join(f"pixel{i}" for i in range(36))
QMNIST = {k: np.stack([Y[k].astype(">i4")] * 8, 1) * [[1, *[9] * 7]] for k in Y}
KMNIST_NPZ = {
    f"kmnist-{k}-{kind}.npz": npz(arr_0=values[k])
    for k in X
    for kind, values in (("imgs", X), ("labels", Y))
}
FORMS = {  # what it is: (files, what load_arrays is given)
    "npz": ({"mnist.npz": npz(**FOUR)}, ["mnist.npz"]),
    "idx": (four(packed=False), [""]),
    "packed idx": (four(), [""]),
    "idx by one file": (four(), ["train-images-idx3-ubyte.gz"]),
    "one of several": (four("a-") | four("b-", (1, 9)), ["a"]),
    "KMNIST's npz": (KMNIST_NPZ, [""]),
    "QMNIST": (
        {k.replace("t10k", "test"): v for k, v in four("qmnist-").items() if "images" in k}
        | {f"qmnist-{k}-labels-idx2-int": idx(QMNIST[k].astype(">i4"), 12) for k in Y},
        [""],
    ),
    "csv": ({"a.csv": csv(), "b.csv": csv("test")}, ["a.csv", "b.csv"]),
    "csv with headers": (
        {"a.csv": csv(header=f"label,{PIXELS}"), "b.csv": csv("test", f"{PIXELS},class", False)},
        ["a.csv", "b.csv"],
    ),
    "packed csv": (
        {"a.csv.gz": gzip.compress(csv()), "b.csv": b"\xef\xbb\xbf" + csv("test")},
        ["a.csv.gz", "b.csv"],
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_each_form_is_read_right(form, tmp_path, capsys):
    files, given = FORMS[form]
    fill(tmp_path, files)
    found = load_arrays(*[tmp_path / name for name in given])
    assert is_right(found) and found.source == "folder" and len(found.class_names) == 47
    assert capsys.readouterr() == ("", "")


def test_emnist_is_turned_upright_by_itself_or_as_one_asks(tmp_path):
    fill(tmp_path, four("emnist-letters-", t10k="test") | {"emnist.csv": csv(), "my.csv": csv()})
    assert is_right(load_arrays(tmp_path), turned=True)
    assert is_right(load_arrays(tmp_path / "emnist-letters", transpose=False))
    turned, plain = load_arrays(tmp_path / "emnist.csv"), load_arrays(tmp_path / "my.csv")
    assert np.array_equal(turned.x_test, plain.x_test.swapaxes(1, 2))
    assert np.array_equal(load_arrays(tmp_path / "my.csv", transpose=True).x_test, turned.x_test)


def test_color_and_labels_with_gaps(tmp_path):
    (tmp_path / "c.csv").write_text("-5" + ",1,2,3" * 4 + "\n1000" + ",4,5,6" * 4)
    found = load_arrays(tmp_path / "c.csv")
    assert found.class_names == ("-5", "1000") and found.x_train.shape == (1, 2, 2, 3)
    assert sorted([*found.x_train[0, 1, 1], *found.x_test[0, 1, 1]]) == [1, 2, 3, 4, 5, 6]


def test_a_row_stays_where_it_is_when_others_come(tmp_path):
    lines = csv().splitlines(keepends=True)
    fill(tmp_path, {"few.csv": b"".join(lines[:40]), "all.csv": b"".join(lines[::-1])})
    few, whole = (load_arrays(tmp_path / f"{k}.csv", test_share=0.3) for k in ("few", "all"))
    held = [{x.tobytes() for x in found.x_test} for found in (few, whole)]
    assert held[0] <= held[1] and len(whole.x_test) + len(whole.x_train) == 60


# Bad files

X3, Y1, N, C = "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "a.npz", "a.csv"
IDX, PAGE, BOMB = idx(X["train"]), b"<html>Log in", gzip.compress(bytes(2**24))
TRAP = np.array([helpers.Trap()])
BAD = {  # what it is: (the file that is bad, its bytes, words of the error)
    "cut short": (X3, IDX[:-1], "promises (60, 6, 6), 2,176 bytes, but 2,175 came"),
    "too long": (X3, IDX + b"1", "but more came"),
    "cut gzip": (X3, gzip.compress(IDX)[:-3], "its gzip is cut short"),
    "damaged gzip": (X3, helpers.flipped(gzip.compress(IDX), 99), "damaged"),
    "two gzips": (X3, 2 * gzip.compress(IDX), "cut short, or something follows"),
    "huge": (X3, struct.pack(">HBBIII", 0, 8, 3, *[2**31] * 3), "more than 1,048,576 bytes"),
    "idx bomb": (X3, gzip.compress(IDX + bytes(2**24)), "but more came"),
    "zeros": (X3, BOMB, "begins with 00000000, not 00000803"),
    "floats": (X3, idx(X["train"] / 1, 14), "begins with 00000e03"),
    "web page": (Y1, PAGE, "web page"),
    "swapped": (Y1, IDX, "y_train must have shape (n,)"),
    "large": (Y1, bytes(2**20 + 1), "more than 1,048,576 bytes"),
    "pickle": (N, pickle.dumps(helpers.Trap()), "damaged"),
    "pickle in npz": (N, npz(**FOUR | {"y_test": TRAP}), "pickled"),
    "npz bomb": (N, npz(**FOUR, more=np.zeros(2**21)), "may uncompress to more"),
    "other arrays": (N, npz(arr_0=X["train"]), "needs the arrays x_train, y_train"),
    "float images": (N, npz(**FOUR | {"x_train": X["train"] / 255}), "np.round(255 * x_train)"),
    "float labels": (N, npz(**FOUR | {"y_test": Y["test"] / 1}), "y_test.astype(int)"),
    "csv bomb": (C, BOMB, "uncompresses to more than 1,048,576 bytes"),
    "empty csv": (C, b"", "it is empty"),
    "header alone": (C, f"label,{PIXELS}\n".encode(), "it has no rows"),
    "one row": (C, csv().split(b"\n")[0], "holds 1 image"),
    "no labels": (C, PIXELS.encode() + b"\n", "header names no labels, first or last"),
    "pixels alone": (C, b"0," * 35 + b"0", "36 columns are the pixels alone"),
    "oblong": (C, b"0," * 11 + b"0", "12 columns are not a label and n * n pixels"),
    "ragged": (C, b"1,2,3,4,5\n1,2,3,4\n", "in line 2, expected 5 columns but 4 were found"),
    "csv floats": (C, b"1,2,3,4,5\n1,2,3,4.5,6\n", "in line 2, could not convert string '4.5'"),
    "negative": (C, b"label,,,,\n1,2,3,4,5\n1,2,3,-4,6\n", "in line 3, could not convert"),
    "words": (C, b"1,2,3,4,5\n1,2,3,x,6\n", "in line 2, could not convert string 'x'"),
    "latin": (C, b"\xe4\n", "damaged"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_file_is_named_in_one_error(what, tmp_path, monkeypatch):
    file, content, words = BAD[what]
    monkeypatch.setattr(arrays, "MAX_BYTES", 2**20)
    fill(tmp_path, four(packed=False) | {file: content})
    tracemalloc.start()
    with pytest.raises(DataError, match=re.escape(words)) as caught:
        load_arrays(tmp_path / file)
    assert tracemalloc.get_traced_memory()[1] < 2**23
    tracemalloc.stop()
    message = str(caught.value)
    assert file in message and len(message) < 700 and "\n" not in message
    assert message.endswith(".")


def test_what_is_missing_or_ambiguous_is_said_and_the_hint_works(tmp_path):
    fill(tmp_path, four("emnist-letters-") | four("emnist-digits-") | {"a.csv": csv()})
    with pytest.raises(DataError, match="several sets: give one of (.*) instead") as caught:
        load_arrays(tmp_path)
    for path in re.search("one of (.*) instead", str(caught.value))[1].split(", "):
        assert is_right(load_arrays(path), turned=True)
    with pytest.raises(DataError, match="four files such as .*load_folder"):
        load_arrays(tmp_path / "emnist-balanced")
    (tmp_path / "emnist-digits-train-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(DataError, match="it holds emnist-digits-t10k-images-idx3-ubyte.gz, "):
        load_arrays(tmp_path / "emnist-digits")
    for name in ("nowhere.csv", "nowhere.npz"):
        with pytest.raises(DataError, match=f"{name} is not there: check"):
            load_arrays(tmp_path / name)
    (tmp_path / "test.csv").write_text(f"{PIXELS}\n" + "0," * 35 + "0\n")  # as Kaggle's
    with pytest.raises(DataError, match="test.csv .* A test set without labels can be left out"):
        load_arrays(tmp_path / "a.csv", tmp_path / "test.csv")
    assert len(load_arrays(tmp_path / "a.csv").x_test) > 0
    with pytest.raises(DataError, match="leave test out"):
        load_arrays(tmp_path / "emnist-letters", tmp_path / "a.csv")
    assert load_arrays(tmp_path / "emnist-letters").name == "emnist-letters"


# By name

SETS = {
    "kmnist": {f"kmnist/{file}": raw for file, raw in four(labels=(0, 10)).items()},
    "emnist_letters": four("emnist-letters-", (1, 26), "test"),
    "emnist_balanced": four("emnist-balanced-", t10k="test"),
}
LAST = {"kmnist": ("wo", 9), "emnist_letters": ("z", 25), "emnist_balanced": ("t", 46)}


def archive():
    with zipfile.ZipFile(file := io.BytesIO(), "w") as target:
        for name, raw in (SETS["emnist_letters"] | SETS["emnist_balanced"]).items():
            target.writestr(f"gzip/{name}", raw)
        target.writestr("gzip/emnist-digits-train-images-idx3-ubyte.gz", b"not needed")
    return file.getvalue()


SITE = {name.removeprefix("kmnist/"): raw for name, raw in SETS["kmnist"].items()}
SITE["gzip.zip"] = archive()


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Small sets by name."""
    md5 = {file: "md5:" + hashlib.md5(raw).hexdigest() for file, raw in SITE.items()}
    monkeypatch.setattr(more, "MD5", md5)


@pytest.fixture
def server(server):
    server.site = dict(SITE)
    return server


def check(name, found, source):
    turned = X["test"].swapaxes(1, 2) if "emnist" in name else X["test"]
    assert (found.name, found.source) == (name, source) and np.array_equal(found.x_test, turned)
    class_name, index = LAST[name]
    assert found.class_names[-1] == class_name and len(found.class_names) == index + 1
    assert np.array_equal(found.y_test, Y["test"] % (index + 1))


@pytest.mark.parametrize("name", SETS)
def test_a_set_by_name_is_downloaded_once(name, server, cache, capfd):
    check(name, load_images(name), "download")
    asked = server.asked[:]
    assert asked == [file for file in SITE if (file == "gzip.zip") == (name != "kmnist")]
    kept = [path.relative_to(cache).as_posix() for path in cache.rglob("*.*")]
    brought = [file for one in SETS if one[:5] == name[:5] for file in SETS[one]]
    assert sorted(kept) == sorted(brought)  # the zip is gone
    check(name, load_images(name), "cache")
    assert server.asked == asked and capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", SETS)
def test_a_damaged_download_leaves_nothing_and_a_damaged_cache_is_mended(
    name, server, cache, capfd, monkeypatch
):
    server.site = {file: helpers.flipped(raw, 30) for file, raw in SITE.items()}
    assert load_images(name).name == "digits" and "not the expected" in capfd.readouterr().out
    assert [path for path in cache.rglob("*") if path.name != "kmnist"] == []
    server.site = dict(SITE)
    load_images(name)
    first = cache / list(SETS[name])[0]
    first.write_bytes(first.read_bytes()[:-9])
    check(name, load_images(name), "download")
    assert "is set aside as" in capfd.readouterr().out and list(first.parent.glob("*.corrupt-*"))
    shutil.rmtree(cache)
    monkeypatch.setattr(images, "MAX_BYTES", 2**10)  # and 16 times as much of EMNIST
    assert load_images(name).name == ("digits" if name == "kmnist" else name)


@pytest.mark.parametrize("name", SETS)
def test_a_set_by_name_without_network(name, tmp_path, cache, monkeypatch, capfd):
    assert load_images(name).name == "digits"
    output = capfd.readouterr()
    assert output.out.count("\n") == 1 and all(file in output.out for file in SETS[name])
    (tmp_path / "mine" / "kmnist").mkdir(parents=True)
    fill(tmp_path / "mine", SETS[name])
    monkeypatch.setenv(images.VARIABLE, str(tmp_path / "mine"))
    check(name, load_images(name), "folder")
    file = list(SETS[name])[1]
    (tmp_path / "mine" / file).write_bytes(gzip.compress(idx(Y["train"] + 60)))
    with pytest.raises(DataError, match="unset VAE_TUTORIAL_DATA") as caught:
        load_images(name)
    assert str(tmp_path / "mine") in str(caught.value)
