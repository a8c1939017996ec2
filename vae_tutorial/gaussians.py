"""Two widgets of Gaussians on a line: the dial of one latent, and the noisy number line."""

import numpy as np

from vae_tutorial import arguments, channel
from vae_tutorial.explorer import Explorer
from vae_tutorial.scenes import WIDTH, dial, line, number
from vae_tutorial.stops import steps

SENT = 1000  # messages of each name that the noisy line counts


def gaussian_dial(samples=12, seed=0):
    """Mean and stddev of one latent: its Gaussian, samples, and its KL divergence.

    Dragging the hill sideways moves the mean, upwards and downwards makes it narrow and wide.

    Args:
        samples: how many, drawn as epsilon times stddev plus mean; epsilon stays the same.
        seed: decides epsilon.
    """
    samples = arguments.whole_number("samples", samples, maximum=1000)
    epsilon = np.random.default_rng(arguments.seed(seed)).normal(size=samples)

    def draw(mean, stddev):
        # Written out again: losses.kl_divergence needs TensorFlow, which a dial can do without.
        nats = 0.5 * (mean**2 + stddev**2 - 1) - np.log(stddev)
        sentence = (
            f"Mean {mean:g}, stddev {stddev:g}: KL divergence from the unit Gaussian "
            f"{nats:.3g} nats, {nats / np.log(2):.3g} bits."
        )
        return dial(mean, stddev, epsilon), sentence

    def drag(state, start, here):
        across = number(here, -5, 5) - number(start, -5, 5)
        return {
            "mean": state["mean"] + across,
            "stddev": state["stddev"] * np.exp(3 * (here[1] - start[1])),
        }

    controls = {
        "mean": ("mean", steps(-4, 4, 81), 1.0),
        "stddev": ("stddev", steps(0.01, 3, 300), 0.5),
    }
    return Explorer(draw, controls, width=WIDTH, drag=drag)


def noisy_line(positions, names, noise=0.5):
    """Names on a number line: move them, raise the noise, and see who is taken for whom.

    The names can be dragged.

    Args:
        positions: numbers from 0 to 10, where the names stand at first.
        names: a text for each.
        noise: stddev of the noise at first.
    """
    positions = channel.numbers_of("positions", np.asarray(positions), 2)
    arguments.as_many("names", names, "positions", positions)
    names = [str(name) for name in names]
    keys = [f"place_{i}" for i in range(len(names))]

    def draw(noise, **places):
        standing = np.array([places[key] for key in keys], float)
        if len(set(standing)) < len(standing):
            sentence = "Two names stand on the same place: nobody can tell them apart."
            return line(standing, names, noise), sentence
        taken = channel.confusion(standing, noise)
        counted = 1 - channel.simulate(standing, noise, SENT).diagonal().mean()
        sentence = (
            f"Noise {noise:g}: {channel.error_rate(standing, noise):.3g} of the messages are "
            f"misunderstood in theory, {counted:.3g} of {SENT * len(names):,} sent; "
        )
        picture = line(standing, names, noise, taken)
        np.fill_diagonal(taken, 0)
        worst = np.unravel_index(taken.argmax(), taken.shape)
        return picture, sentence + (
            f"most often {names[worst[0]]} is taken for {names[worst[1]]} "
            f"({taken[worst]:.3g} of the time)."
        )

    def drag(state, start, here):
        first, now = number(start, -1, 11), number(here, -1, 11)
        key = min(keys, key=lambda key: abs(state[key] - first))
        return {key: state[key] + now - first}

    places = steps(0, 10, 1001)
    controls = {"noise": ("noise (stddev)", steps(0.01, 4, 400), noise)}
    controls |= {
        key: (name, places, float(place))
        for key, name, place in zip(keys, names, positions, strict=True)
    }
    return Explorer(draw, controls, width=WIDTH, drag=drag)
