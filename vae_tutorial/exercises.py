"""The exercises of the notebooks, each with its right answer and the wrong ones it knows."""

import numpy as np

from vae_tutorial import exercises_vae
from vae_tutorial.judging import Exercise


def _pictures():
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
        right=4 * 4 * 32 * 16 + 16,
        wrong={
            "you forgot the biases: one for each outgoing channel": 4 * 4 * 32 * 16,
            "each stamp reads all 32 incoming channels, not one": 4 * 4 * 16 + 16,
            "the stamp is 4 by 4; 2 is the step from one stamp to the next": 2 * 2 * 32 * 16 + 16,
            "there is one bias for each outgoing channel, not for each incoming one": (
                4 * 4 * 32 * 16 + 32
            ),
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
        right=4.0,
        wrong={
            "that is a quarter, which holds for two pictures; here are three": 3.0,
            "that is the error if the network gives one of the other pictures": 12.0,
            "that is half the error between two of them; their mean lies closer": 6.0,
            "one slot gives one picture; it can't be all three": 0.0,
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
        right=46,
        wrong={
            "digits come whole; round up": 45.73,
            "rounded down: with 45 digits codes and decoder are still more numbers": 45,
            "you left the codes out: each digit costs another 16 numbers": 44.8,
            "that is how much shorter one code is; the decoder comes on top": 49,
            "the saving for each digit is 784 - 16, not 16": 2196,
        },
        tolerance=0.004,
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
    "05.2": Exercise(
        inputs=_two_clouds,
        right=lambda drawn, codes: _distances(drawn, codes).min(axis=1),
        wrong={
            "that is the squared distance; take the root": (
                lambda drawn, codes: _distances(drawn, codes).min(axis=1) ** 2
            ),
            "that is the distance to the farthest code": (
                lambda drawn, codes: _distances(drawn, codes).max(axis=1)
            ),
            "that is the mean distance to all codes; take the smallest": (
                lambda drawn, codes: _distances(drawn, codes).mean(axis=1)
            ),
            "that is the number of the nearest code, not the distance to it": (
                lambda drawn, codes: _distances(drawn, codes).argmin(axis=1)
            ),
            "you took the smallest over the drawn codes; keep one number for each of them": (
                lambda drawn, codes: _distances(drawn, codes).min(axis=0)
            ),
        },
    ),
} | exercises_vae.EXERCISES
