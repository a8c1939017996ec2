"""A pad to draw a digit on: what a VAE makes of it."""

import numpy as np

from vae_tutorial import _validation
from vae_tutorial.data import Images
from vae_tutorial.widgets.code_map import map_data
from vae_tutorial.widgets.explorer import Explorer, Value, decoder, layers
from vae_tutorial.widgets.strokes import SIDE, Pad


class DigitPad(Explorer):
    """Draw a digit: its cloud on the map, its copy, and its neighbors.

    Args:
        images: ``data.Images``, whose first ``count`` training images are searched for neighbors.
        flat: a ``VAE`` with latent_dim 2, for the map.
        deep: a ``VAE`` with more latents, for the copy and the neighbors.
        count: how many images are encoded, once, when the widget is made.
        strokes: what is drawn at first, see ``strokes``.
    """

    strokes = Value()

    def __init__(self, images, flat, deep, count=800, strokes=()):
        from vae_tutorial.losses import kl_divergence  # here, since it loads TensorFlow

        _validation.instance("images", images, Images, "load them with load_images()")
        count = _validation.whole_number("count", count, minimum=8)
        for name, model in (("flat", flat), ("deep", deep)):
            if tuple(model.image_shape) != (SIDE, SIDE, 1):
                hint = "use models of digits, such as load_pretrained('vae_2')"
                given = f"{tuple(model.image_shape)}"
                raise _validation.error(name, "make images (28, 28, 1)", given, hint)
        x, labels = images.x_train[:count], images.y_train[:count]
        z_mean, z_log_var = deep.encode(x)
        window = {"low": (-3.5, -3.5), "high": (3.5, 3.5)}
        kls = np.asarray(kl_divergence(z_mean, z_log_var))
        super().__init__(
            {"strokes": Pad("your digit")},
            {
                **map_data(np.asarray(flat.encode(x)[0]), labels, images.class_names, **window),
                "x": _validation.images("x", x),
                "class_names": list(images.class_names),
                "flat": {"layers": layers(flat.encoder)},
                "deep": {"layers": layers(deep.encoder), "decoder": decoder(deep)},
                "known": z_mean,
                "kls": kls,
            },
            strokes=list(strokes),
        )
