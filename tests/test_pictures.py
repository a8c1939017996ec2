"""The four pictures: always the same, clearly different, of any size."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest

from vae_tutorial import pictures


@pytest.mark.parametrize("size", [8, 9, 28, 64, 100, 255, 256])
def test_size_dtype_and_order(size):
    found = pictures.load_pictures(size)
    assert (found.shape, found.dtype) == ((4, size, size, 3), np.uint8)
    for picture, name in zip(found, pictures.NAMES, strict=True):
        assert np.array_equal(picture, pictures.draw_picture(name, size))
        assert picture.min() < 100 and picture.max() > 200 and len(np.unique(picture)) > 5


@pytest.mark.parametrize("size", [8, 28, 64, 256])
def test_all_four_are_clearly_different(size):
    found = pictures.load_pictures(size) / 255
    for i in range(4):
        for j in range(i):
            assert np.abs(found[i] - found[j]).mean() > 0.1, (pictures.NAMES[i], pictures.NAMES[j])
            grey = found[[i, j]].mean(axis=-1).reshape(2, -1)
            assert np.corrcoef(grey)[0, 1] < 0.8


@pytest.mark.parametrize("name", pictures.NAMES)
def test_small_is_large_reduced(name):
    """The picture is one, whatever its size."""
    small = pictures.draw_picture(name, 32).astype(float)
    large = pictures.draw_picture(name, 256).reshape(32, 8, 32, 8, 3).mean((1, 3))
    assert np.abs(small - large).mean() < 4


def test_the_same_each_time_and_in_another_process():
    code = (
        "import hashlib; from vae_tutorial.pictures import load_pictures;"
        "print(hashlib.sha256(load_pictures(20).tobytes()).hexdigest())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    found = {hashlib.sha256(pictures.load_pictures(20).tobytes()).hexdigest() for _ in range(2)}
    assert (found, done.stderr) == ({done.stdout.strip()}, "")


def test_what_comes_back_is_the_callers_own():
    pictures.load_pictures(8)[:] = 0
    assert pictures.load_pictures(8).any()


@pytest.mark.parametrize("name", ["Cat", "", "bird", None, 3, ["cat"]], ids=repr)
def test_an_unknown_name_is_refused(name):
    with pytest.raises(ValueError, match="^name must be one of cat, dog, apple, banana.*not"):
        pictures.draw_picture(name)


@pytest.mark.parametrize(
    ("size", "kind"),
    [(7, ValueError), (0, ValueError), (-8, ValueError)]
    + [(size, TypeError) for size in (64.0, "64", None, True, (64, 64))],
    ids=str,
)
@pytest.mark.parametrize(
    "call", [pictures.load_pictures, lambda s: pictures.draw_picture("cat", s)]
)
def test_sizes_are_refused(call, size, kind):
    with pytest.raises(kind, match="^size must be a whole number of at least 8"):
        call(size)
