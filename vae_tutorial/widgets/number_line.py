"""The noisy number line: names that are moved, and taken for one another."""

from vae_tutorial import _validation
from vae_tutorial.widgets.explorer import Explorer, Slider, Sliders, Value


class NoisyLine(Explorer):
    """Move names on a number line, raise the noise: who is taken for whom?

    The names can be dragged.

    Args:
        positions: where the names are at first: numbers from 0 to 10.
        names: a text for each.
        noise: stddev of the noise at first, from 0.01 to 4.
    """

    noise, positions = Value(), Value()

    def __init__(self, positions, names, noise=0.5):
        positions = _validation.positions(positions, most=20).tolist()
        _validation.same_length("names", names, "positions", positions)
        names = [f"{name}" for name in names]
        super().__init__(
            {
                "noise": Slider("noise (stddev)", 0.01, 4, 0.01),
                "positions": Sliders(names, 0, 10, 0.01),
            },
            {"names": names},
            noise=noise,
            positions=positions,
        )
