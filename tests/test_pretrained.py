"""The stored models: whole, small, as their records say, and made again bit for bit."""

import dataclasses
import json
import shutil

import numpy as np
import pytest

from vae_tutorial import pretrained
from vae_tutorial.data import DataError, load_images

IMAGES = load_images("mnist")


def test_all_together_are_small():
    files = list(pretrained.FOLDER.iterdir())
    assert {path.stem for path in files} == set(pretrained.MODELS)
    assert sum(path.stat().st_size for path in files) <= 2e6


@pytest.mark.skipif(IMAGES.name != "mnist", reason="MNIST is not at hand")
@pytest.mark.parametrize("name", pretrained.MODELS)
def test_the_test_loss_is_that_of_the_record(name):
    model = pretrained.load_pretrained(name)
    model.compile()
    found = model.evaluate(IMAGES.x_test, batch_size=500, verbose=0, return_dict=True)
    record = json.loads((pretrained.FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    assert found == pytest.approx(record["test_nats"], rel=1e-3)
    assert record["model"] == pretrained.MODELS[name]
    assert record["training"] == pretrained.TRAINING


def test_another_name_is_refused():
    with pytest.raises(ValueError, match="vae_2, vae_20, not 'vae_3'"):
        pretrained.load_pretrained("vae_3")


@pytest.mark.parametrize("change", ["missing", "no record", "one byte", "another model's"])
def test_weights_that_are_not_the_stored_ones_are_refused(tmp_path, monkeypatch, change):
    folder = shutil.copytree(pretrained.FOLDER, tmp_path / "weights")
    path = folder / "vae_2.npz"
    monkeypatch.setattr(pretrained, "FOLDER", folder)
    pretrained.load_pretrained("vae_2")
    if change == "missing":
        path.unlink()
    elif change == "no record":
        path.with_suffix(".json").unlink()
    elif change == "one byte":
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
    else:
        shutil.copy(folder / "vae_20.npz", path)
    with pytest.raises(DataError, match=r"vae_2\.npz .* install"):
        pretrained.load_pretrained("vae_2")


def test_made_twice_it_is_the_same_and_can_be_loaded(tmp_path, monkeypatch):
    """On 300 images and for two epochs, to be quick."""
    few = dataclasses.replace(IMAGES, x_train=IMAGES.x_train[:300], x_test=IMAGES.x_test[:50])
    monkeypatch.setattr(pretrained, "TRAINING", pretrained.TRAINING | {"epochs": 2})
    records = []
    for folder in (tmp_path / "one", tmp_path / "two"):
        folder.mkdir()
        records.append(pretrained.make("vae_2", folder, few))
    assert records[0] == records[1]
    assert len({(tmp_path / name / "vae_2.npz").read_bytes() for name in ("one", "two")}) == 1
    monkeypatch.setattr(pretrained, "FOLDER", tmp_path / "one")
    z_mean, _ = pretrained.load_pretrained("vae_2").encode(few.x_test)
    assert z_mean.shape == (50, 2) and np.isfinite(z_mean).all()
