"""Files made to do harm: refused, with nothing executed, nothing read elsewhere, little memory."""

import bz2
import io
import json
import os
import pickle
import stat
import struct
import sys
import tracemalloc
import zipfile
from contextlib import contextmanager

import numpy as np
import pytest

from tests.test_models import CODES, PIXELS, fingerprint
from tests.test_vae import small_vae
from vae_tutorial import archives, data, pretrained, store
from vae_tutorial.runtime import keras
from vae_tutorial.training import train

MEGABYTE = 2**20
ALARMS = {"pickle.find_class", "os.system", "subprocess.Popen", "os.exec", "os.posix_spawn"}
ALARMS |= {"socket.connect", "ctypes.dlopen", "exec", "marshal.loads", "shutil.rmtree"}
_watched = {"folder": None, "seen": []}


def _audit(event, arguments):
    if _watched["folder"] is None:
        return
    if event in ALARMS:
        _watched["seen"].append((event, str(arguments)[:80]))
    if event in ("open", "os.listdir", "os.remove", "os.rename", "os.mkdir", "os.symlink"):
        place = arguments[0]
        if isinstance(place, str | bytes | os.PathLike):
            place = os.path.abspath(os.fsdecode(place))
            # Python's own files may be looked into: a traceback shows lines of code.
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


class Trap:
    """Unpickling it would end the tests."""

    def __reduce__(self):
        return os._exit, (3,)


def npz(members, kind=zipfile.ZIP_DEFLATED):
    """The bytes of a zip file: {name: bytes}, or [(ZipInfo or name, bytes)]."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", kind) as archive:
        for name, content in members.items() if isinstance(members, dict) else members:
            archive.writestr(name, content)
    return file.getvalue()


def npy(array, **options):
    """The bytes of an array's file."""
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


def header(text):
    """The bytes of an array's file with this header, and nothing after it."""
    text = text.encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def link(name, target):
    """A member of a zip file that is a symbolic link."""
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info, target


def lambda_model():
    """A model file of Keras's with a Lambda layer, which carries code."""
    config = {
        "class_name": "Sequential",
        "config": {"layers": [{"class_name": "Lambda", "config": {"function": "os._exit(3)"}}]},
    }
    return npz({"config.json": json.dumps(config), "metadata.json": "{}", "model.weights.h5": b""})


GOOD = npy(CODES)
FILES = {
    "a bare pickle": pickle.dumps(Trap()),
    "a pickle as array": npz({"codes.npy": npy(np.array([Trap()]), allow_pickle=True)}),
    "a pickle behind a good header": npz({"codes.npy": GOOD[:128] + pickle.dumps(Trap())}),
    "a header that calls": npz({"codes.npy": header("__import__('os')._exit(3)")}),
    "a header that nests": npz({"codes.npy": header("(" * 9000)}),
    "a Lambda layer": lambda_model(),
    "a bomb of zeros": npz({"codes.npy": GOOD + bytes(300 * MEGABYTE)}),
    "a bomb in bzip2": npz({"codes.npy": GOOD + bytes(99 * MEGABYTE)}, zipfile.ZIP_BZIP2),
    "a bomb in lzma": npz({"codes.npy": GOOD + bytes(99 * MEGABYTE)}, zipfile.ZIP_LZMA),
    "a terabyte promised": npz(
        {"codes.npy": header("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,)}")}
    ),
    "a negative shape": npz(
        {"codes.npy": header("{'descr': '<f4', 'fortran_order': False, 'shape': (-6, -3)}")}
    ),
    "a link outside": npz([link("codes.npy", "../outside.npz")]),
    "a name outside": npz({"../outside.npy": GOOD, "codes.npy": GOOD}),
    "an absolute name": npz({"/etc/passwd.npy": GOOD, "codes.npy": GOOD}),
    "one name twice": npz([("codes.npy", GOOD), ("codes.npy", GOOD)]),
    "a web page": b"<!DOCTYPE html><html><script>alert(1)</script></html>",
    "a seal of another": npz({"codes.npy": GOOD, "sha256.npy": npy(np.zeros(32, np.uint8))}),
    "no seal": npz({"codes.npy": GOOD}),
    "an HDF5 file": b"\x89HDF\r\n\x1a\n" + bytes(1000),
    "a zip in a zip": npz({"codes.npy": npz({"codes.npy": GOOD})}),
    "bytes before the zip": b"#!/bin/sh\nexit 3\n" + npz({"codes.npy": GOOD}),
    "only bzip2": bz2.compress(GOOD),
}


