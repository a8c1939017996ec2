"""Saving and loading: whole files or none, the same numbers back, and nothing that executes."""

import hashlib
import os
import subprocess
import sys
import threading

import numpy as np
import pytest

from tests.test_models import (
    CODES,
    PIXELS,
    fingerprint,
    small_autoencoder,
    small_memory,
)
from vae_tutorial import store
from vae_tutorial.training import train

ARRAYS = {"codes": CODES, "empty": np.zeros((0, 3), np.float32), "one": np.float32(2.5)}


def files(folder):
    """{name: sha256} of all that is in the folder."""
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir()}


@pytest.fixture
def path(tmp_path):
    """A file that was saved before, in a folder with an awkward name."""
    folder = tmp_path / "Übung eins"
    folder.mkdir()
    store.save_arrays(folder / "a.npz", codes=np.ones((6, 3), np.float32))
    return folder / "a.npz"


@pytest.mark.parametrize("kind", [str, lambda path: path])
def test_arrays_come_back_as_they_were(path, kind):
    store.save_arrays(kind(path), **ARRAYS)
    shapes = {name: np.shape(array) for name, array in ARRAYS.items()}
    found = store.load_arrays(kind(path), shapes)
    assert list(found) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert found[name].dtype == np.float32 and np.array_equal(found[name], array)
    assert list(files(path.parent)) == ["a.npz"]


def test_special_numbers_come_back_bit_for_bit(path):
    bits = np.array([0x7FC00001, 0x80000000, 0x00000001, 0x7F800000], np.uint32).view(np.float32)
    store.save_arrays(path, bits=np.asfortranarray(bits.reshape(2, 2)))
    assert store.load_arrays(path, {"bits": (2, 2)})["bits"].tobytes() == bits.tobytes()


@pytest.mark.parametrize(
    ("module", "name"), [(np, "savez"), (os, "fsync"), (os, "replace")], ids=lambda x: str(x)[:20]
)
@pytest.mark.parametrize(
    "error", [OSError(28, "No space left"), KeyboardInterrupt(), MemoryError()]
)
def test_a_save_that_fails_midway_leaves_the_old_file(path, monkeypatch, module, name, error):
    before, real = files(path.parent), getattr(module, name)

    def midway(*arguments, **options):
        if name == "savez":
            real(arguments[0], part=np.zeros(1000))  # something is written already
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(module, name, midway)
        with pytest.raises(type(error)):
            store.save_arrays(path, codes=CODES)
    assert files(path.parent) == before
    store.save_arrays(path, codes=CODES)
    assert files(path.parent) != before


