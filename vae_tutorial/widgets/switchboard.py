"""The switchboard of latents: what each of them carries, heard by silencing it."""

import numpy as np

from vae_tutorial import _validation
from vae_tutorial.widgets.explorer import Choice, Explorer, Toggles, Value, decoder


class Switchboard(Explorer):
    """Silence or shake each latent of a trained VAE, and see what gets lost.

    A silent latent says 0, the prior's mean; a shaken one says what the prior's dice say, nine
    times. The latents stand in the order of their bits.

    Args:
        model: a ``VAE``.
        x: uint8 (n, h, w) or (n, h, w, c), the images to choose from.
        image: the image at first, by its index.
        latents: "sent", "silent" or "shaken" for each; all are sent by default.
        bits: float (k,), what each latent carries on average; by default for these images.
    """

    image, latents = Value(), Value()

    def __init__(self, model, x, image=0, latents=None, *, bits=None):
        from vae_tutorial.losses import kl_per_latent  # here, since it loads TensorFlow

        x = _validation.images("x", x)
        z_mean, z_log_var = model.encode(x)
        nats = np.mean(kl_per_latent(z_mean, z_log_var), axis=0)
        bits = nats / np.log(2) if bits is None else np.asarray(bits, float)
        _validation.same_length("bits", bits, "the model's latents", nats)
        order = np.argsort(-bits, kind="stable")
        bits = bits[order].tolist()
        network = decoder(model)
        network["layers"][0]["kernel"] = network["layers"][0]["kernel"][order]  # their new order
        labels = [f"z[{i}] {bits[rank]:.1f} bits" for rank, i in enumerate(order)]
        super().__init__(
            {
                "image": Choice("image", list(range(len(x)))),
                "latents": Toggles(labels, ["sent", "silent", "shaken"]),
            },
            {
                "x": x,
                "z_mean": z_mean[:, order],
                "bits": bits,
                "decoder": network,
                "epsilon": np.random.default_rng(0).normal(size=(9, len(order))),
            },
            image=image,
            latents=["sent"] * len(order) if latents is None else latents,
        )