@pytest.fixture(scope="module")
def model():
    """A model with an optimizer that has something to lose."""
    model = small_vae()
    train(model, PIXELS, steps=2)
    return model


def loaders(path, model):
    """All the ways in which the package reads a file of a user's."""
    return {
        "load_arrays": lambda: store.load_arrays(path, {"codes": CODES.shape}),
        "load_weights": lambda: store.load_weights(path, model),
        "run": lambda: train(model, PIXELS, steps=2, run=path),
        "load_images": lambda: data.load_images("mnist"),
    }


def test_there_are_enough_files():
    assert len(FILES) >= 15


@pytest.mark.parametrize("name", FILES)
def test_nothing_executes_and_nothing_is_read_elsewhere(name, model, tmp_path, monkeypatch):
    inside = tmp_path / "inside"
    inside.mkdir()
    store.save_arrays(tmp_path / "outside.npz", codes=CODES)
    path = inside / "mnist.npz"
    path.write_bytes(FILES[name])
    monkeypatch.setenv(data.VARIABLE, str(inside))
    before = fingerprint(model)
    with pytest.raises(store.DataError):  # and so everything is imported that a refusal needs
        store.load_arrays(path, {"codes": CODES.shape})
    for how, load in loaders(path, model).items():
        tracemalloc.start()
        with watched(inside) as seen, pytest.raises(store.DataError) as caught:
            load()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert seen == [], how
        assert str(path) in str(caught.value) and "allow_pickle" not in str(caught.value)
        assert peak < len(FILES[name]) * 2 + 8 * MEGABYTE, how
        assert fingerprint(model) == before
    assert path.read_bytes() == FILES[name]
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["inside", "mnist.npz", "outside.npz"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes in folders are POSIX's")
@pytest.mark.parametrize("kind", ["pipe", "folder", "endless device", "link to itself"])
def test_what_is_no_file_is_not_waited_for(kind, model, tmp_path):
    path = tmp_path / "a.npz"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("/dev/zero" if kind == "endless device" else path)
    for how in ("load_arrays", "load_weights"):
        with pytest.raises((store.DataError, OSError), match="a.npz"):
            loaders(path, model)[how]()


def test_a_huge_file_is_not_read(model, tmp_path):
    path = tmp_path / "a.npz"
    with open(path, "wb") as file:
        file.truncate(2**40)  # a terabyte of nothing, which takes no room
    for load in list(loaders(path, model).values())[:3]:
        with pytest.raises(store.DataError, match="has more than"):
            load()


def test_stored_weights_that_were_changed_are_refused(tmp_path, monkeypatch):
    for file in pretrained.FOLDER.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    content = bytearray((tmp_path / "vae_2.npz").read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "vae_2.npz").write_bytes(content)
    monkeypatch.setattr(pretrained, "FOLDER", tmp_path)
    with pytest.raises(store.DataError, match="isn't the stored one: install"):
        pretrained.load_pretrained("vae_2")
    assert pretrained.load_pretrained("vae_20").latent_dim == 20


def test_no_model_of_the_package_holds_a_lambda_layer(model):
    for network in (model.encoder, model.decoder):
        assert not any(isinstance(layer, keras.layers.Lambda) for layer in network.layers)


def test_two_files_mixed_are_noticed(tmp_path):
    """Each member is whole, but they don't belong together."""
    for name, value in (("a", 1), ("b", 2)):
        store.save_arrays(tmp_path / f"{name}.npz", codes=CODES * value, more=CODES)
    with (
        zipfile.ZipFile(tmp_path / "a.npz") as one,
        zipfile.ZipFile(tmp_path / "b.npz") as other,
        zipfile.ZipFile(tmp_path / "c.npz", "w") as mixed,
    ):
        mixed.writestr("codes.npy", one.read("codes.npy"))
        for name in ("more.npy", f"{archives.SEAL}.npy"):
            mixed.writestr(name, other.read(name))
    shapes = {"codes": CODES.shape, "more": CODES.shape}
    with pytest.raises(store.DataError, match="its arrays have sha256"):
        store.load_arrays(tmp_path / "c.npz", shapes)
