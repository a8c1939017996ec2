"""A run that was stopped goes on to the same end, bit for bit; signals are in tests/faults."""

import json
import os

import numpy as np
import pytest

from tests.test_models import CODES, PIXELS, fingerprint, small_autoencoder, small_memory
from tests.test_vae import small_vae
from vae_tutorial import notes, runs, store
from vae_tutorial.archives import DataError
from vae_tutorial.runtime import tf
from vae_tutorial.training import train

STEPS = 60
MODELS = {"memory": small_memory, "autoencoder": small_autoencoder, "vae": small_vae}


class StoppedError(Exception):
    """Whatever stops a training."""


def go(kind, run=None, stop_at=None, error=StoppedError, model=None, **options):
    """Train a model, with snapshots; raise an error right after a step, if asked to."""
    model = model or MODELS[kind]()
    data = (CODES, PIXELS) if kind == "memory" else (PIXELS,)

    def snapshot():
        if stop_at is not None and model.optimizer.iterations == stop_at:
            raise error("stop")
        return model.decode(CODES[:2])

    options = {"batch_size": 3, "steps": STEPS, "seed": 1, "learning_rate": 0.01} | options
    history = train(
        model, *data, snapshot=snapshot, snapshot_steps=range(STEPS + 1), run=run, **options
    )
    return fingerprint(model)[1], history


def same(one, other):
    """The same weights, optimizer, notes and snapshots."""
    assert one[0] == other[0]
    assert one[1].step.tolist() == other[1].step.tolist()
    assert one[1].loss.tolist() == other[1].loss.tolist()
    assert list(one[1].snapshots) == list(other[1].snapshots) == list(range(STEPS + 1))
    for step, picture in one[1].snapshots.items():
        assert np.array_equal(picture, other[1].snapshots[step])


@pytest.fixture(scope="module")
def whole():
    """What each model comes to without a stop."""
    return {kind: go(kind) for kind in MODELS}


@pytest.mark.parametrize(
    ("kind", "error"),
    [("memory", StoppedError), ("autoencoder", MemoryError), ("vae", KeyboardInterrupt)],
)
def test_an_exception_at_some_steps_changes_nothing_in_the_end(kind, error, whole, tmp_path):
    run = tmp_path / "run.npz"
    for stop_at in (2, 3, 31, 59):
        with pytest.raises(error):
            go(kind, run, stop_at, error)
    same(go(kind, run), whole[kind])
    assert os.listdir(tmp_path) == ["run.npz"]


@pytest.mark.parametrize("kind", MODELS)
def test_keeping_the_run_changes_nothing(kind, whole, tmp_path):
    same(go(kind, tmp_path / "run.npz"), whole[kind])


@pytest.mark.parametrize("stop_at", [1, 30, 59])
def test_the_model_that_was_stopped_goes_on_too(stop_at, whole, tmp_path, capsys):
    """Where building and training stand in two cells, and the second is run again."""
    model, run = small_vae(), tmp_path / "run.npz"
    with pytest.raises(KeyboardInterrupt):
        go("vae", run, stop_at, KeyboardInterrupt, model=model)
    said = capsys.readouterr().out
    kept = f"stopped; {run} keeps the first {stop_at - 1} of {STEPS} steps"
    assert said.startswith(kept) if stop_at > 1 else said == ""
    for _ in range(2):  # to the end, and once more
        same(go("vae", run, model=model), whole["vae"])


def test_an_ended_run_returns_at_once(whole, tmp_path, monkeypatch):
    run = tmp_path / "run.npz"
    go("vae", run)
    before = run.read_bytes()
    same(go("vae", run, stop_at=1), whole["vae"])
    assert run.read_bytes() == before


def test_it_is_written_down_now_and_then(tmp_path, monkeypatch):
    seen, save = [], runs.Run.save
    monkeypatch.setattr(runs.Run, "save", lambda *a: (seen.append(a[1].step), save(*a))[1])
    monkeypatch.setattr(notes, "PAUSE", 0)
    go("vae", tmp_path / "run.npz")
    assert seen == list(range(1, STEPS + 1))
    monkeypatch.setattr(notes, "PAUSE", 1000)
    seen.clear()
    go("vae", tmp_path / "other.npz")
    assert seen == [STEPS]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"seed": 2}, "seed differ; seed was 1, now 2"),
        ({"steps": STEPS + 1}, "steps differ"),
        ({"learning_rate": 0.02}, "learning_rate was 0.01, now 0.02"),
        ({"batch_size": 2}, "batch_size was 3, now 2"),
    ],
)
def test_another_recipe_is_another_run(change, words, tmp_path):
    run = tmp_path / "run.npz"
    with pytest.raises(StoppedError):
        go("vae", run, stop_at=30)
    before = run.read_bytes()
    with pytest.raises(DataError, match=f"{words}.*Delete it"):
        go("vae", run, **change)
    assert run.read_bytes() == before


