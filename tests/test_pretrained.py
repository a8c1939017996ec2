"""The stored models: whole, small, as their records say, and made again bit for bit."""

import dataclasses
import json
import shutil

import numpy as np
import pytest
import safetensors.numpy

from benchmarks import weights
from vae_tutorial import pretrained
from vae_tutorial.data import DataError, load_images
from vae_tutorial.training import set_seed

IMAGES = load_images("mnist")
FEW = dataclasses.replace(IMAGES, x_test=IMAGES.x_test[:50], y_test=IMAGES.y_test[:50])
every_model = pytest.mark.parametrize("name", weights.MODELS)


def record_of(name):
    return json.loads((pretrained.FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def test_all_together_are_small():
    files = list(pretrained.FOLDER.iterdir())
    names = {f"{name}.{kind}" for name in weights.MODELS for kind in ("json", "safetensors")}
    assert {path.name for path in files} == names
    large = {path for path in files if path.name.startswith("vae_")}
    later = {path for path in files if path.name.startswith(("gan", "rival", "squared"))}
    assert sum(path.stat().st_size for path in large) <= 2.1e6
    assert sum(path.stat().st_size for path in set(files) - large - later) <= 2.3e6
    assert sum(path.stat().st_size for path in later) <= 4.2e6  # notebooks 12 and 13


@every_model
def test_a_record_says_what_made_the_weights(name):
    record = record_of(name)
    expected = {"command", "data", "kind", "model", "training", "test", "sha256"}
    assert set(record) == expected
    assert record["command"] == weights.COMMAND
    assert record["kind"] == weights.kind_of(name)
    assert record["model"] == weights.MODELS[name]
    assert record["training"] == weights.TRAINING
    assert record["data"].startswith("mnist: 60,000 training and 10,000 test images")


@every_model
def test_the_weights_are_named_arrays(name):
    """The browser reads the same file, by these names. The small ones are in half precision."""
    arrays = safetensors.numpy.load_file(pretrained.FOLDER / f"{name}.safetensors")
    layers = {"encoder": 2, "decoder": 3, "discriminator": 3}
    held = {"VAE": ["encoder", "decoder"], "GAN": ["decoder", "discriminator"]}
    networks = held.get(weights.kind_of(name), list(layers))
    sides = [f"{network}/{i}" for network in networks for i in range(layers[network])]
    assert set(arrays) == {f"{side}/{part}" for side in sides for part in ("kernel", "bias")}
    dtype = np.float32 if name.startswith("vae_") else np.float16
    assert all(w.dtype == dtype and np.isfinite(w).all() for w in arrays.values())
    size = weights.MODELS[name]["latent_dim"]
    assert len(arrays["decoder/0/kernel"]) == size
    assert "encoder" not in networks or len(arrays["encoder/1/bias"]) == 2 * size


@pytest.mark.skipif(IMAGES.name != "mnist", reason="MNIST is not at hand")
@every_model
def test_the_test_loss_is_that_of_the_record(name):
    model = pretrained.load_pretrained(name)
    found = model.evaluate(IMAGES.x_test, batch_size=500, verbose=0, return_dict=True)
    assert found == pytest.approx(record_of(name)["test"], rel=1e-3, abs=0.01)


@pytest.mark.parametrize("change", ["missing", "no record", "one byte", "cut", "another model's"])
def test_weights_that_are_not_the_stored_ones_are_refused(tmp_path, monkeypatch, change):
    folder = shutil.copytree(pretrained.FOLDER, tmp_path / "weights")
    path = folder / "vae_2.safetensors"
    monkeypatch.setattr(pretrained, "FOLDER", folder)
    pretrained.load_pretrained("vae_2")
    data = bytearray(path.read_bytes())
    if change == "missing":
        path.unlink()
    elif change == "no record":
        path.with_suffix(".json").unlink()
    elif change == "one byte":
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
    elif change == "cut":
        path.write_bytes(data[:-100])
    else:
        shutil.copy(folder / "vae_20.safetensors", path)
    with pytest.raises(DataError, match=r"^vae_2\.safetensors isn't .*: reinstall the package$"):
        pretrained.load_pretrained("vae_2")


@pytest.mark.parametrize("name", ["vae_2", "beta_0.5", "binary_1", "gan", "rival_features"])
def test_made_twice_it_is_the_same_and_can_be_loaded(name, tmp_path, monkeypatch):
    """For a few steps, to be quick, and after other random numbers."""
    monkeypatch.setattr(weights, "TRAINING", weights.TRAINING | {"steps": 4})
    records = []
    for folder in (tmp_path / "one", tmp_path / "two"):
        folder.mkdir()
        records.append(weights.make(name, folder, FEW))
        set_seed(9)
    assert records[0] == records[1]
    for file in (f"{name}.safetensors", f"{name}.json"):
        assert len({(tmp_path / place / file).read_bytes() for place in ("one", "two")}) == 1
    monkeypatch.setattr(pretrained, "FOLDER", tmp_path / "one")
    assert record_of(name) == records[0]
    model = pretrained.load_pretrained(name)
    saved = safetensors.numpy.load_file(tmp_path / "one" / f"{name}.safetensors")
    loaded = pretrained.named_weights(model)
    assert set(saved) == set(loaded) and len(saved) == len(model.trainable_variables)
    assert all(np.array_equal(saved[weight], loaded[weight]) for weight in saved)
    found = model.evaluate(FEW.x_test, batch_size=500, verbose=0, return_dict=True)
    assert found == pytest.approx(records[0]["test"], rel=1e-3, abs=0.01)
