"""The exercises by notebook, each with its solution and the mistakes that it recognizes."""

import numpy as np
from scipy.special import logsumexp
from scipy.stats import norm

from vae_tutorial.exercises.grader import Exercise


def _images():
    rng = np.random.default_rng(0)
    return rng.random((3, 4, 4, 1)), rng.random((3, 4, 4, 1))


def _pca_inputs():
    rng = np.random.default_rng(1)
    return rng.random((6, 5)), rng.random(5), np.linalg.qr(rng.normal(size=(5, 5)))[0][:2]


def _two_clouds():
    rng = np.random.default_rng(2)
    return rng.normal(size=(4, 3)), rng.normal(size=(7, 3))


def _distances(drawn, codes):
    return np.linalg.norm(drawn[:, np.newaxis] - codes, axis=2)


def _kl(z_mean, z_log_var):
    return 0.5 * (z_mean**2 + np.exp(z_log_var) - 1 - z_log_var)


def _loss_inputs():
    rng = np.random.default_rng(0)
    return np.array([3.0, 5.0, 2.0]), rng.normal(size=(3, 4)), rng.normal(size=(3, 4))


def _probabilities():
    # Three of five change; jumps of more than one class, and the least likely class changes, too.
    before = [[7, 1, 2, 0], [1, 6, 3, 0], [0, 2, 1, 7], [5, 3, 2, 0], [1, 2, 6, 1]]
    after = [[6, 2, 2, 0], [2, 1, 7, 0], [1, 7, 0, 2], [8, 1, 1, 0], [1, 6, 2, 1]]
    return np.array(before) / 10, np.array(after) / 10


def _naive_surprise(logits):
    with np.errstate(over="ignore", divide="ignore"):
        return -np.log(1 / (1 + np.exp(-logits))).mean()


def _naive_bound(log_weights):
    with np.errstate(divide="ignore"):
        return np.log(np.exp(log_weights).mean(axis=1))


def _codes():
    rng = np.random.default_rng(0)
    return rng.normal(size=(3, 4)), rng.normal(size=(5, 4)), rng.normal(size=(6, 4)), 0.25


