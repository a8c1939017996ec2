"""The noisy number line: names stand at positions, one is sent, Gaussian noise is added to it.

The receiver takes the name whose position is nearest; all names are equally likely. Everywhere,
`positions` is an integer or float array (n,), finite and, if not said otherwise, distinct, n >= 2,
in any order; `noise` is the stddev of the Gaussian, above 0, in the unit of the positions; Q is
the normal's upper tail.
"""

import math

import numpy as np
from scipy.special import ndtr  # the normal distribution function, accurate in its lower tail

from vae_tutorial import _validation

_CHUNK = 2**18  # messages simulated together: bounds the memory


def send(positions, noise, rng):
    """What arrives, float64 (n,): the mean plus the stddev times epsilon, drawn from `rng`.

    One message per position, so they may repeat, n >= 1. (Kingma and Welling 2014, section 2.4.)
    """
    return positions + noise * rng.normal(size=len(positions))


def nearest(received, positions):
    """Index of the position nearest to each value received (m,), of two the lower: int (m,)."""
    received, positions = np.asarray(received, float), np.asarray(positions, float)
    order = np.argsort(positions)
    lower, upper = positions[order[:-1]], positions[order[1:]]
    # Halves cannot overflow. Between neighbouring floats the middle can round up to the upper one.
    middles = np.minimum(lower / 2 + upper / 2, np.nextafter(upper, lower))
    return order[np.searchsorted(middles, received)]


def confusion(positions, noise):
    """How probably each name is taken for each other: float64 (n, n), rows adding up to one.

    [i, j] is the probability that name i, sent, is taken for name j, in closed form: the Gaussian's
    mass between the middles left and right of position j. A tiny one is right too.
    """
    positions = _validation.positions(positions, noise, most=4096)  # a table of n x n
    order = np.argsort(positions)
    away = (positions[order] - positions[order, np.newaxis]) / noise
    away = np.pad(away, ((0, 0), (1, 1)), constant_values=(-np.inf, np.inf))
    edges = (away[:, :-1] + away[:, 1:]) / 2
    left, right = edges[:, :-1], edges[:, 1:]
    # Each mass from the tail that it lies in: as a difference of numbers near one it would be lost.
    table = np.where(left > 0, ndtr(-left) - ndtr(-right), ndtr(right) - ndtr(left))
    back = np.argsort(order)
    return table[np.ix_(back, back)]


def error_rate(positions, noise):
    """How probably a name is taken for another, tiny or not: one minus `confusion`'s mean diagonal.

    Each gap between neighbours is crossed from both sides, with probability Q(gap / (2 noise)).
    """
    positions = _validation.positions(positions, noise)
    return float(2 * ndtr(-np.diff(np.sort(positions)) / 2 / noise).sum() / len(positions))


def simulate(positions, noise, count, seed=0):
    """Estimate `confusion` by sending each name `count` times: whole numbers / `count`, (n, n)."""
    positions = _validation.positions(positions, noise)
    rng = np.random.default_rng(seed)
    n, table = len(positions), 0
    for start in range(0, n * count, _CHUNK):
        sent = np.arange(start, min(start + _CHUNK, n * count)) // count
        taken = nearest(send(positions[sent], noise, rng), positions)
        table += np.bincount(n * sent + taken, minlength=n * n)
    return table.reshape(n, n) / count


def names_that_fit(noise, error, low=0.0, high=10.0):
    """How many equally spaced names fit from `low` to `high` with an error rate up to `error`.

    Args:
        noise: the stddev.
        error: above 0 and below 1.
        low: where the first name stands.
        high: where the last name stands, above `low`.

    Returns:
        The largest int n with 2 (1 - 1/n) Q((high - low) / (n - 1) / (2 noise)) <= `error`, or 1,
        since a single name is never mistaken.
    """
    width = _validation.interval(noise, low, high)
    n = 1
    for power in range(1000, -1, -1):  # bisection, bit by bit: the error rate grows with n
        more = n + 2**power
        if 2 * (1 - 1 / more) * ndtr(-width / (more - 1) / 2) <= error:
            n = more
    return n


def capacity(noise, low=0.0, high=10.0, tolerance=0.002):
    """How many bits one message can carry if what is sent is confined to [low, high].

    By the algorithm of Blahut (1972) and Arimoto (1972), on a grid. The best input is a few points
    (Smith 1971): just both ends while (high - low) / (2 noise) <= 1.665. Takes milliseconds.

    Args:
        noise: the stddev.
        low: the least that may be sent.
        high: the most that may be sent, above `low`.
        tolerance: the error allowed, in bits (of less than one bit, a share); 0.0001 or more.
    """
    width = _validation.interval(noise, low, high)
    # Beyond both ends closed forms are exact enough, and the algorithm crawls or needs a huge grid:
    # Shannon's (1948) bound by the variance, which both ends alone meet but for a share of 2e-6;
    # the middle of McKellips's (2004) bound and the entropy power inequality, 0.0002 bits around.
    shannon = math.log1p(width * width / 4) / 2
    ratio = width / math.sqrt(2 * math.pi * math.e)
    if width < 0.3:
        nats = shannon
    elif width > 20_000:
        nats = (math.log1p(ratio) + math.log(math.hypot(1, ratio))) / 2
    else:
        # Of a capacity below one bit the tolerance is a share.
        nats = _blahut_arimoto(width, tolerance * min(math.log(2), shannon))
    return nats / math.log(2)


def _blahut_arimoto(width, slack):
    """The capacity at noise one, in nats: the middle of bounds at most `slack` apart."""
    # A grid of a quarter stddev costs up to 0.0002 bits; the loss goes with the square of the step.
    cells = math.ceil(4 * width * max(1, math.sqrt(0.001 / slack)))
    step = width / cells
    reach = math.ceil(8 / step)  # further out, rounding hides the Gaussian's mass
    kernel = np.exp(-np.square(step * np.arange(-reach, reach + 1)) / 2)
    kernel /= kernel.sum()
    inputs = np.full(cells + 1, 1 / (cells + 1))
    lower, upper = 0.0, math.inf
    while upper - lower > slack:
        # Relative entropy of each input's output to all output; Blahut bounds by mean and maximum.
        surprise = np.convolve(np.log(np.convolve(inputs, kernel)), kernel, "valid")
        entropies = kernel @ np.log(kernel) - surprise
        lower, upper = max(lower, inputs @ entropies), min(upper, entropies.max())
        inputs = inputs * np.exp(entropies - entropies.max())
        inputs /= inputs.sum()
    return float(lower + upper) / 2
