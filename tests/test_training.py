"""The recipe: which image stands where, what comes back, what is refused and changes nothing."""

import numpy as np
import pytest

from tests.test_models import (
    BAD_CODES,
    BAD_PICTURES,
    CODES,
    GREY,
    PIXELS,
    fingerprint,
    small_autoencoder,
    small_memory,
)
from vae_tutorial.networks import build_classifier
from vae_tutorial.runtime import keras, tf
from vae_tutorial.training import batches, train

NUMBERS = np.arange(10)


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


@pytest.mark.parametrize("steps", [120])
def test_history_steps_rise_and_end_at_the_last(steps):
    history = train(small_autoencoder(), PIXELS, steps=steps, batch_size=3)
    assert history.step[-1] == steps and (np.diff(history.step) > 0).all()
    assert history.step.dtype.kind == "i" and history.loss.dtype.kind == "f"
    assert len(history.loss) == len(history.step) >= min(steps, 25)
    assert np.isfinite(history.loss).all() and history.snapshots == {}


def test_each_note_is_the_mean_loss_since_the_note_before():
    """With a rate that changes no weight, that is the loss of all images."""
    model = small_autoencoder()
    history = train(model, PIXELS, steps=60, batch_size=3, learning_rate=1e-30)
    model.compile()
    assert history.step.tolist() == list(range(1, 61))
    pairs = history.loss.reshape(30, 2).mean(axis=1)  # two batches are an epoch
    assert np.allclose(pairs, model.evaluate(PIXELS, verbose=0), rtol=1e-5)
    assert np.ptp(history.loss) > 1e-3


def test_the_loss_falls():
    data, model = (CODES, PIXELS), small_memory()
    history = train(model, *data, steps=300, learning_rate=0.02, show_progress=None)
    assert history.loss[-1] < 0.5 * history.loss[0]
    model.compile()
    assert model.evaluate(*data, verbose=0) == pytest.approx(history.loss[-1], rel=0.05)


def test_epochs_are_passes_over_all_full_batches():
    data = dict(batch_size=4, seed=3)
    by_epochs, by_steps = small_autoencoder(), small_autoencoder()
    assert train(by_epochs, np.concatenate([PIXELS] * 2), epochs=2, **data).step[-1] == 6
    train(by_steps, np.concatenate([PIXELS] * 2), steps=6, **data)
    assert fingerprint(by_epochs)[1] == fingerprint(by_steps)[1]


def test_a_batch_larger_than_the_data_is_all_of_it():
    large, all_six = small_autoencoder(), small_autoencoder()
    train(large, PIXELS, steps=3, batch_size=1000)
    train(all_six, PIXELS, steps=3, batch_size=6)
    assert fingerprint(large)[1] == fingerprint(all_six)[1]


def test_two_runs_end_in_the_same_weights():
    """After other random numbers, on uint8 or on its floats; another seed ends elsewhere."""
    ends = []
    for seed, pictures in ((1, PIXELS), (1, PIXELS[..., None]), (2, PIXELS)):
        model = small_autoencoder()
        losses = train(model, pictures, steps=5, batch_size=2, seed=seed).loss
        ends.append((fingerprint(model)[1], losses.tolist()))
        keras.utils.set_random_seed(9)
        np.random.seed(8)
    assert ends[0] == ends[1]
    assert ends[0][0] != ends[2][0]


@pytest.mark.parametrize("dtype", ["float64", "float16"])
def test_floats_of_any_width_can_be_trained_on(dtype):
    """`images / 255` is float64."""
    pictures = (PIXELS / 255).astype(dtype)
    assert np.isfinite(train(small_autoencoder(), pictures, steps=2).loss).all()
    assert np.isfinite(train(small_memory(), CODES.astype(dtype), pictures, steps=2).loss).all()


@pytest.mark.parametrize("asked", [[5, 0, 5], range(6)])
def test_snapshots_are_taken_at_the_steps_asked_for(asked):
    model = small_autoencoder()
    start = str(model.get_weights())
    history = train(
        model,
        PIXELS,
        steps=5,
        snapshot=lambda: str(model.get_weights()),
        snapshot_steps=asked,
    )
    assert sorted(history.snapshots) == sorted(set(asked))
    later = [snapshot for step, snapshot in history.snapshots.items() if step > 0]
    assert len(set(later)) == len(later)
    assert history.snapshots.get(0, start) == start
    assert history.snapshots.get(5, end := str(model.get_weights())) == end


def test_a_snapshot_shows_the_weights_right_after_its_step():
    model = small_autoencoder()
    history = train(
        model,
        PIXELS,
        steps=20,
        snapshot=lambda: (int(model.optimizer.iterations), model.decode(CODES)),
        snapshot_steps=[0, 10, 20],
    )
    assert [count for count, _ in history.snapshots.values()] == [0, 10, 20]
    assert np.array_equal(history.snapshots[0][1], small_autoencoder().decode(CODES))
    assert np.array_equal(history.snapshots[20][1], model.decode(CODES))


def test_even_one_step_changes_the_weights():
    """The learning rate rises, and is above zero from the first step on."""
    model = small_autoencoder()
    assert train(model, PIXELS, steps=1).step.tolist() == [1]
    pairs = zip(model.get_weights(), small_autoencoder().get_weights(), strict=True)
    assert not all(np.array_equal(trained, new) for trained, new in pairs)