@pytest.mark.parametrize("place", ["numpy.savez", "os.fsync", "os.replace"])
def test_a_killed_save_leaves_the_old_file(path, place):
    """At whatever point it is killed: the file holds the old arrays, not a part of the new."""
    before = path.read_bytes()
    module, name = place.split(".")
    code = (
        f"import os, numpy, {module}; from vae_tutorial import store;"
        f"{module}.{name} = lambda *_, **__: os._exit(9);"
        f"store.save_arrays({str(path)!r}, codes=numpy.zeros((6, 3), 'f4'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60)
    assert done.returncode == 9
    assert path.read_bytes() == before


def test_the_bytes_are_on_the_disk_before_the_name_is_given(path, monkeypatch):
    calls = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        patched = lambda *a, real=real, name=name: (calls.append(name), real(*a))[1]  # noqa: E731
        monkeypatch.setattr(os, name, patched)
    store.save_arrays(path, codes=CODES)
    assert calls == ["fsync", "replace"]


def test_several_write_one_file_while_others_read(path):
    versions = [np.full((6, 3), value, np.float32) for value in range(4)]
    stop, seen, wrong = threading.Event(), set(), []

    def read():
        while not stop.is_set():
            try:
                values = np.unique(store.load_arrays(path, {"codes": (6, 3)})["codes"])
                seen.add(tuple(values.tolist()))
            except Exception as error:
                wrong.append(error)

    def write(version):
        for _ in range(10):
            store.save_arrays(path, codes=version)

    reader = threading.Thread(target=read)
    writers = [threading.Thread(target=write, args=[version]) for version in versions]
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    reader.join()
    assert wrong == [] and all(len(values) == 1 for values in seen) and seen
    assert list(files(path.parent)) == ["a.npz"]


class Trap:
    """Something that executes when it is unpickled."""

    def __reduce__(self):
        return os.abort, ()


@pytest.mark.parametrize(
    "bad",
    [np.array([Trap()]), Trap(), None, {"a": 1}, np.zeros(2, [("a", "O")]), np.array(["a", None])],
    ids=["array", "object", "None", "dict", "record", "mixed"],
)
def test_objects_are_refused_before_anything_is_written(path, bad, monkeypatch):
    before = files(path.parent)
    monkeypatch.setattr(np, "savez", lambda *_, **__: pytest.fail("it began to write"))
    with pytest.raises(ValueError, match="^bad must hold numbers.*Convert"):
        store.save_arrays(path, codes=CODES, bad=bad)
    assert files(path.parent) == before


def test_a_pickle_in_a_file_is_never_opened(path):
    np.savez(path, codes=np.array([Trap()]))
    with pytest.raises(store.DataError, match="pickle.*never opened"):
        store.load_arrays(path, {"codes": (1,)})


@pytest.mark.parametrize("name", ["a", "a.npy", "a.NPZ", "npz"])
def test_another_ending_is_refused(path, name):
    before = files(path.parent)
    with pytest.raises(ValueError, match=rf"^path must end in .npz.*{name}\.npz"):
        store.save_arrays(path.with_name(name), codes=CODES)
    assert files(path.parent) == before


def test_no_arrays_are_refused(path):
    before = files(path.parent)
    with pytest.raises(ValueError, match="^arrays must hold at least one.*by name"):
        store.save_arrays(path)
    assert files(path.parent) == before


@pytest.mark.parametrize("name", ["file", "allow_pickle", "self", "args"])
def test_any_name_of_an_array_comes_back_or_is_refused(path, name):
    before = files(path.parent)
    try:
        store.save_arrays(path, **{name: CODES})
    except ValueError as error:
        assert name in str(error) and files(path.parent) == before
    else:
        assert np.array_equal(store.load_arrays(path, {name: CODES.shape})[name], CODES)


@pytest.mark.parametrize("make", [False, True], ids=["no folder", "a file as folder"])
def test_a_folder_that_cannot_be_written(tmp_path, make):
    folder = tmp_path / "none"
    if make:
        folder.write_bytes(b"x")
    with pytest.raises(OSError, match="none"):
        store.save_arrays(folder / "a.npz", codes=CODES)
    assert [p.name for p in tmp_path.iterdir()] == ["none"] * make


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write all")
def test_a_read_only_folder(path):
    path.parent.chmod(0o500)
    try:
        with pytest.raises(PermissionError, match="bung eins"):
            store.save_arrays(path, codes=CODES)
    finally:
        path.parent.chmod(0o700)
    assert list(files(path.parent)) == ["a.npz"]


def test_a_folder_of_that_name(path):
    (path.parent / "b.npz").mkdir()
    with pytest.raises(OSError, match="b.npz"):
        store.save_arrays(path.parent / "b.npz", codes=CODES)
    assert sorted(p.name for p in path.parent.iterdir()) == ["a.npz", "b.npz"]


@pytest.mark.skipif(os.name != "posix", reason="permission bits are POSIX's")
@pytest.mark.parametrize("umask", [0o022, 0o027, 0o077])
def test_a_saved_file_may_be_read_by_whom_the_umask_lets(tmp_path, umask):
    kept = os.umask(umask)
    try:
        store.save_arrays(tmp_path / "a.npz", codes=CODES)
    finally:
        os.umask(kept)
    assert (tmp_path / "a.npz").stat().st_mode & 0o777 == 0o666 & ~umask


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda content: content[:100], "cut short or damaged"),
        (lambda content: b"", "empty"),
        (lambda content: b"<html>" + content, "web page"),
        (lambda content: content.replace(b"\0\0\x80?", b"\0\0\x81?", 1), "damaged"),
    ],
    ids=["cut short", "empty", "web page", "bit flipped"],
)
def test_a_damaged_file_says_the_way_out_and_stays(path, spoil, words):
    path.write_bytes(spoil(path.read_bytes()))
    before = files(path.parent)
    with pytest.raises(store.DataError, match=f"a.npz.*{words}.*Save it again"):
        store.load_arrays(path, {"codes": (6, 3)})
    assert files(path.parent) == before


