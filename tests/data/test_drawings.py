"""The four drawings: always the same, clearly different, of any size."""

import hashlib

import numpy as np
import pytest

from vae_tutorial.data import load_drawings


@pytest.mark.parametrize("size", [8, 9, 28, 64, 100, 256])
def test_size_order_and_all_clearly_different(size):
    found = load_drawings(size)
    assert (found.shape, found.dtype) == ((4, size, size, 3), np.uint8)
    for i in range(4):
        for j in range(i):
            assert np.abs(found[i] / 255 - found[j] / 255).mean() > 0.1
            assert np.corrcoef(found[[i, j]].mean(axis=-1).reshape(2, -1))[0, 1] < 0.8


@pytest.mark.parametrize(("size", "expected"), [(20, "3e1c43ac572c5c80"), (64, "c13a845c0ee0ad1e")])
def test_the_same_pixels_everywhere(size, expected):
    load_drawings(size)[:] = 0  # what comes back is the caller's own
    assert hashlib.sha256(load_drawings(size).tobytes()).hexdigest()[:16] == expected


def test_small_is_large_reduced():
    large = load_drawings(256).reshape(4, 32, 8, 32, 8, 3).mean((2, 4))
    assert (np.abs(load_drawings(32) - large).mean(axis=(1, 2, 3)) < 4).all()
