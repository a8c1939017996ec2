"""Which images stand in which batch: decided by seed and step, and as what they come."""

import numpy as np
import pytest

from tests.test_models import CODES, GREY
from vae_tutorial.batches import batches
from vae_tutorial.runtime import tf


def order(steps=6, seed=0, size=10, batch_size=3, skip=0):
    """The numbers of the images in each batch."""
    data = batches(np.arange(size), batch_size=batch_size, steps=steps, seed=seed)
    return [batch.numpy().tolist() for (batch,) in data.skip(skip)]


@pytest.mark.parametrize(("size", "batch_size"), [(10, 3), (12, 4), (7, 7), (5, 1), (9, 5), (1, 1)])
def test_each_epoch_holds_each_image_at_most_once(size, batch_size):
    per_epoch = size // batch_size
    found = order(4 * per_epoch, size=size, batch_size=batch_size)
    assert [len(batch) for batch in found] == [batch_size] * 4 * per_epoch
    for start in range(0, len(found), per_epoch):
        epoch = sum(found[start : start + per_epoch], [])
        assert len(set(epoch)) == len(epoch) == per_epoch * batch_size
        assert set(epoch) <= set(range(size))


def test_orders_differ_between_epochs_and_between_seeds():
    orders = [str(order(40, seed=seed, size=40, batch_size=10)) for seed in range(5)]
    assert len(set(orders)) == 5
    found = order(40, size=40, batch_size=10)
    epochs = {str(found[start : start + 4]) for start in range(0, 40, 4)}
    assert len(epochs) == 10
    assert sorted(sum(found[:4], [])) == list(range(40)) != sum(found[:4], [])


def test_what_is_left_out_changes_from_epoch_to_epoch():
    found = order(300, size=10, batch_size=9)
    left_out = np.array([10 * 9 // 2 - sum(batch) for batch in found])
    counts = np.bincount(left_out, minlength=10)
    assert counts.min() > 10 and counts.max() < 60  # 30 each, more or less


@pytest.mark.parametrize("skip", [1, 3, 7, 11])
def test_a_batch_depends_on_seed_and_step_alone(skip):
    assert order(12, skip=skip) == order(12)[skip:]
    assert order(skip) == order(12)[:skip]
    tf.random.set_seed(99)
    np.random.seed(99)
    assert order(12) == order(12)


def test_uint8_pictures_become_floats_and_labels_stay():
    pictures = np.arange(10, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 3, 1), np.uint8)
    labels = np.arange(10, dtype=np.uint8) + 100
    seen = 0
    for x, y in batches(pictures * 25, labels, batch_size=5, steps=4):
        assert (x.dtype, x.shape, y.dtype) == (tf.float32, (5, 2, 3, 1), tf.uint8)
        numbers = y.numpy() - 100
        wanted = (25 * numbers).astype(np.float32) / np.float32(255)
        assert np.array_equal(x, np.broadcast_to(wanted[:, None, None, None], x.shape))
        seen += 1
    assert seen == 4


def test_floats_are_not_scaled_and_stay_with_their_targets():
    for x, y in batches(CODES, GREY, batch_size=4, steps=3):
        for code, picture in zip(x.numpy(), y.numpy(), strict=True):
            [place] = np.flatnonzero((CODES == code).all(axis=1))
            assert np.array_equal(picture, GREY[place])


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_floats_of_any_width_become_float32(dtype):
    [(batch,)] = batches(GREY.astype(dtype), batch_size=6, steps=1, seed=2)
    assert (batch.dtype, batch.shape) == (tf.float32, (6, 8, 8, 1))
    assert np.allclose(np.sort(batch, axis=None), np.sort(GREY, axis=None), atol=1e-3)