@pytest.mark.parametrize(
    ("shapes", "words"),
    [
        ({"other": (6, 3)}, "needs the arrays other, and holds codes"),
        ({"codes": (6, 2)}, r"codes must be float32 \(6, 2\), not float32 \(6, 3\)"),
        ({"codes": (3, 6)}, r"\(3, 6\)"),
    ],
)
def test_other_names_or_shapes_are_refused(path, shapes, words):
    with pytest.raises(store.DataError, match=words):
        store.load_arrays(path, shapes)


def test_no_file(path):
    with pytest.raises(FileNotFoundError, match="none.npz"):
        store.load_weights(path.with_name("none.npz"), small_memory())


@pytest.mark.parametrize("build", [small_memory, small_autoencoder])
def test_weights_come_back_bit_for_bit(build, path):
    model, other = build(seed=3), build(seed=4)
    store.save_weights(path, model)
    saved = files(path.parent)
    assert fingerprint(other)[1] != fingerprint(model)[1]
    store.load_weights(path, other)
    assert fingerprint(other) == fingerprint(model)
    assert np.array_equal(other.decode(CODES), model.decode(CODES))
    assert files(path.parent) == saved


def bigger(model):
    """A model with all the weights of this one, and more after them."""
    arrays = {f"weight_{i:03}": array for i, array in enumerate(model.get_weights())}
    return {**arrays, f"weight_{len(arrays):03}": np.zeros(3, np.float32)}


def spoiled(model):
    """The weights of this one, the last of them float64."""
    arrays = {f"weight_{i:03}": array for i, array in enumerate(model.get_weights())}
    name = sorted(arrays)[-1]
    return {**arrays, name: arrays[name].astype(float)}


@pytest.mark.parametrize(
    "saved",
    [
        lambda path: store.save_weights(path, small_autoencoder(latent_dim=4)),
        lambda path: store.save_weights(path, small_memory()),
        lambda path: store.save_arrays(path, codes=CODES),
        lambda path: store.save_arrays(path, **bigger(small_autoencoder())),
        lambda path: store.save_arrays(path, **spoiled(small_autoencoder())),
        lambda path: path.write_bytes(path.read_bytes()[:-30]),
        lambda path: path.write_bytes(b""),
    ],
    ids=["latent size", "fewer", "codes", "more", "dtype", "cut short", "empty"],
)
def test_weights_of_another_model_leave_this_one_as_it_was(saved, path, trained):
    saved(path)
    before, found = fingerprint(trained), files(path.parent)
    with pytest.raises(store.DataError, match="a.npz.*Save it again with the model"):
        store.load_weights(path, trained)
    assert fingerprint(trained) == before and files(path.parent) == found
    assert np.isfinite(trained.evaluate(PIXELS, verbose=0))


@pytest.fixture(scope="module")
def trained():
    """An autoencoder with an optimizer that has something to lose."""
    model = small_autoencoder()
    train(model, PIXELS, steps=2)
    return model


def test_a_memory_refuses_an_autoencoders_weights(path):
    """Though they begin with a decoder's of the same shapes."""
    store.save_weights(path, small_autoencoder(seed=9))
    memory = small_memory()
    before = fingerprint(memory)
    with pytest.raises(store.DataError):
        store.load_weights(path, memory)
    assert fingerprint(memory) == before
