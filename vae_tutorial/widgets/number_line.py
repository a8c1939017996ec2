"""The noisy number line: names that are moved, and taken for one another."""

import numpy as np

from vae_tutorial import _validation
from vae_tutorial.widgets.explorer import Explorer, Slider, Sliders, Value

SENT = 1000  # messages of each name that are counted


class NoisyLine(Explorer):
    """Move names on a number line, raise the noise: who is taken for whom?

    The names can be dragged.

    Args:
        positions: where the names are at first: numbers from 0 to 10.
        names: a text for each.
        noise: stddev of the noise at first, from 0.01 to 4.
        seed: decides the noise of the messages that are counted.
    """

    noise, positions = Value(), Value()

    def __init__(self, positions, names, noise=0.5, *, seed=0):
        positions = _validation.positions(positions).tolist()
        _validation.same_length("names", names, "positions", positions)
        seed = _validation.whole_number("seed", seed, 0, _validation.MAX_SEED)
        names = [f"{name}" for name in names]
        super().__init__(
            {
                "noise": Slider("noise (stddev)", 0.01, 4, 0.01),
                "positions": Sliders(names, 0, 10, 0.01),
            },
            {
                "names": names,
                "epsilon": np.random.default_rng(seed).normal(size=(len(names), SENT)),
            },
            noise=noise,
            positions=positions,
        )
