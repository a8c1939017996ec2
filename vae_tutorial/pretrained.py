"""Small trained models that come with the package, so that widgets answer at once.

Weights are safetensors files (the browser reads the same ones), each beside a record of what made
it. ``make weights`` trains them all again, and compares bit for bit.
"""

import json
from pathlib import Path

import keras
import safetensors.numpy

from vae_tutorial import _validation
from vae_tutorial.adversarial import GAN, VAEGAN
from vae_tutorial.data import DataError
from vae_tutorial.data._files import sha256
from vae_tutorial.models import VAE

FOLDER = Path(__file__).parent / "weights"
KINDS = {kind.__name__: kind for kind in (VAE, GAN, VAEGAN)}
BETAS = (784, 10, 4, 2, 1, 0.5, 0.1, 0.01)  # the sweep of notebook 09
RIVALS = tuple(f"rival_{m}{a}" for m in ("pixels", "features") for a in ("", "_adversary"))
NAMES = ("vae_2", "vae_20", *(f"beta_{beta:g}" for beta in BETAS), "binary_1", "binary_2")
NAMES += ("squared_error", "gan", "gan_without_r1", *RIVALS)


def load_pretrained(name):
    """A model trained on MNIST, ready to use.

    Args:
        name: one of ``NAMES``. "vae_2" has two latents, for maps, "vae_20" twenty, for quality;
            "binary" ones know binarized images; "rival" ones are a ``VAEGAN`` taken apart.

    Raises:
        ValueError: for another name.
        DataError: if the weights aren't the ones of their record.
    """
    _validation.choice("name", name, NAMES)
    path = FOLDER / f"{name}.safetensors"
    stored = path.with_suffix(".json")
    record = json.loads(stored.read_text(encoding="utf-8")) if stored.is_file() else {}
    if not path.is_file() or sha256(path) != record.get("sha256"):
        raise DataError(f"{path.name} isn't the file that shipped: reinstall the package")
    model = KINDS[record["kind"]](**record["model"])
    weights = safetensors.numpy.load_file(path)
    for weight, variable in named_weights(model).items():
        variable.assign(weights[weight].astype("float32"))
    model.compile()  # so that evaluate works
    return model


def named_weights(model):
    """The variables of a model by their names in the files: {"encoder/0/kernel": variable, ...}."""
    networks = (getattr(model, name, None) for name in ("encoder", "decoder", "discriminator"))
    return {
        f"{network.name}/{i}/{variable.name}": variable
        for network in filter(None, networks)
        for i, layer in enumerate(x for x in network.layers if isinstance(x, keras.layers.Dense))
        for variable in layer.weights
    }
