"""Small trained models that come with the package, so that widgets answer at once.

``python -m vae_tutorial.pretrained`` trains them again and compares the weights with those stored,
bit for bit; with ``--write`` it replaces them. Each stands beside a record of what made it.
"""

import argparse
import hashlib
import json
import sys
import tempfile
from pathlib import Path

from vae_tutorial import arguments
from vae_tutorial.data import DataError, load_images
from vae_tutorial.evaluation import mean_image
from vae_tutorial.store import load_weights, replacing, save_weights
from vae_tutorial.training import train
from vae_tutorial.vae import VAE

FOLDER = Path(__file__).parent / "weights"
COMMAND = "python -m vae_tutorial.pretrained --write"
SMALL = {"units": [128], "decoder_units": [128, 128], "seed": 0}
MODELS = {"vae_2": SMALL | {"latent_dim": 2}, "vae_20": SMALL | {"latent_dim": 20}}
TRAINING = {"epochs": 20, "batch_size": 200, "learning_rate": 4e-3, "seed": 0}


def load_pretrained(name):
    """A VAE trained on MNIST, ready to use.

    Args:
        name: "vae_2" (two latents, for maps) or "vae_20" (twenty, for quality).

    Raises:
        ValueError: for another name.
        DataError: if the stored weights aren't the ones of their record.
    """
    arguments.choice("name", name, MODELS)
    path, record = FOLDER / f"{name}.npz", _record(name)
    if not path.is_file() or _sha256(path) != record.get("sha256"):
        raise DataError(f"{path.name} is missing or isn't the stored one: install the package anew")
    model = VAE(**record["model"])
    load_weights(path, model)
    return model


def make(name, folder, images):
    """Train one model and write its weights and its record into a folder; return the record."""
    model = VAE(**MODELS[name], mean=mean_image(images.x_train))
    train(model, images.x_train, **TRAINING)
    path = Path(folder) / f"{name}.npz"
    save_weights(path, model)
    losses = model.evaluate(images.x_test, batch_size=500, verbose=0, return_dict=True)
    record = {
        "command": COMMAND,
        "data": f"{images!r}; mean_image of the training images as the start",
        "model": MODELS[name],
        "training": TRAINING,
        "test_nats": {key: round(value, 2) for key, value in sorted(losses.items())},
        "sha256": _sha256(path),
    }
    with replacing(path.with_suffix(".json")) as file:
        file.write(json.dumps(record, indent=2).encode() + b"\n")
    return record


def _record(name):
    """What was stored beside the weights; nothing where there is none."""
    path = FOLDER / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main():
    """Train all of them; say whether they came out as stored, or store them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--write", action="store_true", help="replace the stored ones")
    write, images, differ = parser.parse_args().write, load_images("mnist"), []
    if images.name != "mnist":
        parser.error("the stored weights come from MNIST, which is not at hand")
    with tempfile.TemporaryDirectory() as elsewhere:
        folder = FOLDER if write else elsewhere
        FOLDER.mkdir(exist_ok=True)
        for name in MODELS:
            stored = _record(name)
            record = make(name, folder, images)
            same = stored == record
            differ += [] if same else [name]
            state = "as stored, bit for bit" if same else "not as stored"
            print(f"{name}: test loss {record['test_nats']['loss']} nats; {state}", flush=True)
    return 0 if write else len(differ)


if __name__ == "__main__":
    sys.exit(main())
