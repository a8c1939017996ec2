"""The recipe around ``fit``: seed, schedule, batches, callbacks."""

import io
import sys

import keras
import numpy as np
import pytest

from tests.small_models import CODES, PIXELS, fingerprint, small_memory, small_vae
from vae_tutorial import training
from vae_tutorial.training import (
    Batches,
    LossPerStep,
    ProgressBar,
    Snapshots,
    one_cycle,
    set_seed,
)


def fitted(callbacks=(), steps=6, epochs=1, **options):
    set_seed(0)
    model = small_memory()
    model.compile("adam", **options)
    data = Batches(CODES, PIXELS, batch_size=2, steps=steps)
    model.fit(data, epochs=epochs, verbose=0, callbacks=list(callbacks))
    return model


def test_the_seed_is_repeatable():
    found = []
    for seed in (0, 0, 1):
        set_seed(seed)
        found.append((np.random.random(), fingerprint(small_vae())[1]))
    assert found[0] == found[1] != found[2]


@pytest.mark.parametrize("steps", [1, 5, 400])
def test_one_cycle_rises_for_a_tenth_and_falls_to_zero(steps):
    schedule = one_cycle(0.01, steps)
    rates = [float(schedule(step)) for step in range(steps + 1)]
    top = max(1, steps // 10)
    assert max(rates) == pytest.approx(0.01) and int(np.argmax(rates)) == top
    assert rates == pytest.approx(
        [
            0.01 * step / top
            if step < top
            else 0.005 * (1 + np.cos(np.pi * min(1, (step - top) / max(1, steps - top))))
            for step in range(steps + 1)
        ],
        abs=1e-6,
    )


@pytest.mark.parametrize("rate", [0, -1, float("nan"), float("inf"), 7, "0.1", None])
def test_odd_learning_rates_are_named(rate):
    with pytest.raises((TypeError, ValueError), match="^learning_rate must"):
        one_cycle(rate, 10)


def test_a_pass_holds_each_row_at_most_once_and_pairs_stay_together():
    set_seed(0)
    x, y = np.arange(10), np.arange(10) * 7
    data = Batches(x, y, batch_size=3, steps=9)
    batches = [data[i] for i in range(len(data))]
    for first in (0, 3, 6):
        rows = np.concatenate([a for a, _ in batches[first : first + 3]])
        assert len(np.unique(rows)) == 9
    assert all(np.array_equal(b, 7 * a) for a, b in batches)
    before = data.rows.copy()
    data.on_epoch_end()
    assert not np.array_equal(before, data.rows)


def test_batches_follow_the_seed_and_default_to_one_pass():
    rows = []
    for seed in (0, 0, 1):
        set_seed(seed)
        rows.append(Batches(np.arange(50), batch_size=8).rows)
    assert np.array_equal(rows[0], rows[1]) and not np.array_equal(rows[0], rows[2])
    assert rows[0].shape == (6, 8)
    assert len(Batches(np.arange(4), batch_size=100)) == 1
    with pytest.raises(ValueError, match="^y must be as many as x"):
        Batches(np.arange(4), np.arange(3))


@pytest.mark.parametrize(("epochs", "steps_per_execution"), [(1, 1), (3, 1), (2, 2)])
def test_the_loss_of_each_step(epochs, steps_per_execution):
    losses = LossPerStep(every=2)
    fitted([losses], epochs=epochs, steps_per_execution=steps_per_execution)
    assert losses.step == list(range(2, 6 * epochs + 1, 2))
    set_seed(0)
    model = small_memory()
    model.compile("adam")
    data, wanted = Batches(CODES, PIXELS, batch_size=2, steps=6), []
    if epochs == 1:
        order = LossPerStep(every=1)
        model.fit(data, verbose=0, callbacks=[order])
        wanted = np.reshape(order.loss, (-1, 2)).mean(axis=1)
        assert np.allclose(losses.loss, wanted, rtol=1e-4)
    assert np.isfinite(losses.loss).all()


def test_snapshots_are_taken_at_their_steps():
    model = small_memory()
    model.compile("adam")
    snapshots = Snapshots(lambda: model.decode(CODES), at=[0, 2, 6, 99])
    start = model.decode(CODES)
    model.fit(Batches(CODES, PIXELS, batch_size=2, steps=6), verbose=0, callbacks=[snapshots])
    assert list(snapshots.values) == [0, 2, 6]
    assert np.array_equal(snapshots.values[0], start)
    assert np.array_equal(snapshots.values[6], model.decode(CODES))


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_the_progress_bar_leaves_nothing_behind(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stderr", Terminal())
    fitted([ProgressBar()], steps=20, epochs=2)
    shown = sys.stderr.getvalue()
    assert "epoch 2 of 2, step 20 of 20 · loss" in shown and shown.endswith("\r\x1b[K")
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    fitted([ProgressBar()], steps=20)
    assert sys.stderr.getvalue() == "" and capsys.readouterr().out == ""


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


class Stop(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        if batch == 2:
            raise KeyboardInterrupt


def test_a_stopped_training_leaves_a_model_and_goes_on():
    model = small_memory()
    model.compile("adam")
    data = Batches(CODES, PIXELS, batch_size=2, steps=6)
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
        data = Batches(CODES, PIXELS, batch_size=6, steps=steps)
        history = model.fit(data, epochs=epochs, verbose=0, callbacks=[record]).history
        found.append((history["loss"], record))
    (losses, _), (_, record) = found
    assert record.step == [3, 6, 9, 12] and np.ptp(losses) > 1e-2
    assert np.allclose(record.loss, np.reshape(losses, (4, 3)).mean(axis=1), rtol=1e-5)


def test_what_is_left_out_changes_from_pass_to_pass():
    rows = Batches(np.arange(10), batch_size=9, steps=300).rows
    counts = np.bincount(45 - rows.sum(axis=1), minlength=10)
    assert counts.min() > 10 and counts.max() < 60  # 30 each, more or less


def test_callbacks_begin_anew_with_each_fit_and_snapshots_count_on():
    model, record = small_memory(), LossPerStep(every=2)
    model.compile("adam")
    look = Snapshots(lambda: int(model.optimizer.iterations), [0, 3, 6])
    data = Batches(CODES, PIXELS, steps=2)
    model.fit(data, epochs=2, verbose=0, callbacks=[look, record])
    assert look.values == {0: 0, 3: 3} and record.step == [2, 4]
    model.fit(data, verbose=0, callbacks=[look, record])
    assert look.values == {6: 6} and record.step == [2]


def test_the_seed_decides_where_a_training_with_noise_ends():
    ends = []
    for seed in (1, 1, 2):
        set_seed(seed)
        model = small_vae()
        model.compile(keras.optimizers.Adam(one_cycle(0.01, 5)))
        model.fit(Batches(PIXELS, batch_size=2, steps=5), verbose=0)
        ends.append(fingerprint(model))
    assert ends[0] == ends[1] != ends[2]


def test_a_loss_that_is_no_number_can_end_the_training():
    model, record = small_memory(), LossPerStep(every=1)
    model.compile("adam")
    data = Batches(np.full_like(CODES, np.nan), PIXELS, steps=9)
    callbacks = [record, keras.callbacks.TerminateOnNaN()]
    model.fit(data, epochs=3, callbacks=callbacks, verbose=0)
    assert record.step == [1] and np.isnan(record.loss).all()