EXERCISES = {
    "00.1": Exercise(
        solution=2.0,
        mistakes={
            "you added the differences without squaring them": 4.0,
            "you averaged over the 784 pixels; an image's error is the sum over them": 2 / 784,
            "you took the square root at the end; the squared error is the sum itself": 2**0.5,
            "that is the squared error of one pixel; eight of them are off": 0.25,
        },
    ),
    "00.2": Exercise(
        inputs=_images,
        solution=lambda x, r: np.square(x - r).sum(axis=(1, 2, 3)),
        mistakes={
            "you averaged over the pixels; sum over them": (
                lambda x, r: np.square(x - r).mean(axis=(1, 2, 3))
            ),
            "you summed over the images too; keep one number for each image": (
                lambda x, r: np.square(x - r).sum()
            ),
            "you averaged over the images too; keep one number for each image": (
                lambda x, r: np.square(x - r).sum(axis=(1, 2, 3)).mean()
            ),
            "you took absolute differences; square them": (
                lambda x, r: np.abs(x - r).sum(axis=(1, 2, 3))
            ),
            "you squared the sum; sum the squares": (
                lambda x, r: np.square((x - r).sum(axis=(1, 2, 3)))
            ),
            "you took the square root at the end; the squared error is the sum itself": (
                lambda x, r: np.sqrt(np.square(x - r).sum(axis=(1, 2, 3)))
            ),
        },
    ),
    "01.1": Exercise(
        solution=4 * 4 * 32 * 16 + 16,
        mistakes={
            "you forgot the biases: one for each outgoing channel": 4 * 4 * 32 * 16,
            "there is a stamp for each of the 32 incoming channels, not just for one": (
                4 * 4 * 16 + 16
            ),
            "the stamp is 4 by 4; 2 is the step from one stamp to the next": 2 * 2 * 32 * 16 + 16,
            "there is one bias for each outgoing channel, not for each incoming one": (
                4 * 4 * 32 * 16 + 32
            ),
            "there is one bias for each outgoing channel, not for each stamp": (
                4 * 4 * 32 * 16 + 32 * 16
            ),
        },
        tolerance=0,
    ),
    "01.2": Exercise(
        solution=2 * 8 * 8 * 32,
        mistakes={
            "you forgot the biases: one for each output": 8 * 8 * 32,
            "you left out the 32 channels": 2 * 8 * 8,
            "you squared the outputs; with one input, each has just one weight and one bias": (
                (8 * 8 * 32) ** 2
            ),
        },
        tolerance=0,
    ),
    "02.1": Exercise(
        inputs=lambda: (np.array([0, 2, 1]), 4),
        solution=lambda slots, length: np.eye(length)[slots],
        mistakes={
            "you counted the slots from one; the first slot is number 0": (
                lambda slots, length: np.eye(length)[slots - 1]
            ),
            "those are the slot numbers; turn each into a row of zeros with a one in that slot": (
                lambda slots, length: slots
            ),
            "rows and columns are swapped; each row should be one code": (
                lambda slots, length: np.eye(length)[slots].T
            ),
            "zeros and ones are swapped": lambda slots, length: 1 - np.eye(length)[slots],
        },
    ),
    "02.2": Exercise(
        solution=4.0,
        mistakes={
            "that is a quarter, which is right for two pictures; here there are three": 3.0,
            "that is the error if the network answers with one of the other pictures": 12.0,
            "that is half the error between two pictures; their mean is closer": 6.0,
            "one slot gives one picture; it can't match all three": 0.0,
            "you left out the cross term: squaring a sum also gives 2 (a - b)(a - c)": 24 / 9,
        },
    ),
    "03.1": Exercise(
        solution=10,
        mistakes={
            "that is the length of a one-hot code; signs can be combined": 1000,
            "that is how many pictures ten signs can tell apart; the question is how many signs": (
                1024
            ),
            "nine signs are enough for only 512 pictures": 9,
            "signs come whole: round up": np.log2(1000),
        },
        tolerance=0.001,
    ),
    "03.2": Exercise(
        inputs=lambda: (np.array([1.0, 4.0]), np.array([3.0, 0.0]), 0.25),
        solution=lambda a, b, share: (1 - share) * a + share * b,
        mistakes={
            "a and b are swapped: at share 0 the result should be a": (
                lambda a, b, share: share * a + (1 - share) * b
            ),
            "you always take the middle; use share": lambda a, b, share: (a + b) / 2,
            "the shares should add up to one: take (1 - share) of a": (
                lambda a, b, share: a + share * b
            ),
        },
    ),
    "04.1": Exercise(
        solution=46,
        mistakes={
            "you can't have part of a digit; round up": 45.73,
            "just too few: you rounded down, or left out the 16 numbers that each digit costs": 45,
            "you left out the codes: each digit costs another 16 numbers": 44.8,
            "that is how many times shorter a code is than its digit; the decoder counts too": 49,
            "each digit saves 784 - 16 numbers, not 16": 2196,
        },
        tolerance=0.004,
    ),
    "04.2": Exercise(
        inputs=_pca_inputs,
        solution=lambda rows, mean, parts: (rows - mean) @ parts.T @ parts + mean,
        mistakes={
            "you forgot to add the mean back at the end": (
                lambda rows, mean, parts: (rows - mean) @ parts.T @ parts
            ),
            "you forgot to subtract the mean first": (
                lambda rows, mean, parts: rows @ parts.T @ parts + mean
            ),
            "you left out the mean altogether": lambda rows, mean, parts: rows @ parts.T @ parts,
            "that is the code; multiply by the patterns to get back": (
                lambda rows, mean, parts: (rows - mean) @ parts.T
            ),
        },
        reminder="there are 2 patterns of 5 pixels: parts.T leads to the code, parts back",
    ),
    "05.1": Exercise(
        solution=0.5**8,
        mistakes={
            "that is the probability for one number; there are eight": 0.5,
            "probabilities multiply; you added them": 4.0,
            "probabilities multiply; you divided by how many there are": 0.5 / 8,
        },
        tolerance=0.03,  # 0.004 will do
    ),
    "05.2": Exercise(
        inputs=_two_clouds,
        solution=lambda drawn, codes: _distances(drawn, codes).min(axis=1),
        mistakes={
            "that is the squared distance; take the square root": (
                lambda drawn, codes: _distances(drawn, codes).min(axis=1) ** 2
            ),
            "that is the distance to the farthest code": (
                lambda drawn, codes: _distances(drawn, codes).max(axis=1)
            ),
            "that is the mean distance to all codes; take the smallest": (
                lambda drawn, codes: _distances(drawn, codes).mean(axis=1)
            ),
            "that is the index of the nearest code, not the distance to it": (
                lambda drawn, codes: _distances(drawn, codes).argmin(axis=1)
            ),
            "you took the minimum over the drawn codes; keep one number for each of them": (
                lambda drawn, codes: _distances(drawn, codes).min(axis=0)
            ),
            "you summed absolute differences; sum their squares, and take the root": (
                lambda drawn, codes: np.abs(drawn[:, np.newaxis] - codes).sum(axis=2).min(axis=1)
            ),
        },
        reminder="there are 4 drawn codes and 7 others: drawn[:, np.newaxis] pairs each with each",
    ),
    "06.1": Exercise(
        solution=4.5,
        mistakes={
            "you forgot the factor 1/2 in front of the sum": 9.0,
            "that is in bits; a nat is 1.44 bits": 4.5 / np.log(2),
            "the mean must be squared": 1.5,
            "with stddev 1 its square cancels the -1, so only the mean costs": 5.0,
        },
        tolerance=0.004,
    ),
    "06.2": Exercise(
        inputs=_loss_inputs,
        solution=lambda loss, mean, log_var: (loss + _kl(mean, log_var).sum(axis=1)).mean(),
        mistakes={
            "you averaged over the latents; the KL is summed over them": (
                lambda loss, mean, log_var: (loss + _kl(mean, log_var).mean(axis=1)).mean()
            ),
            "you summed over the images; the loss is their average": (
                lambda loss, mean, log_var: (loss + _kl(mean, log_var).sum(axis=1)).sum()
            ),
            "you forgot the factor 1/2 in the KL": (
                lambda loss, mean, log_var: (loss + 2 * _kl(mean, log_var).sum(axis=1)).mean()
            ),
            "add the KL to the reconstruction loss: both should be small": (
                lambda loss, mean, log_var: (loss - _kl(mean, log_var).sum(axis=1)).mean()
            ),
            "you forgot exp: z_log_var is the logarithm of the variance": (
                lambda loss, mean, log_var: (loss + 0.5 * (mean**2 - 1).sum(axis=1)).mean()
            ),
            "you took z_log_var for the logarithm of the stddev": (
                lambda loss, mean, log_var: (loss + _kl(mean, 2 * log_var).sum(axis=1)).mean()
            ),
            "return one number: average over the images": (
                lambda loss, mean, log_var: loss + _kl(mean, log_var).sum(axis=1)
            ),
            "that is the ELBO, which should grow; the loss is its negative": (
                lambda loss, mean, log_var: -(loss + _kl(mean, log_var).sum(axis=1)).mean()
            ),
            "you forgot the -1 in the KL": (
                lambda loss, mean, log_var: (loss + (_kl(mean, log_var) + 0.5).sum(axis=1)).mean()
            ),
            "exp(z_log_var / 2) is the stddev; the KL takes the variance": (
                lambda loss, mean, log_var: (
                    loss + 0.5 * (mean**2 + np.exp(log_var / 2) - 1 - log_var).sum(axis=1)
                ).mean()
            ),
            "you summed the KL over the images, too; sum it over the latents alone": (
                lambda loss, mean, log_var: (loss + _kl(mean, log_var).sum()).mean()
            ),
        },
    ),
    "07.1": Exercise(
        solution=norm.sf(1.0),
        mistakes={
            "the border is halfway: noise of half the distance is enough for a mix-up": (
                norm.sf(2.0)
            ),
            "each name has a neighbor on one side only: one tail, not two": 2 * norm.sf(1.0),
            "that is how often a name is understood": norm.cdf(1.0),
        },
    ),
    "07.2": Exercise(
        inputs=lambda: (np.array([1.0, 3.0, 0.5]), np.array([1.0, 0.5, 2.0])),
        solution=lambda signal, noise: 0.5 * np.log2(1 + (signal / noise) ** 2),
        mistakes={
            "that is in nats; for bits take the logarithm to base 2": (
                lambda signal, noise: 0.5 * np.log(1 + (signal / noise) ** 2)
            ),
            "signal and noise are stddevs; the formula needs their squares": (
                lambda signal, noise: 0.5 * np.log2(1 + signal / noise)
            ),
            "you forgot the factor 1/2": lambda signal, noise: np.log2(1 + (signal / noise) ** 2),
            "signal and noise are swapped": (
                lambda signal, noise: 0.5 * np.log2(1 + (noise / signal) ** 2)
            ),
            "you forgot the 1: without a signal there should be no bits": (
                lambda signal, noise: np.log2(signal / noise)
            ),
        },
    ),
    "08.1": Exercise(
        solution=22 / np.log(2),
        mistakes={
            "that is still in nats": 22.0,
            "divide by ln 2 = 0.693; you multiplied": 22 * np.log(2),
            "that is the whole loss in bits; the code carries at most the KL": 104 / np.log(2),
            "that is the reconstruction loss in bits; the code carries at most the KL": (
                82 / np.log(2)
            ),
        },
    ),
    "08.2": Exercise(
        inputs=_probabilities,
        solution=lambda before, after: (before.argmax(axis=1) != after.argmax(axis=1)).mean(),
        mistakes={
            "that is the share that keeps its identity; count the others": (
                lambda before, after: (before.argmax(axis=1) == after.argmax(axis=1)).mean()
            ),
            "that is how many digits change; divide by how many there are": (
                lambda before, after: (before.argmax(axis=1) != after.argmax(axis=1)).sum()
            ),
            "you took argmax over the digits; take it over the classes: axis 1": (
                lambda before, after: (before.argmax(axis=0) != after.argmax(axis=0)).mean()
            ),
            "probabilities always differ a little; compare the most likely class": (
                lambda before, after: (before != after).mean()
            ),
            "argmin is the least likely class; take argmax": (
                lambda before, after: (before.argmin(axis=1) != after.argmin(axis=1)).mean()
            ),
            "count whether the class changes, not by how many places": (
                lambda before, after: np.abs(before.argmax(axis=1) - after.argmax(axis=1)).mean()
            ),
        },
    ),
    "09.1": Exercise(
        solution=0.08,
        mistakes={
            "that is the variance; the squared error is divided by twice the variance": 0.04,
            "square the stddev": 0.4,
            "that is what the squared error is multiplied by; beta is what is left at the KL": 12.5,
            "that compares with the mean over 784 pixels; compare with the sum": 0.08 * 784,
        },
    ),
    "09.2": Exercise(
        inputs=lambda: (np.array([1.0, 3.0, 8.0, 20.0]), np.array([190.0, 150.0, 110.0, 98.0])),
        solution=lambda rates, distortions: -np.diff(distortions) / np.diff(rates),
        mistakes={
            "that is nats of rate for each nat of distortion; turn it upside down": (
                lambda rates, distortions: -np.diff(rates) / np.diff(distortions)
            ),
            "that is what each step saves; divide it by the rate that the step costs": (
                lambda rates, distortions: -np.diff(distortions)
            ),
            "that is what each step costs; divide what it saves by it": (
                lambda rates, distortions: np.diff(rates)
            ),
            "take differences between neighbors, not the values themselves": (
                lambda rates, distortions: (distortions / rates)[1:]
            ),
            "a saving counts as positive: change the sign": (
                lambda rates, distortions: np.diff(distortions) / np.diff(rates)
            ),
        },
        reminder="four models have three steps between them: np.diff gives the differences",
    ),
    "10.1": Exercise(
        solution=np.sqrt(8),
        mistakes={
            "that is on the arc; the straight path cuts through the inside": 4.0,
            "that is half of one code; half of the other adds to it at a right angle": 2.0,
            "that is the distance between the two; the middle is half of their sum": np.sqrt(32),
        },
        tolerance=0.011,  # 2.8 will do
    ),
    "10.2": Exercise(
        inputs=_codes,
        solution=lambda z, without, having, share: (
            z + share * (having.mean(axis=0) - without.mean(axis=0))
        ),
        mistakes={
            "that removes the property: the direction is from without to having": (
                lambda z, without, having, share: (
                    z - share * (having.mean(axis=0) - without.mean(axis=0))
                )
            ),
            "average over the codes, not over the numbers in them: axis 0": (
                lambda z, without, having, share: z + share * (having.mean() - without.mean())
            ),
            "add to z itself; don't scale it by (1 - share)": (
                lambda z, without, having, share: (
                    (1 - share) * z + share * (having.mean(axis=0) - without.mean(axis=0))
                )
            ),
            "you added the mean of having; the direction is its difference from without": (
                lambda z, without, having, share: z + share * having.mean(axis=0)
            ),
            "you forgot the share": (
                lambda z, without, having, share: z + having.mean(axis=0) - without.mean(axis=0)
            ),
        },
        reminder="having and without hold different numbers of codes: subtract their means",
    ),
    "11.1": Exercise(
        solution=90 / (784 * np.log(2)),
        mistakes={
            "that is bits for the whole picture; divide by its pixels": 90 / np.log(2),
            "that is nats per pixel; a bit is ln 2 nats": 90 / 784,
            "a bit is less than a nat, so there are more bits than nats: divide by ln 2": (
                90 * np.log(2) / 784
            ),
        },
    ),
    "11.2": Exercise(
        inputs=lambda: (np.array([[-900.0, -901.0, -905.0], [1.0, 3.0, 2.5]]),),
        solution=lambda log_weights: logsumexp(log_weights, axis=1) - np.log(3),
        mistakes={
            "that is the mean of the logarithms, the ELBO; take the mean first": (
                lambda log_weights: log_weights.mean(axis=1)
            ),
            "that is the logarithm of the sum; for the mean, subtract ln k": (
                lambda log_weights: logsumexp(log_weights, axis=1)
            ),
            "that is the best draw alone; take the mean of all of them": (
                lambda log_weights: log_weights.max(axis=1)
            ),
            "exp(-900) is zero for a computer: take out the largest, and add it again at the end": (
                _naive_bound
            ),
        },
        reminder="the draws of an image stand in a row: axis=1",
    ),
    "12.1": Exercise(
        solution=-np.log(0.8) - np.log(0.2),
        mistakes={
            "those are only the genuine pictures; add what it loses on the made ones": -np.log(0.8),
            "those are only the made pictures; add what it loses on the genuine ones": -np.log(0.2),
            "the two terms are added, not averaged": -np.log(0.16) / 2,
            "for a made picture the right answer has the probability 1 - 0.8": -2 * np.log(0.8),
            "a surprise is minus the logarithm: change the sign": np.log(0.16),
            "take the natural logarithm: nats, not bits": -np.log2(0.16),
        },
    ),
    "12.2": Exercise(
        inputs=lambda: (np.array([-800.0, -2.0, 0.5, 3.0]),),
        solution=lambda logits: np.logaddexp(0, -logits).mean(),
        mistakes={
            "that is the expert's surprise at made pictures; the forger wants the opposite": (
                lambda logits: np.logaddexp(0, logits).mean()
            ),
            "that raises the expert's loss, which is flat where the expert is sure": (
                lambda logits: -np.logaddexp(0, logits).mean()
            ),
            "a surprise is minus the logarithm: change the sign": (
                lambda logits: -np.logaddexp(0, -logits).mean()
            ),
            "return one number: the mean over the pictures, not the sum": (
                lambda logits: np.logaddexp(0, -logits).sum()
            ),
            "return one number: the mean over the pictures": (
                lambda logits: np.logaddexp(0, -logits)
            ),
            "exp(800) is infinite for a computer: use np.logaddexp(0, b), which is ln(1 + e^b)": (
                _naive_surprise
            ),
        },
        reminder="-ln sigma(a) is ln(1 + e^-a)",
    ),
    "13.1": Exercise(
        solution=50 * np.log(4),
        mistakes={
            "half of the 100 stands before the logarithm": 100 * np.log(4),
            "the loss goes with the logarithm of the error, not with the error": 1.5,
            "take the natural logarithm: nats, not bits": 50 * np.log2(4),
            "you forgot the weight of 100": 0.5 * np.log(4),
            "it falls, so what it falls by is positive": -50 * np.log(4),
        },
    ),
    "13.2": Exercise(
        inputs=lambda: tuple(
            np.random.default_rng(7).normal(size=(3, 5, 4)) * [[[1]], [[1]], [[3]]]
        ),
        solution=lambda here, shifted, others: (
            np.square(here - shifted).sum(axis=1).mean()
            / np.square(here - others).sum(axis=1).mean()
        ),
        mistakes={
            "upside down: the shift's distance is divided by the other digit's": (
                lambda here, shifted, others: (
                    np.square(here - others).sum() / np.square(here - shifted).sum()
                )
            ),
            "square the differences": (
                lambda here, shifted, others: (
                    np.abs(here - shifted).sum() / np.abs(here - others).sum()
                )
            ),
            "average the squared distances first, then divide": (
                lambda here, shifted, others: (
                    np.square(here - shifted).sum(axis=1) / np.square(here - others).sum(axis=1)
                ).mean()
            ),
            "measure both distances from the digit itself, not from its shifted copy": (
                lambda here, shifted, others: (
                    np.square(here - shifted).sum() / np.square(shifted - others).sum()
                )
            ),
        },
    ),
    "14.1": Exercise(
        solution=4 * 4 * 16 * 32 + 32,
        mistakes={
            "there is a stamp for each pair of channels, 16 times 32 of them": 4 * 4 * 32 + 32,
            "each outgoing channel has a bias of its own": 4 * 4 * 16 * 32,
            "one bias for each channel that goes out, not for each that comes in": (
                4 * 4 * 16 * 32 + 16
            ),
            "a stamp covers 4 x 4 pixels, not 4": 4 * 16 * 32 + 32,
            "the size of the picture doesn't matter: the same stamps go all over it": (
                4 * 4 * 16 * 32 * 24 * 24 + 32
            ),
        },
        tolerance=0.0001,
    ),
    "14.2": Exercise(
        inputs=lambda: (np.array([9.0, 8.0, 5.0, 4.0, 4.2]), np.array([3.0, 5.5, 7.0])),
        solution=lambda normal, others: (others[:, np.newaxis] > normal).mean(),
        mistakes={
            "that is how often the normal one surprises more; turn the comparison": (
                lambda normal, others: (others[:, np.newaxis] < normal).mean()
            ),
            "compare each with each, not only with the average": (
                lambda normal, others: (others > normal.mean()).mean()
            ),
            "compare each with each, not only with the median": (
                lambda normal, others: (others > np.median(normal)).mean()
            ),
            "compare each with each, not the two averages": (
                lambda normal, others: float(others.mean() > normal.mean())
            ),
            "return one share of all pairs: take the mean over both": (
                lambda normal, others: (others[:, np.newaxis] > normal).mean(axis=1)
            ),
            "return the share of the pairs, not their count": (
                lambda normal, others: (others[:, np.newaxis] > normal).sum()
            ),
        },
        reminder="the two have different lengths: others[:, np.newaxis] > normal compares all",
    ),
    "14.3": Exercise(
        inputs=lambda: (np.random.default_rng(3).normal(size=(3, 2)), 3, 5),
        solution=lambda z, label, classes: np.concatenate(
            [z, np.tile(np.eye(classes)[label], (len(z), 1))], axis=1
        ),
        mistakes={
            "the label goes in as a one-hot code, not as a number": (
                lambda z, label, classes: np.column_stack([z, np.full(len(z), label)])
            ),
            "the code comes first, then the label": lambda z, label, classes: np.concatenate(
                [np.tile(np.eye(classes)[label], (len(z), 1)), z], axis=1
            ),
            "each code needs the label beside it: repeat the one-hot code for each row": (
                lambda z, label, classes: np.eye(classes)[label]
            ),
            "labels count from 0, so label 3 is the fourth place": (
                lambda z, label, classes: np.concatenate(
                    [z, np.tile(np.eye(classes)[label - 1], (len(z), 1))], axis=1
                )
            ),
        },
        reminder="z is (n, k): repeat the one-hot code n times, np.tile(one_hot, (len(z), 1))",
    ),
}
