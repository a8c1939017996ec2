"""The dial of one latent: its Gaussian, samples of it, and what it costs."""

import numpy as np

from vae_tutorial import _validation
from vae_tutorial.widgets.explorer import Explorer, Slider, Value


class GaussianDial(Explorer):
    """Move one latent's Gaussian, and see what it costs.

    Dragging the hill sideways moves the mean; dragging it up or down makes it narrow or wide.

    Args:
        mean: from -4 to 4.
        stddev: from 0.01 to 3.
        samples: how many, drawn as epsilon times stddev plus mean; epsilon stays the same.
        seed: decides epsilon.
    """

    mean, stddev = Value(), Value()

    def __init__(self, mean=1.0, stddev=0.5, *, samples=12, seed=0):
        samples = _validation.whole_number("samples", samples, maximum=1000)
        seed = _validation.whole_number("seed", seed, 0, _validation.MAX_SEED)
        super().__init__(
            {"mean": Slider("mean", -4, 4, 0.1), "stddev": Slider("stddev", 0.01, 3, 0.01)},
            {"epsilon": np.random.default_rng(seed).normal(size=samples)},
            mean=mean,
            stddev=stddev,
        )
