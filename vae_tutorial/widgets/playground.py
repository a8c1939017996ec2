"""A VAE that trains in the browser, on points in the plane."""

import dataclasses

import numpy as np
import traitlets

from vae_tutorial import _validation
from vae_tutorial.widgets.explorer import Choice, Explorer, Value
from vae_tutorial.widgets.strokes import is_point

COUNT = 200  # points of a data set
REACH = 1.5  # the plane is seen from -1.5 to 1.5
MAX_DRAWN = 300  # points by hand: each makes a step slower
BETAS = [0, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100]
RATES = [0.0003, 0.001, 0.003, 0.01, 0.03]


@dataclasses.dataclass(frozen=True)
class Plane:
    """A control for points [x, y], put on the plane by hand."""

    label: str

    def check(self, name, values):
        """The points, if the control can take them."""
        expected = f"be at most {MAX_DRAWN} points [x, y] from {-REACH} to {REACH}"
        points = list(values) if isinstance(values, list | tuple | np.ndarray) else [None]
        points = [x.tolist() if isinstance(x, np.ndarray) else x for x in points]
        fits = all(is_point(x) and max(map(abs, x)) <= REACH for x in points)
        if not fits or len(points) > MAX_DRAWN:
            raise _validation.error(name, expected, f"{values!r:.80}", "write [[0.5, 0], [0, 0.5]]")
        return [[*map(float, x)] for x in points]


def point_sets(seed=0):
    """The data sets to choose from: {name: float32 (200, 2)}, between -1.5 and 1.5."""
    rng = np.random.default_rng(seed)
    share = (np.arange(COUNT) + rng.random(COUNT)) / COUNT  # without wide gaps
    half = np.arange(COUNT) % 2
    angle, turns = 2 * np.pi * share, 0.6 + 2.5 * np.pi * np.sqrt(share)
    moon = np.array([np.cos(angle / 2) - 0.5, np.sin(angle / 2) - 0.25])  # (2, n)
    centers = np.array([[-0.9, -0.6], [0.9, -0.7], [0.1, 0.9]])[np.arange(COUNT) % 3]
    sets = {
        "ring": np.array([np.cos(angle), np.sin(angle)]).T,
        "spiral": (np.array([np.cos(turns), np.sin(turns)]) * (0.1 + 1.1 * np.sqrt(share))).T,
        "moons": 0.8 * (moon * np.where(half, -1, 1)).T,
        "blobs": centers + 0.1 * rng.normal(size=(COUNT, 2)),
    }
    noise = 0.05 * rng.normal(size=(COUNT, 2))
    return {name: (points + noise).astype(np.float32) for name, points in sets.items()}


class Playground(Explorer):
    """Train a small VAE on points in the plane, and steer it.

    The encoder turns a point into a Gaussian on one latent line, the decoder bends that line
    through the points; each has two hidden layers. The loss is ``distortion + beta * rate``, in
    nats, averaged over the points: the distortion is the squared error / (2 * 0.1**2), which is
    the negative log-likelihood of a decoder with stddev 0.1 up to a constant, and the rate is the
    KL divergence from the prior. Each step of Adam takes all points.

    Args:
        points: "ring", "spiral", "moons", "blobs" or "drawn"; see ``point_sets``.
        beta: weight of the rate, one of ``BETAS``.
        noise: "on", or "off" to decode each cloud's mean.
        units: of each hidden layer: 2, 4, 8, 16 or 32.
        learning_rate: of Adam, one of ``RATES``.
        drawn: points [x, y] drawn by hand, for ``points="drawn"``.
        seed: decides the points, the first weights and the noise. From some weights, those of
            seed 0 for one, a ring is learned cut in two, a local minimum; 8 goes well.

    The weights live in the browser, and each view trains its own; ``running = True`` starts the
    training there, False pauses it.
    """

    points, beta, noise, units, learning_rate, drawn = (Value() for _ in range(6))
    running = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self, points="ring", beta=1, noise="on", units=16, learning_rate=0.001, drawn=(), *, seed=8
    ):
        seed = _validation.whole_number("seed", seed, 0, _validation.MAX_SEED)
        sets = point_sets(seed)
        super().__init__(
            {
                "points": Choice("points", [*sets, "drawn"]),
                "beta": Choice("beta", BETAS),
                "noise": Choice("noise", ["off", "on"]),
                "units": Choice("hidden units", [2, 4, 8, 16, 32]),
                "learning_rate": Choice("learning rate", RATES),
                "drawn": Plane("points drawn by hand"),
            },
            {"sets": sets, "seed": seed},
            points=points,
            beta=beta,
            noise=noise,
            units=units,
            learning_rate=learning_rate,
            drawn=list(drawn),
        )
