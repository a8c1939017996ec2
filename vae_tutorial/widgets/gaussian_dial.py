"""The dial of one latent: its Gaussian, samples of it, and what it costs."""

import numpy as np

from vae_tutorial import _validation
from vae_tutorial.plots import COLORS
from vae_tutorial.widgets._values import evenly_spaced
from vae_tutorial.widgets.drawing import BASE, WIDTH, Drawing, number_at
from vae_tutorial.widgets.explorer import Explorer

LOW, HIGH = -5, 5


def gaussian_dial(samples=12, seed=0):
    """Mean and stddev of one latent: its Gaussian, samples, and its KL divergence.

    Dragging the hill sideways moves the mean; dragging it up or down makes it narrow or wide.

    Args:
        samples: how many, drawn as epsilon times stddev plus mean; epsilon stays the same.
        seed: decides epsilon.
    """
    samples = _validation.whole_number("samples", samples, maximum=1000)
    seed = _validation.whole_number("seed", seed, 0, _validation.MAX_SEED)
    epsilon = np.random.default_rng(seed).normal(size=samples)

    def draw(mean, stddev):
        # Written out again: losses.kl_divergence needs TensorFlow, and a dial doesn't.
        nats = 0.5 * (mean**2 + stddev**2 - 1) - np.log(stddev)
        sentence = (
            f"Mean {mean:g}, stddev {stddev:g}: KL divergence from the unit Gaussian "
            f"{nats:.3g} nats, {nats / np.log(2):.3g} bits."
        )
        return draw_dial(mean, stddev, epsilon), sentence

    def drag(state, start, here):
        across = number_at(here, LOW, HIGH) - number_at(start, LOW, HIGH)
        return {
            "mean": state["mean"] + across,
            "stddev": state["stddev"] * np.exp(3 * (here[1] - start[1])),
        }

    controls = {
        "mean": ("mean", evenly_spaced(-4, 4, 81), 1.0),
        "stddev": ("stddev", evenly_spaced(0.01, 3, 300), 0.5),
    }
    return Explorer(draw, controls, width=WIDTH, drag=drag)


def draw_dial(mean, stddev, epsilon):
    """A latent's Gaussian beside the unit Gaussian, and samples epsilon * stddev + mean.

    The areas under both curves are equal, as they are for densities; the unit Gaussian reaches a
    third of the height, and a narrow one is cut off at the top.

    Args:
        mean: a number.
        stddev: a number above 0.
        epsilon: float (n,), standard normal numbers.

    Returns:
        uint8 array (height, width, 3).
    """
    drawing = Drawing(LOW, HIGH)
    drawing.gaussian(0, 1, 1 / 3, "#777777", fill=False)
    drawing.gaussian(mean, stddev, 1 / 3 / stddev, COLORS[0])
    for sample in np.clip(epsilon * stddev + mean, LOW, HIGH):
        drawing.tick(sample, COLORS[1], top=BASE - 20)
    return drawing.array()
