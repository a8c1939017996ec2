"""Small trained models that come with the package, so that widgets answer at once.

``python -m vae_tutorial.pretrained`` trains them again and compares the weights with those that
ship, bit for bit; with ``--write`` it replaces them. Weights are safetensors files (the browser
reads the same ones), each beside a record of what made it.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import keras
import safetensors.numpy

from vae_tutorial import _validation
from vae_tutorial.data import DataError, load_images
from vae_tutorial.data._files import atomic_write, sha256
from vae_tutorial.evaluation import mean_image
from vae_tutorial.models import VAE
from vae_tutorial.training import OneCycle, batches, binarize, set_seed

FOLDER = Path(__file__).parent / "weights"
COMMAND = "python -m vae_tutorial.pretrained --write"
SIZES = {"units": [128], "decoder_units": [128, 128]}
MODELS = {"vae_2": {"latent_dim": 2, **SIZES}, "vae_20": {"latent_dim": 20, **SIZES}}
BETAS = (784, 10, 4, 2, 1, 0.5, 0.1, 0.01)  # the sweep of notebook 09: smaller, in float16
SWEEP = {"latent_dim": 20, "units": [64], "decoder_units": [64, 64]}
MODELS |= {f"beta_{beta:g}": {**SWEEP, "beta": beta} for beta in BETAS}
MODELS |= {f"binary_{k}": {**SWEEP, "latent_dim": k} for k in (1, 2)}  # notebook 11: coin flips
TRAINING = {"seed": 0, "steps": 6000, "batch_size": 200, "learning_rate": 4e-3}


def load_pretrained(name):
    """A VAE trained on MNIST, ready to use.

    Args:
        name: "vae_2" (two latents, for maps), "vae_20" (twenty, for quality), one of the sweep,
            "beta_784" down to "beta_0.01", or "binary_1", "binary_2", trained on binarized images.

    Raises:
        ValueError: for another name.
        DataError: if the weights aren't the ones of their record.
    """
    _validation.choice("name", name, MODELS)
    path, record = FOLDER / f"{name}.safetensors", _record(name)
    if not path.is_file() or sha256(path) != record.get("sha256"):
        raise DataError(f"{path.name} isn't the file that shipped: reinstall the package")
    model = VAE(**record["model"])
    weights = safetensors.numpy.load_file(path)
    for weight, variable in _weights(model).items():
        variable.assign(weights[weight].astype("float32"))
    model.compile()  # so that evaluate works
    return model


def train(name, images, seed=TRAINING["seed"]):
    """One of the models, trained anew."""
    set_seed(seed)
    model = VAE(**MODELS[name], initial_image=mean_image(images.x_train))
    steps = TRAINING["steps"]
    optimizer = keras.optimizers.Adam(OneCycle(TRAINING["learning_rate"], steps))
    model.compile(optimizer, jit_compile=True)
    data = batches(images.x_train, batch_size=TRAINING["batch_size"], steps=steps)
    data = data.map(lambda x: (binarize(x),)) if name.startswith("binary") else data
    model.fit(data, shuffle=False, verbose=0)
    model.compile()  # as load_pretrained leaves it: XLA draws other noise
    return model


def make(name, folder, images):
    """Train one model, write its weights and its record into a folder, and return the record."""
    model = train(name, images)
    path = Path(folder) / f"{name}.safetensors"
    dtype = "float32" if name.startswith("vae") else "float16"
    weights = {n: variable.numpy().astype(dtype) for n, variable in _weights(model).items()}
    for weight, variable in _weights(model).items():
        variable.assign(weights[weight].astype("float32"))  # as whoever loads it will see it
    losses = model.evaluate(images.x_test, batch_size=500, verbose=0, return_dict=True)
    with atomic_write(path) as file:
        file.write(safetensors.numpy.save(weights))
    record = {
        "command": COMMAND,
        "data": f"{images!r}; mean_image of the training images as the start",
        "model": MODELS[name],
        "training": TRAINING,
        "test_nats": {key: round(value, 2) for key, value in sorted(losses.items())},
        "sha256": sha256(path),
    }
    with atomic_write(path.with_suffix(".json")) as file:
        file.write(json.dumps(record, indent=2).encode() + b"\n")
    return record


def _weights(model):
    """The model's variables by name: "encoder/0/kernel" and so on."""
    return {
        f"{network.name}/{i}/{variable.name}": variable
        for network in (model.encoder, model.decoder)
        for i, layer in enumerate(x for x in network.layers if isinstance(x, keras.layers.Dense))
        for variable in layer.weights
    }


def _record(name):
    """What stands beside the weights; nothing where there is none."""
    path = FOLDER / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def main():
    """Train all of them; say whether they came out as they ship, or replace them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--write", action="store_true", help="replace those that ship")
    write, images, differ = parser.parse_args().write, load_images("mnist"), 0
    if images.name != "mnist":
        parser.error("the weights come from MNIST: go online, or name its folder")
    with tempfile.TemporaryDirectory() as elsewhere:
        folder = FOLDER if write else elsewhere
        for name in MODELS:
            shipped, record = _record(name), make(name, folder, images)
            differ += shipped != record
            state = "as shipped, bit for bit" if shipped == record else "not as shipped"
            print(f"{name}: test loss {record['test_nats']['loss']} nats; {state}", flush=True)
    return 0 if write else differ


if __name__ == "__main__":
    sys.exit(main())
