"""Train the models that ship again, and say whether their weights come out bit for bit the same.

``python -m benchmarks.weights [NAME ...] [--write]``; with ``--write`` the new ones replace those
that ship. The command needs MNIST.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import keras
import safetensors.numpy

from vae_tutorial.adversarial import STEADY
from vae_tutorial.data import load_images
from vae_tutorial.data._files import atomic_write, sha256
from vae_tutorial.evaluation import mean_image
from vae_tutorial.pretrained import BETAS, FOLDER, KINDS, NAMES, RIVALS, named_weights
from vae_tutorial.training import OneCycle, batches, binarize, set_seed

COMMAND = "python -m benchmarks.weights --write"
SIZES = {"units": [128], "decoder_units": [128, 128]}
SWEEP = {"latent_dim": 20, "units": [64], "decoder_units": [64, 64]}  # smaller
MODELS = {"vae_2": {"latent_dim": 2, **SIZES}, "vae_20": {"latent_dim": 20, **SIZES}}
MODELS |= {f"beta_{beta:g}": {**SWEEP, "beta": beta} for beta in BETAS}
MODELS |= {f"binary_{k}": {**SWEEP, "latent_dim": k} for k in (1, 2)}  # notebook 11: coin flips
MODELS |= {"squared_error": {**MODELS["vae_20"], "noise_stddev": 0.5**0.5}}  # notebook 12
OPPONENT = {"latent_dim": 20, "discriminator_units": [128, 128]}
MODELS |= {"gan": {**OPPONENT, "units": [128, 128]}}  # notebook 12
MODELS |= {"gan_without_r1": {**MODELS["gan"], "r1": 0}}
for rival in RIVALS:  # notebook 13
    difference = {"metric": rival.split("_")[1], "adversary": 200 if "adversary" in rival else 0}
    MODELS[rival] = {**OPPONENT, **SIZES, **difference}
TRAINING = {"seed": 0, "steps": 6000, "batch_size": 200, "learning_rate": 4e-3}


def kind_of(name):
    """The name of a model's class."""
    return {"gan": "GAN", "rival": "VAEGAN"}.get(name.split("_")[0], "VAE")


def train(name, images, seed=TRAINING["seed"], steps=None):
    """One of the models, trained anew."""
    set_seed(seed)
    model = KINDS[kind_of(name)](**MODELS[name], initial_image=mean_image(images.x_train))
    steps, options = steps or TRAINING["steps"], {} if kind_of(name) == "VAE" else STEADY
    optimizer = keras.optimizers.Adam(OneCycle(TRAINING["learning_rate"], steps), **options)
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
    dtype = "float32" if name.startswith("vae_") else "float16"
    weights = {n: variable.numpy().astype(dtype) for n, variable in named_weights(model).items()}
    for weight, variable in named_weights(model).items():
        variable.assign(weights[weight].astype("float32"))  # as whoever loads it will see it
    losses = model.evaluate(images.x_test, batch_size=500, verbose=0, return_dict=True)
    with atomic_write(path) as file:
        file.write(safetensors.numpy.save(weights))
    record = {
        "command": COMMAND,
        "data": f"{images!r}; mean_image of the training images as the start",
        "kind": kind_of(name),
        "model": MODELS[name],
        "training": TRAINING,
        "test": {key: round(value, 2) for key, value in sorted(losses.items())},
        "sha256": sha256(path),
    }
    with atomic_write(path.with_suffix(".json")) as file:
        file.write(json.dumps(record, indent=2).encode() + b"\n")
    return record


def shipped_record(name):
    """The record that ships; nothing where there is none."""
    path = FOLDER / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def main():
    """Train them; say whether they came out as they ship, or replace them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="of a model; all by default")
    parser.add_argument("--write", action="store_true", help="replace those that ship")
    options, images, differ = parser.parse_args(), load_images("mnist"), 0
    if images.name != "mnist":
        parser.error("the weights come from MNIST: go online, or name its folder")
    with tempfile.TemporaryDirectory() as elsewhere:
        for name in options.names or NAMES:
            shipped = shipped_record(name)
            record = make(name, FOLDER if options.write else elsewhere, images)
            differ += shipped != record
            state = "as shipped, bit for bit" if shipped == record else "not as shipped"
            print(f"{name}: {record['test']}; {state}", flush=True)
    return 0 if options.write else differ


if __name__ == "__main__":
    sys.exit(main())
