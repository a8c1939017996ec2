"""The dial of one latent: its Gaussian, samples of it, and what it costs."""

import numpy as np

from vae_tutorial.widgets.explorer import Explorer, Slider, Value


class GaussianDial(Explorer):
    """Move one latent's Gaussian, and see what it costs.

    Dragging the hill sideways moves the mean; dragging it up or down makes it narrow or wide.

    Args:
        mean: from -4 to 4.
        stddev: from 0.01 to 3.
    """

    mean, stddev = Value(), Value()

    def __init__(self, mean=1.0, stddev=0.5):
        super().__init__(
            {"mean": Slider("mean", -4, 4, 0.1), "stddev": Slider("stddev", 0.01, 3, 0.01)},
            {"epsilon": np.random.default_rng(0).normal(size=12)},
            mean=mean,
            stddev=stddev,
        )
