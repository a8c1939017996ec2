"""A file is the whole old one or the whole new one, whatever happens while it is written."""

import os
import threading

import pytest

from tests.data.helpers import snapshot
from vae_tutorial.data._files import atomic_write, sha256

NEW = b"new" * 1000


@pytest.fixture
def path(tmp_path):
    """A file that was written before, in a folder with an awkward name."""
    path = tmp_path / "Übung eins" / "a.npz"
    path.parent.mkdir()
    path.write_bytes(b"old")
    return path


def write(path, content=NEW):
    with atomic_write(path) as file:
        file.write(content[:10])
        file.write(content[10:])


@pytest.mark.parametrize("kind", [str, lambda path: path])
def test_a_file_is_replaced_or_made(path, kind):
    for name in ("a.npz", "b.npz"):
        write(kind(path.with_name(name)))
        assert path.with_name(name).read_bytes() == NEW
    digest = sha256(kind(path))
    assert snapshot(path.parent) == {"a.npz": digest, "b.npz": digest}


@pytest.mark.parametrize("name", ["body", "fsync", "replace"])
@pytest.mark.parametrize("error", [OSError(28, "No space left"), KeyboardInterrupt()], ids=repr)
def test_an_error_midway_leaves_the_old_file(path, monkeypatch, name, error):
    def fail(*arguments):
        raise error

    before = snapshot(path.parent)
    with pytest.raises(type(error)), monkeypatch.context() as patch:
        if name != "body":
            patch.setattr(os, name, fail)
        with atomic_write(path) as file:
            file.write(NEW)
            fail() if name == "body" else None
    assert snapshot(path.parent) == before


def test_the_bytes_are_on_the_disk_before_the_name_is_given(path, monkeypatch):
    calls = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        patched = lambda *a, real=real, name=name: (calls.append(name), real(*a))  # noqa: E731
        monkeypatch.setattr(os, name, patched)
    write(path)
    assert calls == ["fsync", "replace"]


def test_several_write_one_file_while_others_read(path):
    versions, seen = [bytes([value]) * 5000 for value in range(4)], set()
    jobs = [lambda v=v: [write(path, v) for _ in range(10)] for v in versions]
    threads = [threading.Thread(target=job) for job in jobs]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        seen.add(path.read_bytes())
    assert seen <= {b"old", *versions} and list(snapshot(path.parent)) == ["a.npz"]


@pytest.mark.parametrize("place", ["none/a", "file/a", "folder"])
def test_a_place_that_cannot_be_written(tmp_path, place):
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match=place.split("/")[0]):
        write(tmp_path / place)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder"]


@pytest.mark.skipif(os.name != "posix", reason="links and permission bits are POSIX's")
@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_a_link_stays_and_whom_the_umask_lets_may_read(path, umask):
    link, kept = path.with_name("link"), os.umask(umask)
    link.symlink_to(path.name)
    try:
        write(link)
    finally:
        os.umask(kept)
    assert link.is_symlink() and path.read_bytes() == NEW
    assert path.stat().st_mode & 0o777 == 0o666 & ~umask
