"""Reconstructions from codes of several lengths."""

import numpy as np

from vae_tutorial import _validation
from vae_tutorial._validation import error
from vae_tutorial.widgets.explorer import Choice, Explorer, Value


class LatentSizes(Explorer):
    """Copies of held-out images through codes of several lengths.

    Args:
        models: {latent_dim: a model with ``reconstruct``}.
        x: uint8 (n, h, w) or (n, h, w, c), the images to choose from.
        latent_dim: the length at first; the smallest by default.
        image: the image at first, by its index.
    """

    latent_dim, image = Value(), Value()

    def __init__(self, models, x, latent_dim=None, image=0):
        hint = "write {latent_dim: model}"
        _validation.instance("models", models, dict, hint)
        if not models:
            raise error("models", "hold at least one", "none", hint)
        x = _validation.images("x", x)
        if x.dtype != np.uint8:
            raise error("x", "be uint8", x, "use (255 * x).astype(np.uint8)", TypeError)
        sizes = sorted(models)
        parts = {"latent_dim": Choice("length of the code", sizes)}
        parts["image"] = Choice("held-out image", list(range(len(x))))
        data = {"x": x, "copies": {n: models[n].reconstruct(x) for n in sizes}}
        first = sizes[0] if latent_dim is None else latent_dim
        super().__init__(parts, data, latent_dim=first, image=image)