def test_a_classifier_can_be_trained_too():
    """A Keras model with a loss of its own, and labels that stay whole numbers."""
    labels = np.array([0, 1, 2, 0, 1, 2], np.uint8)
    classifier = build_classifier(3, (8, 8, 1), units=(8,))
    classifier.loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    history = train(classifier, PIXELS, labels, steps=150, learning_rate=0.01)
    assert history.loss[-1] < 0.1 < history.loss[0]
    assert classifier(GREY).numpy().argmax(axis=1).tolist() == labels.tolist()
    assert_refused_by_train(classifier, ValueError, "^y must be as many", PIXELS, labels[:4])


def assert_refused_by_train(model, kind, words, *data, **options):
    """Refused, and weights, optimizer and compilation are as before."""
    before = fingerprint(model)
    with pytest.raises(kind, match=words):
        train(model, *data, **{"steps": 2, **options})
    assert fingerprint(model) == before


@pytest.fixture(scope="module")
def trained():
    """One autoencoder for all refusals."""
    model = small_autoencoder()
    train(model, PIXELS, steps=2)
    return model


@pytest.fixture(scope="module")
def trained_memory():
    """One memory for all refusals."""
    model = small_memory()
    train(model, CODES, PIXELS, steps=2)
    return model


@pytest.mark.parametrize("case", BAD_PICTURES)
def test_pictures_are_refused(trained, trained_memory, case):
    bad, kind, words = BAD_PICTURES[case]
    assert_refused_by_train(trained, kind, f"^x must .*{words}", bad)
    assert_refused_by_train(trained_memory, kind, f"^pictures must .*{words}", CODES, bad)
    classifier = build_classifier(3, (8, 8, 1), units=(4,))
    assert_refused_by_train(classifier, kind, f"^x must .*{words}", bad, np.zeros(6, int))


@pytest.mark.parametrize("case", BAD_CODES)
def test_codes_are_refused(trained_memory, case):
    bad, kind, words = BAD_CODES[case]
    assert_refused_by_train(trained_memory, kind, f"^codes must .*{words}", bad, PIXELS)


BAD_OPTIONS = [
    *[({"steps": value}, ValueError, "^steps must be a whole") for value in (0, -1)],
    *[({"steps": value}, TypeError, "^steps must be a whole") for value in (1.5, True, "3")],
    *[
        ({"steps": None, "epochs": value}, ValueError, "^epochs must be a whole")
        for value in (0, -1)
    ],
    *[
        ({"steps": None, "epochs": value}, TypeError, "^epochs must be a whole")
        for value in (1.5, 2.0, True, "3")
    ],
    ({"epochs": 2}, ValueError, "either steps or epochs"),
    ({"steps": None}, ValueError, "either steps or epochs"),
    *[({"batch_size": value}, ValueError, "^batch_size must be a whole") for value in (0, -1)],
    *[({"batch_size": value}, TypeError, "^batch_size must be a") for value in (1.5, None, "3")],
    *[
        ({"learning_rate": value}, ValueError, "^learning_rate must be")
        for value in (0, -1, float("nan"), float("inf"), 1.5, 100)
    ],
    *[
        ({"learning_rate": value}, TypeError, "^learning_rate must be")
        for value in ("0.1", None, True, 1j)
    ],
    *[({"seed": value}, ValueError, "^seed must be") for value in (-1, 2**64)],
    *[({"seed": value}, TypeError, "^seed must be") for value in (1.5, None, "3")],
    *[
        ({"snapshot": print, "snapshot_steps": value}, ValueError, "^snapshot_steps must")
        for value in ([-1], [0, 3])
    ],
    *[
        ({"snapshot": print, "snapshot_steps": value}, TypeError, "^snapshot_steps must")
        for value in ([1.5], ["1"], 1, None)
    ],
    ({"snapshot": 3, "snapshot_steps": [0]}, TypeError, "^snapshot must"),
]


@pytest.mark.parametrize(("options", "kind", "words"), BAD_OPTIONS, ids=lambda value: str(value))
def test_options_are_refused(trained, options, kind, words):
    assert_refused_by_train(trained, kind, words, PIXELS, **options)


def test_a_memory_needs_pictures_and_an_autoencoder_no_targets(trained, trained_memory):
    assert_refused_by_train(trained_memory, (TypeError, ValueError), "^pictures must", CODES)
    assert_refused_by_train(trained_memory, ValueError, "5.*6", CODES, PIXELS[:5])
    assert_refused_by_train(trained, ValueError, "no y", PIXELS, PIXELS)


def test_a_model_that_refused_much_trains_as_one_that_never_did():
    refusing, other = small_autoencoder(), small_autoencoder()
    for bad, kind, _ in BAD_PICTURES.values():
        assert_refused_by_train(refusing, kind, "must", bad)
    assert_refused_by_train(refusing, ValueError, "must", PIXELS, learning_rate=-1)
    assert not refusing.compiled
    for model in (refusing, other):
        train(model, PIXELS, steps=3, batch_size=4)
    assert fingerprint(refusing)[1] == fingerprint(other)[1]


def test_trained_twice_is_started_anew(trained):
    """Each call compiles a new optimizer, so that a cell may run twice."""
    model, optimizer = small_autoencoder(), None
    for _ in range(2):
        train(model, PIXELS, steps=2)
        assert model.optimizer is not optimizer and int(model.optimizer.iterations) == 2
        optimizer = model.optimizer


@pytest.mark.parametrize("show_progress", [None, "yes"])
def test_nothing_is_printed_outside_a_terminal(show_progress, capfd):
    train(small_autoencoder(), PIXELS, steps=3, show_progress=show_progress)
    output = capfd.readouterr()
    assert (output.out, output.err) == ("", "")
