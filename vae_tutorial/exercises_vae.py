"""The exercises of notebooks 06 to 10: see ``exercises``."""

import numpy as np
from scipy.stats import norm

from vae_tutorial.judging import Exercise


def _kl(z_mean, z_log_var):
    return 0.5 * (z_mean**2 + np.exp(z_log_var) - 1 - z_log_var)


def _three_images():
    rng = np.random.default_rng(0)
    return np.array([3.0, 5.0, 2.0]), rng.normal(size=(3, 4)), rng.normal(size=(3, 4))


def _probabilities():
    before = [[0.8, 0.2, 0.0], [0.1, 0.6, 0.3], [0.5, 0.2, 0.3], [0.0, 0.1, 0.9]]
    after = [[0.6, 0.3, 0.1], [0.2, 0.2, 0.6], [0.9, 0.1, 0.0], [0.0, 0.2, 0.8]]
    return np.array(before), np.array(after)


def _codes():
    rng = np.random.default_rng(0)
    return rng.normal(size=(3, 4)), rng.normal(size=(5, 4)), rng.normal(size=(6, 4)), 0.25


EXERCISES = {
    "06.1": Exercise(
        right=4.5,
        wrong={
            "you forgot the half before the sum": 9.0,
            "that is in bits; a nat is 1.44 bits": 4.5 / np.log(2),
            "the mean counts squared": 1.5,
            "the stddev's own square cancels the minus one: with stddev 1 only the mean costs": 5.0,
        },
        tolerance=0.004,
    ),
    "06.2": Exercise(
        inputs=_three_images,
        right=lambda loss, mean, log_var: (loss + _kl(mean, log_var).sum(axis=1)).mean(),
        wrong={
            "you averaged over the latents; the KL is summed over them": (
                lambda loss, mean, log_var: (loss + _kl(mean, log_var).mean(axis=1)).mean()
            ),
            "you summed over the images; the loss is their average": (
                lambda loss, mean, log_var: (loss + _kl(mean, log_var).sum(axis=1)).sum()
            ),
            "you forgot the half before the KL": (
                lambda loss, mean, log_var: (loss + 2 * _kl(mean, log_var).sum(axis=1)).mean()
            ),
            "the KL is added to the reconstruction loss: both are to be small": (
                lambda loss, mean, log_var: (loss - _kl(mean, log_var).sum(axis=1)).mean()
            ),
            "you forgot exp: z_log_var is the logarithm of the variance": (
                lambda loss, mean, log_var: (loss + 0.5 * (mean**2 - 1).sum(axis=1)).mean()
            ),
            "you took z_log_var for the logarithm of the stddev": (
                lambda loss, mean, log_var: (loss + _kl(mean, 2 * log_var).sum(axis=1)).mean()
            ),
            "give one number: average over the images": (
                lambda loss, mean, log_var: loss + _kl(mean, log_var).sum(axis=1)
            ),
        },
    ),
    "07.1": Exercise(
        right=norm.sf(1.0),
        wrong={
            "the border lies half way: the noise must carry a message over half of the distance": (
                norm.sf(2.0)
            ),
            "each name has a neighbour on one side only: one tail, not two": 2 * norm.sf(1.0),
            "that is the share which is understood": norm.cdf(1.0),
        },
    ),
    "07.2": Exercise(
        inputs=lambda: (np.array([1.0, 3.0, 0.5]), np.array([1.0, 0.5, 2.0])),
        right=lambda signal, noise: 0.5 * np.log2(1 + (signal / noise) ** 2),
        wrong={
            "that is in nats; bits take the logarithm to base 2": (
                lambda signal, noise: 0.5 * np.log(1 + (signal / noise) ** 2)
            ),
            "signal and noise are stddevs; the formula wants their squares": (
                lambda signal, noise: 0.5 * np.log2(1 + signal / noise)
            ),
            "you forgot the half": lambda signal, noise: np.log2(1 + (signal / noise) ** 2),
            "signal and noise are swapped": (
                lambda signal, noise: 0.5 * np.log2(1 + (noise / signal) ** 2)
            ),
            "you forgot the one: without a signal there are no bits": (
                lambda signal, noise: np.log2(signal / noise)
            ),
        },
    ),
    "08.1": Exercise(
        right=22 / np.log(2),
        wrong={
            "that is still in nats": 22.0,
            "divide by ln 2 = 0.693; you multiplied": 22 * np.log(2),
            "that is the whole loss in bits; the code is only its KL part": 104 / np.log(2),
        },
    ),
    "08.2": Exercise(
        inputs=_probabilities,
        right=lambda before, after: (before.argmax(axis=1) != after.argmax(axis=1)).mean(),
        wrong={
            "that is the share that stays; count the others": (
                lambda before, after: (before.argmax(axis=1) == after.argmax(axis=1)).mean()
            ),
            "that is the number of digits; divide by how many there are": (
                lambda before, after: (before.argmax(axis=1) != after.argmax(axis=1)).sum()
            ),
            "compare the likeliest class of each digit: argmax over axis 1": (
                lambda before, after: (before.argmax(axis=0) != after.argmax(axis=0)).mean()
            ),
            "the probabilities always differ a little; compare the likeliest class": (
                lambda before, after: (before != after).mean()
            ),
        },
    ),
    "10.1": Exercise(
        right=np.sqrt(8),
        wrong={
            "that is the spherical way; the straight one cuts through the inside": 4.0,
            "that is half of one code; half of the other stands at right angles to it": 2.0,
            "that is how far the two are apart; the middle is half of their sum": np.sqrt(32),
        },
    ),
    "10.2": Exercise(
        inputs=_codes,
        right=lambda z, without, having, share: (
            z + share * (having.mean(axis=0) - without.mean(axis=0))
        ),
        wrong={
            "that takes the property away: the way leads from without to having": (
                lambda z, without, having, share: (
                    z - share * (having.mean(axis=0) - without.mean(axis=0))
                )
            ),
            "average over the codes, not over their numbers: axis 0": (
                lambda z, without, having, share: z + share * (having.mean() - without.mean())
            ),
            "the codes z start where they are: add to z, instead of mixing it away": (
                lambda z, without, having, share: (
                    (1 - share) * z + share * (having.mean(axis=0) - without.mean(axis=0))
                )
            ),
            "you added the mean of having; the direction is its difference to without": (
                lambda z, without, having, share: z + share * having.mean(axis=0)
            ),
            "you forgot the share": (
                lambda z, without, having, share: z + having.mean(axis=0) - without.mean(axis=0)
            ),
        },
    ),
}
