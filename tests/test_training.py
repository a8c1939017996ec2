"""The recipe around ``fit``: seed, schedule, batches, callbacks."""

import keras
import numpy as np
import pytest

from tests.small_models import CODES, PIXELS, small_memory, small_vae
from vae_tutorial import training
from vae_tutorial.training import (
    LossPerStep,
    OneCycle,
    ProgressBar,
    Snapshots,
    batches,
    binarize,
    set_seed,
)


def fitted(callbacks=(), steps=6, epochs=1, **options):
    set_seed(0)
    model = small_memory()
    model.compile("adam", **options)
    data = batches(CODES, PIXELS, batch_size=2, steps=steps)
    model.fit(data, epochs=epochs, verbose=0, callbacks=list(callbacks))
    return model


def test_the_seed_decides_each_number():
    found = []
    for seed in (0, 0, 1):
        set_seed(seed)
        weights = small_vae().get_weights() + small_memory().get_weights()
        found.append([np.random.random(), *(w for w in weights if w.any())])  # not the biases
    for first, again, other in zip(*found, strict=True):
        assert np.array_equal(first, again) and not np.array_equal(first, other)


@pytest.mark.parametrize("steps", [1, 5, 400])
def test_one_cycle_rises_for_a_tenth_and_falls_to_zero(steps):
    schedule = OneCycle(0.01, steps)
    rates = [float(schedule(step)) for step in range(steps + 2)]
    top = max(1, steps // 10)
    rise = [0.01 * (step + 1) / top for step in range(top)]
    fall = [0.01 * (steps - step) / max(1, steps - top) for step in range(top, steps)]
    assert rates == pytest.approx([*rise, *fall, 0, 0], abs=1e-8)
    assert max(rates) == pytest.approx(0.01) and min(rates[:-2]) > 0


def test_a_schedule_is_saved_with_its_optimizer():
    adam = keras.optimizers.Adam(OneCycle(0.01, 5))
    again = keras.optimizers.deserialize(keras.optimizers.serialize(adam))
    assert float(again.learning_rate) == float(adam.learning_rate) == pytest.approx(0.01)


def test_a_pass_holds_each_row_at_most_once_and_pairs_stay_together():
    set_seed(0)
    x, y = np.arange(10), np.arange(10) * 7
    data = batches(x, y, batch_size=3, steps=9)
    epochs = [[(a.numpy(), b.numpy()) for a, b in data] for _ in range(2)]
    for epoch in epochs:
        assert len(epoch) == len(data) == 9
        assert all(np.array_equal(b, 7 * a) for a, b in epoch)
        for first in (0, 3, 6):
            rows = np.concatenate([a for a, _ in epoch[first : first + 3]])
            assert len(np.unique(rows)) == 9
    orders = {
        tuple(np.concatenate([a for a, _ in epoch[i : i + 3]]).tolist())
        for epoch in epochs
        for i in (0, 3, 6)
    }
    assert len(orders) == 6  # none twice


def test_batches_follow_the_seed_and_default_to_one_pass():
    rows = []
    for seed in (0, 0, 1):
        set_seed(seed)
        rows.append(np.array([x.numpy() for (x,) in batches(np.arange(50), batch_size=8)]))
    assert np.array_equal(rows[0], rows[1]) and not np.array_equal(rows[0], rows[2])
    assert rows[0].shape == (6, 8)
    assert len(batches(np.arange(4), batch_size=100)) == 1
    with pytest.raises(ValueError, match="^y must be as many as x"):
        batches(np.arange(4), np.arange(3))


def test_several_steps_in_one_call_are_counted():
    losses = LossPerStep(every=2)
    fitted([losses], epochs=2, steps_per_execution=2)
    assert losses.step == [2, 4, 6, 8, 10, 12] and np.isfinite(losses.loss).all()


def test_the_progress_bar_prints_nothing_outside_a_notebook(capfd):
    fitted([ProgressBar()], steps=20)
    assert capfd.readouterr() == ("", "")


def test_the_progress_bar_in_a_notebook(monkeypatch):
    lines = []

    class Handle:
        def update(self, data, raw):
            lines.append(data["text/plain"])

    class Shell:
        kernel = object()

    monkeypatch.setattr(training, "get_ipython", Shell)
    monkeypatch.setattr(training, "display", lambda *_, **options: Handle())
    fitted([ProgressBar()], steps=10)
    assert lines[0].startswith("step 10 of 10 · loss") and lines[-1] == ""
    fitted([ProgressBar()], steps=20, epochs=2)
    assert lines[-2].startswith("epoch 2 of 2, step 20 of 20 · loss") and lines[-1] == ""


class Stop(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        if batch == 2:
            raise KeyboardInterrupt


def test_a_stopped_training_leaves_a_model_and_goes_on():
    model = small_memory()
    model.compile("adam")
    data = batches(CODES, PIXELS, batch_size=2, steps=6)
    with pytest.raises(KeyboardInterrupt):
        model.fit(data, verbose=0, callbacks=[Stop()])
    assert int(model.optimizer.iterations) == 3 and np.isfinite(model.decode(CODES)).all()
    model.fit(data, verbose=0)
    assert int(model.optimizer.iterations) == 9


def test_records_are_the_losses_of_epochs_of_one_step():
    """Keras's own history has those, and full batches with plain descent draw nothing at random."""
    found = []
    for steps, epochs, every in ((1, 12, 1), (6, 2, 3)):
        set_seed(0)
        model, record = small_memory(), LossPerStep(every)
        model.compile(keras.optimizers.SGD(0.02))
        data = batches(CODES, PIXELS, batch_size=6, steps=steps)
        history = model.fit(data, epochs=epochs, verbose=0, callbacks=[record]).history
        found.append((history["loss"], record))
    (losses, _), (_, record) = found
    assert record.step == [3, 6, 9, 12] and np.ptp(losses) > 1e-2
    assert np.allclose(record.loss, np.reshape(losses, (4, 3)).mean(axis=1), rtol=1e-5)


def test_what_is_left_out_changes_from_pass_to_pass():
    data = batches(np.arange(10), batch_size=9, steps=300)
    counts = np.bincount([45 - x.numpy().sum() for (x,) in data], minlength=10)
    assert counts.min() > 10 and counts.max() < 60  # 30 each, more or less


def test_callbacks_begin_anew_with_each_fit_and_snapshots_count_on():
    model, record = small_memory(), LossPerStep(every=2)
    model.compile("adam")
    look = Snapshots(lambda: int(model.optimizer.iterations), [0, 3, 6])
    data = batches(CODES, PIXELS, steps=2)
    model.fit(data, epochs=2, verbose=0, callbacks=[look, record])
    assert look.values == {0: 0, 3: 3} and record.step == [2, 4]
    model.fit(data, verbose=0, callbacks=[look, record])
    assert look.values == {6: 6} and record.step == [2]


def test_a_binarized_pixel_is_white_as_often_as_it_is_bright():
    gray = np.repeat(np.uint8([0, 51, 204, 255]), 10_000).reshape(4, 100, 100)
    set_seed(0)
    first, second = binarize(gray).numpy(), binarize(gray).numpy()
    assert first.shape == gray.shape and first.dtype == np.float32
    assert set(np.unique(first)) == {0, 1}
    assert np.allclose(first.mean(axis=(1, 2)), [0, 0.2, 0.8, 1], atol=0.02)  # 5 standard errors
    assert (first[0] == 0).all() and (first[3] == 1).all()
    assert 0.3 < (first[1] != second[1]).mean() < 0.34  # other coins: 2 * 0.2 * 0.8
    set_seed(0)
    assert np.array_equal(binarize(gray).numpy(), first)


def test_a_dataset_of_binarized_images_flips_its_coins_anew_in_each_step():
    set_seed(0)
    gray = np.full((2, 28, 28), 128, np.uint8)
    data = batches(gray, batch_size=2, steps=3).map(lambda x: (binarize(x),))
    seen = [x.numpy() for (x,) in data]
    assert all(set(np.unique(x)) == {0, 1} for x in seen)
    assert all((a != b).any() for a, b in zip(seen, seen[1:], strict=False))
    set_seed(0)
    again = batches(gray, batch_size=2, steps=3).map(lambda x: (binarize(x),))
    assert all(np.array_equal(a, b) for a, (b,) in zip(seen, again, strict=True))
