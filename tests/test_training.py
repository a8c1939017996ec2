"""The recipe: what comes back, what the seed decides, what is refused and changes nothing."""

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
from tests.test_vae import small_vae
from vae_tutorial.batches import batches
from vae_tutorial.networks import build_classifier
from vae_tutorial.runtime import keras, tf
from vae_tutorial.training import train


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


@pytest.mark.parametrize("build", [small_memory, small_autoencoder, small_vae])
def test_a_dataset_of_batches_trains_as_its_arrays_do(build):
    pictures = PIXELS[..., None]
    data = (CODES, pictures) if build is small_memory else (pictures,)
    options = dict(batch_size=3, seed=4)
    on_arrays, on_dataset = build(), build()
    first = train(on_arrays, *data, steps=5, **options)
    second = train(on_dataset, batches(*data, steps=9, **options), steps=5)
    assert first.loss.tolist() == second.loss.tolist()
    assert second.step.tolist() == [1, 2, 3, 4, 5]
    assert fingerprint(on_arrays)[1] == fingerprint(on_dataset)[1] != fingerprint(build())[1]


def test_the_batches_of_a_dataset_may_be_bare_and_of_many_sizes():
    data = tf.data.Dataset.from_tensor_slices(GREY).batch(4).repeat()
    model, snapshots = small_vae(), {"snapshot_steps": [0, 3, 5]}
    history = train(model, data, steps=5, snapshot=lambda: fingerprint(model)[1], **snapshots)
    assert np.isfinite(history.loss).all() and history.step[-1] == 5
    assert len(set(history.snapshots.values())) == 3


def test_targets_beside_a_dataset_are_refused(trained_memory):
    """Its batches hold them; y would go unseen."""
    data = batches(CODES, GREY, batch_size=3, steps=2)
    assert_refused_by_train(trained_memory, ValueError, "y", data, PIXELS)


@pytest.mark.filterwarnings("ignore:Your input ran out of data")
@pytest.mark.parametrize("steps", [5, 200])
def test_a_dataset_that_ends_early_is_refused_in_words_or_noted_as_far_as_it_went(steps):
    """Notes are taken every fourth of 200 steps: after one batch there is none yet."""
    data = tf.data.Dataset.from_tensors(GREY)
    try:
        history = train(small_vae(), data, steps=steps)
    except ValueError as error:
        assert "steps" in str(error)
    else:
        assert history.step.tolist() == [1] and np.isfinite(history.loss).all()


@pytest.mark.parametrize("build", [small_autoencoder, small_vae])
def test_ten_steps_twice_are_the_same(build):
    """Order and noise are functions of seed and step."""
    ends = []
    for _ in range(2):
        model = build(seed=2)
        losses = train(model, PIXELS, steps=10, batch_size=4, seed=1).loss.tolist()
        ends.append((fingerprint(model)[1], losses))
        keras.utils.set_random_seed(5)
    assert ends[0] == ends[1]


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
    ({"epochs": 2}, ValueError, "^steps or epochs must be given"),
    ({"steps": None}, ValueError, "^steps or epochs must be given"),
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


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"steps": None, "epochs": 1}, ValueError, "^epochs must be None for a dataset"),
        ({"epochs": 1}, ValueError, "^steps or epochs must be given"),
        ({"steps": None}, ValueError, "^steps or epochs must be given"),
        ({"steps": 0}, ValueError, "^steps must be a whole"),
        ({"steps": 2.0}, TypeError, "^steps must be a whole"),
        ({"batch_size": 0}, ValueError, "^batch_size must be a whole"),
        ({"learning_rate": 2}, ValueError, "^learning_rate must be"),
        ({"seed": -1}, ValueError, "^seed must be"),
        ({"snapshot": print, "snapshot_steps": [3]}, ValueError, "^snapshot_steps must"),
    ],
    ids=str,
)
def test_options_are_refused_beside_a_dataset(trained, options, kind, words):
    data = tf.data.Dataset.from_tensors(GREY).repeat()
    assert_refused_by_train(trained, kind, words, data, **options)


def test_a_memory_needs_pictures_and_an_autoencoder_no_targets(trained, trained_memory):
    assert_refused_by_train(trained_memory, (TypeError, ValueError), "^pictures must", CODES)
    assert_refused_by_train(trained_memory, ValueError, "5.*6", CODES, PIXELS[:5])
    assert_refused_by_train(trained, ValueError, "y must be None", PIXELS, PIXELS)


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
