"""The comparison with other tutorials: their networks, the one loss, the clock, the table."""

import numpy as np
import pytest
import tensorflow as tf

from benchmarks.peers import OURS, PEERS, Watch, build_peer, conclusion, operations, row
from benchmarks.scaling import PLACES, shifted
from vae_tutorial.losses import kl_divergence, reconstruction_loss

COUNTS = {  # weights of encoder and decoder, counted by hand
    "source": (76_008, 46_145),
    "TensorFlow tutorial": (111_016, 70_177),
    "keras.io": (69_688, 121_537),
    "PyTorch examples": (330_040, 322_784),
}
REACHED = {"name": OURS, "seconds": 20.0, "loss": 99.0, "best": 99.0, "trained": 20.0}


@pytest.mark.parametrize("name", PEERS)
def test_networks_and_loss(name):
    model = build_peer(name)
    assert (model.encoder.count_params(), model.decoder.count_params()) == COUNTS[name]
    rng = np.random.default_rng(0)
    x = tf.constant(rng.uniform(size=(3, 28, 28, 1)), tf.float32)
    epsilon = tf.constant(rng.normal(size=(3, 20)), tf.float32)
    z_mean, z_log_var = tf.split(model.encoder(x), 2, axis=1)
    x_logits = model.decoder(z_mean + tf.exp(z_log_var / 2) * epsilon)
    expected = reconstruction_loss(x, x_logits), kl_divergence(z_mean, z_log_var)
    np.testing.assert_allclose(model.loss_parts(x, epsilon), expected, rtol=1e-4, atol=1e-4)


def watched(losses, steps=1000, epoch_seconds=None, **options):
    """A watch after steps of one second; each look takes three, which must not count."""
    now, losses = [0.0], iter(losses)

    def loss():
        now[0] += 3
        return next(losses)

    watch, trained = Watch(0.0, loss, clock=lambda: now[0], **options), 0
    while not watch.finished and trained < steps:
        now[0] += 1
        trained += 1
        watch.after_step()
        if epoch_seconds and trained % epoch_seconds == 0 and not watch.finished:
            watch.after_epoch(trained // epoch_seconds - 1)
    return watch


def test_watch_ends_at_the_limit():
    watch = watched([200 - i for i in range(100)], target=100, epochs=None, limit=300)
    assert watch.reached is None
    assert [seconds for seconds, _ in watch.looks] == list(range(5, 301, 5))


def test_watch_goes_on_for_a_minute_once_the_target_is_reached():
    watch = watched([120, 100, *range(120, 220)], target=100, epochs=None, limit=300)
    assert watch.reached == (10, 100)
    assert watch.looks[-1][0] == 60


def test_watch_ends_where_a_late_target_is_reached():
    watch = watched([*[120] * 20, 90], target=100, epochs=None, limit=300)
    assert watch.reached == watch.looks[-1] == (105, 90)


def test_watch_without_a_target_ends_after_the_epochs_even_if_late():
    watch = watched(range(200), epoch_seconds=42, target=None, epochs=10, limit=300)
    assert watch.reached == watch.looks[-1]
    assert watch.reached[0] == 420


def test_operations_by_hand():
    # 3 * 2 * (6 + 8), less the gradient of the first layer's input: 2 * 6.
    assert operations([(2, 3), (2, 4)]) == 72


def test_table_tells_who_reached_the_target():
    first = {**REACHED, "name": "source", "seconds": 80.0, "after_minute": 101.0}
    late = {**first, "name": "keras.io", "seconds": None, "best": 110.0, "trained": 300.4}
    ours = {**REACHED, "after_minute": 98.0, "minute": 59.0, "gigaflops": 30.0, "steady": 60.0}
    ours["peak"] = 120.0
    assert [cell.strip() for cell in row(late, first).split("|")] == [
        "keras.io",
        "not within 300 s (best: 110.00)",
        "-",
        "101.00",
    ]
    assert row(ours, first).split() == f"{OURS} | 20.0 | 0.25 | 98.00 (in 59.0 s)".split()
    assert f"{OURS} is 4.0 times as fast as the source" in list(conclusion([first, ours]))
    shares = [text.split(": ")[1] for text in conclusion([first, ours]) if "of that" in text]
    assert shares == ["30.0 GFLOP/s, 25% of that", "60.0 GFLOP/s, 50% of that"]
    assert not any("as fast" in text for text in conclusion([first, ours | {"seconds": None}]))


def test_shifted_images_are_all_there_once():
    x_train = np.random.default_rng(0).integers(0, 256, (6, 28, 28), dtype=np.uint8)
    batches = [255 * batch.numpy()[..., 0] for batch in shifted(x_train, steps=4, batch_size=15)]
    padded = np.pad(x_train, ((0, 0), (2, 2), (2, 2)))
    expected = [padded[:, 2 - d : 30 - d, 2 - r : 30 - r] for d, r in PLACES]
    found = {p.tobytes() for p in np.rint(np.concatenate(batches)).astype(np.uint8)}
    assert found == {p.tobytes() for p in np.concatenate(expected)}
    assert len(found) == 60
