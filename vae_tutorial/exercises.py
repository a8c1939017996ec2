"""The exercises of the notebooks, each with its right answer and the wrong ones it knows."""

import numpy as np

from vae_tutorial.judging import Exercise


def _pictures():
    rng = np.random.default_rng(0)
    return rng.random((3, 4, 4, 1)), rng.random((3, 4, 4, 1))


def _pca_inputs():
    rng = np.random.default_rng(1)
    return rng.random((6, 5)), rng.random(5), np.linalg.qr(rng.normal(size=(5, 5)))[0][:2]


def _codes():
    rng = np.random.default_rng(2)
    z = rng.normal(size=(20_000, 2)) @ np.array([[2.0, 0.0], [1.5, 0.5]]) + [5.0, -3.0]
    return z, 20_000, np.random.default_rng(3)


def _moments(sample):
    """Judge a sampler by the mean and covariance of what it draws."""

    def summary(codes, count, rng):
        drawn = sample(codes, count, rng)
        if drawn is ...:
            return ...
        return np.vstack([np.mean(drawn, axis=0), np.cov(np.asarray(drawn).T)])

    return summary


class _Sampler(Exercise):
    def value(self, answer):
        return _moments(answer)(*self.inputs())


EXERCISES = {
    "00.1": Exercise(
        right=2.0,
        wrong={
            "you added up the differences without squaring them": 4.0,
            "you averaged over the 784 pixels; the error of an image is summed over them": 2 / 784,
            "you took the square root at the end; the squared error is the sum itself": 2**0.5,
            "that is the square of one pixel; eight of them are off": 0.25,
        },
    ),
    "00.2": Exercise(
        inputs=_pictures,
        right=lambda x, r: np.square(x - r).sum(axis=(1, 2, 3)),
        wrong={
            "you averaged over the pixels; sum over them": (
                lambda x, r: np.square(x - r).mean(axis=(1, 2, 3))
            ),
            "you added the images together too; keep one number for each image": (
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
        },
    ),
    "01.1": Exercise(
        right=64 * 64 * 3,
        wrong={
            "you counted the pixels; each has three colours": 64 * 64,
            "you counted one row of pixels": 64 * 3,
            "you counted the values that one colour can take": 256,
        },
        tolerance=0,
    ),
    "01.2": Exercise(
        right=2 * 8 * 8 * 32,
        wrong={
            "you forgot the biases: one for each output": 8 * 8 * 32,
            "you left the 32 channels out": 2 * 8 * 8,
            "there is one input, so one weight and one bias for each output, not their square": (
                (8 * 8 * 32) ** 2
            ),
        },
        tolerance=0,
    ),
    "02.1": Exercise(
        inputs=lambda: (np.array([0, 2, 1]), 4),
        right=lambda slots, length: np.eye(length)[slots],
        wrong={
            "you counted the slots from one; the first slot is number 0": (
                lambda slots, length: np.eye(length)[slots - 1]
            ),
            "that is the number of the slot; put a one in that place of a row of zeros": (
                lambda slots, length: slots
            ),
            "rows and columns are swapped; each row is to be one code": (
                lambda slots, length: np.eye(length)[slots].T
            ),
            "zeros and ones are swapped": lambda slots, length: 1 - np.eye(length)[slots],
        },
    ),
    "02.2": Exercise(
        right=2.0,
        wrong={
            "half of the distance between them squares to a quarter, not to a half": 4.0,
            "that is the error if the network gives the other picture": 8.0,
            "one slot gives one picture; it can't be both": 0.0,
        },
    ),
    "03.1": Exercise(
        right=10,
        wrong={
            "that is the length of a one-hot code; signs can be combined": 1000,
            "that is how many pictures ten signs can name; the question is how many signs": 1024,
            "nine signs name only 512 pictures": 9,
        },
        tolerance=0,
    ),
    "03.2": Exercise(
        inputs=lambda: (np.array([1.0, 4.0]), np.array([3.0, 0.0]), 0.25),
        right=lambda a, b, share: (1 - share) * a + share * b,
        wrong={
            "a and b are swapped: at share 0 it should be a": (
                lambda a, b, share: share * a + (1 - share) * b
            ),
            "you always take the middle; use share": lambda a, b, share: (a + b) / 2,
            "the shares should add up to one: take (1 - share) of a": (
                lambda a, b, share: a + share * b
            ),
        },
    ),
    "04.1": Exercise(
        right=49.0,
        wrong={
            "you counted one row of pixels; the picture has 28 of them": 28 / 16,
            "that is how many numbers are saved, not the ratio": 784 - 16,
            "turn the ratio round": 16 / 784,
        },
    ),
    "04.2": Exercise(
        inputs=_pca_inputs,
        right=lambda rows, mean, parts: (rows - mean) @ parts.T @ parts + mean,
        wrong={
            "you forgot to add the mean again at the end": (
                lambda rows, mean, parts: (rows - mean) @ parts.T @ parts
            ),
            "you forgot to take the mean away first": (
                lambda rows, mean, parts: rows @ parts.T @ parts + mean
            ),
            "you left the mean out altogether": lambda rows, mean, parts: rows @ parts.T @ parts,
            "that is the code; multiply by the components to come back": (
                lambda rows, mean, parts: (rows - mean) @ parts.T
            ),
        },
    ),
    "05.1": Exercise(
        right=0.5**8,
        wrong={
            "that is the share in one direction; there are eight": 0.5,
            "the shares multiply, they don't add": 4.0,
            "the shares multiply; you divided by the number of directions": 0.5 / 8,
        },
    ),
    "05.2": _Sampler(
        inputs=_codes,
        tolerance=0.08,
        right=lambda codes, count, rng: rng.multivariate_normal(
            codes.mean(axis=0), np.cov(codes.T), count
        ),
        wrong={
            "its mean is zero; add the mean of the codes": (
                lambda codes, count, rng: rng.multivariate_normal(
                    np.zeros(2), np.cov(codes.T), count
                )
            ),
            "each number by itself is right, but they belong together; use the covariance": (
                lambda codes, count, rng: rng.normal(
                    codes.mean(axis=0), codes.std(axis=0), (count, 2)
                )
            ),
            "you used the variance where the stddev belongs": (
                lambda codes, count, rng: rng.normal(
                    codes.mean(axis=0), codes.var(axis=0), (count, 2)
                )
            ),
            "that is the plain Gaussian: mean zero, stddev one": (
                lambda codes, count, rng: rng.normal(size=(count, 2))
            ),
        },
    ),
}
