"""Reconstructions from codes of several lengths."""

import numpy as np

from vae_tutorial import _validation, plots
from vae_tutorial._validation import error
from vae_tutorial.widgets.explorer import Explorer


def latent_sizes(models, x):
    """Original, reconstruction and error of held-out images, by the length of the code.

    Args:
        models: {latent_dim: a model with ``reconstruct``}.
        x: uint8 (n, h, w) or (n, h, w, c), the images to choose from.
    """
    hint = "write {latent_dim: model}"
    _validation.instance("models", models, dict, hint)
    if not models:
        raise error("models", "hold at least one", "none", hint)
    x = _validation.images("x", x)
    if x.dtype != np.uint8:
        raise error("x", "be uint8", x, "use (255 * x).astype(np.uint8)", TypeError)

    def draw(latent_dim, image):
        original = x[image] / 255
        copy = models[latent_dim].reconstruct(x[image : image + 1])[0]
        squared_error = np.square(copy - original).sum()
        sentence = (
            f"Original, reconstruction from {latent_dim} numbers, and where they differ: "
            f"squared error {squared_error:.3g}."
        )
        return plots.image_grid(np.stack([original, copy, np.abs(copy - original)])), sentence

    sizes = sorted(models)
    controls = {
        "latent_dim": ("length of the code", sizes, sizes[0]),
        "image": ("held-out image", range(len(x)), 0),
    }
    return Explorer(draw, controls, width=720)
