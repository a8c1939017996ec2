"""Models of the least size, data for them, and a fingerprint to compare models by."""

import hashlib

import numpy as np

from vae_tutorial.models import VAE, Autoencoder, Memory

RNG = np.random.default_rng(0)
SHAPE = (8, 8, 1)
PIXELS = RNG.integers(0, 256, (6, 8, 8), np.uint8)
GRAY = (PIXELS / 255).astype(np.float32)[..., None]
CODES = RNG.normal(size=(6, 3)).astype(np.float32)
KINDS = ("Memory", "Autoencoder", "VAE")


def small_memory(**options):
    return Memory(3, SHAPE, filters=(4,), **options)


def small_autoencoder(**options):
    return Autoencoder(3, SHAPE, units=(8,), filters=(4,), **options)


def small_vae(**options):
    return VAE(3, SHAPE, **{"units": (8,), "decoder_units": (8, 8)} | options)


def small(kind):
    """A model of this kind, not compiled."""
    return {"Memory": small_memory, "Autoencoder": small_autoencoder, "VAE": small_vae}[kind]()


def data_for(model, images=PIXELS):
    """What ``fit`` takes: (codes, images) or (images,)."""
    return (CODES[: len(images)], images) if isinstance(model, Memory) else (images,)


def fingerprint(model):
    """Hashes of the optimizer's variables (None before compiling) and of the weights."""
    optimizer = getattr(model, "optimizer", None)
    states = None if optimizer is None else [v.numpy() for v in optimizer.variables]
    return tuple(
        None
        if arrays is None
        else hashlib.sha256(b"".join(a.tobytes() for a in arrays)).hexdigest()
        for arrays in (states, model.get_weights())
    )