def test_other_data_another_model_or_its_weights_are_another_run(tmp_path):
    run, model = tmp_path / "run.npz", small_vae()
    train(small_vae(), PIXELS, steps=4, batch_size=3, run=run)
    train(model, PIXELS, steps=5, batch_size=3)
    cases = {
        "began with other weights: build the model anew": (model, PIXELS),
        "x differ": (small_vae(), PIXELS[::-1]),
        "config, model, weights differ": (small_autoencoder(), PIXELS),
        "config, weights differ": (small_vae(seed=5), PIXELS),
    }
    for words, (other, pictures) in cases.items():
        before = fingerprint(other)
        with pytest.raises(DataError, match=words):
            train(other, pictures, steps=4, batch_size=3, run=run)
        assert fingerprint(other) == before


@pytest.mark.parametrize("spoil", ["cut", "flip", "weights", "empty", "page"])
def test_a_damaged_file_is_named_and_left_alone(spoil, tmp_path):
    run = tmp_path / "run.npz"
    with pytest.raises(StoppedError):
        go("vae", run, stop_at=30)
    content = bytearray(run.read_bytes())
    if spoil == "weights":
        store.save_weights(run, small_vae())
    elif spoil == "flip":
        content[len(content) // 2] ^= 1
        run.write_bytes(content)
    else:
        run.write_bytes({"cut": content[:-40], "empty": b"", "page": b"<html></html>"}[spoil])
    before, model = run.read_bytes(), small_vae()
    untouched = fingerprint(model)
    with pytest.raises(DataError, match="run.npz.*Delete it"):
        train(model, PIXELS, steps=STEPS, run=run)
    assert run.read_bytes() == before and fingerprint(model) == untouched


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("notes", np.zeros((0, 2))),
        ("notes", np.array([[-1.0, 5.0]])),
        ("notes", np.array([[4.0, 5.0], [2.0, 5.0]])),
        ("variable_000", np.nan),
    ],
)
def test_a_whole_file_that_no_run_can_have_written_is_refused(name, value, tmp_path):
    """Seal and all; before the model is touched."""
    run, model = tmp_path / "run.npz", small_vae()
    with pytest.raises(StoppedError):
        go("vae", run, stop_at=30)
    with np.load(run) as file:
        arrays = {key: file[key] for key in file.files if key != "sha256"}
    arrays[name] = value if name == "notes" else np.full_like(arrays[name], value)
    store.save_arrays(run, **arrays)
    untouched = fingerprint(model)
    with pytest.raises(DataError, match="run.npz holds steps or numbers.*Delete it"):
        go("vae", run, model=model)
    assert fingerprint(model) == untouched


def test_a_dataset_goes_on_where_it_stopped(tmp_path):
    """In its own order, which must be the same each time."""
    data = tf.data.Dataset.from_tensor_slices((PIXELS[..., None] / 255).astype(np.float32))
    data = data.batch(2).repeat()
    run, ends = tmp_path / "run.npz", []
    with pytest.raises(StoppedError):
        train(small_vae(), data, steps=9, run=run, snapshot=stopper(5), snapshot_steps=range(10))
    for path in (run, None):
        model = small_vae()
        found = train(
            model, data, steps=9, run=path, snapshot=stopper(None), snapshot_steps=range(10)
        )
        ends.append((fingerprint(model)[1], found.loss.tolist()))
    assert ends[0] == ends[1]


def stopper(at):
    """A snapshot function that raises at its ``at``-th call."""
    calls = []

    def snapshot():
        calls.append(1)
        if len(calls) == at:
            raise StoppedError("stop")
        return np.zeros((1, 2), np.float32)

    return snapshot


class Spoilt(type(small_vae())):
    """A VAE whose loss is no number from its fifth step on."""

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        loss = super().compute_loss(x, y, y_pred, sample_weight, training)
        return loss + tf.where(self.optimizer.iterations < 4, 0.0, np.nan)


def test_a_loss_that_is_no_number_stops_with_the_last_good_weights():
    kinds = dict(units=(8,), decoder_units=(8,), seed=0)
    good = type(small_vae())(3, (8, 8, 1), **kinds)
    bad = Spoilt(3, (8, 8, 1), **kinds)
    with pytest.raises(FloatingPointError, match=r"at step 5; .* weights of step 4: use a lower"):
        train(bad, PIXELS, steps=20, batch_size=3)
    weights = []
    train(
        good,
        PIXELS,
        steps=20,
        batch_size=3,
        snapshot=lambda: weights.append(good.get_weights()),
        snapshot_steps=[4],
    )
    for found, wanted in zip(bad.get_weights(), weights[0], strict=True):
        assert np.array_equal(found, wanted)


def test_the_recipe_is_plain_json():
    model = small_vae()
    found = runs.Run("run.npz", model, PIXELS, None, model.weights, steps=3).recipe
    assert json.loads(json.dumps(found)) == found
