"""What ``pca_errors`` costs beside scikit-learn's PCA alone; limit: twice as much.

``python -m benchmarks.pca``; both on 200 random images of 40x40x3, in turns, and the first also on
MNIST.
"""

import sys
import time

import numpy as np
from sklearn.decomposition import PCA

from benchmarks.peers import mnist
from vae_tutorial.evaluation import pca_errors

LIMIT, ROUNDS = 2, 5
SIZES = (2, 8, 32)


def seconds(function, *arguments):
    """Seconds that one call takes."""
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


def scikit_learn(x_train, x_test):
    """The components, and the codes of the test images, with nothing around them."""
    train_rows, test_rows = (x.reshape(len(x), -1) for x in (x_train, x_test))
    PCA(max(SIZES), svd_solver="full").fit(train_rows).transform(test_rows)


def main():
    """Print the times; 1 if the limit is not kept."""
    x = np.random.default_rng(0).random((250, 40, 40, 3), np.float32)
    pairs = [
        (seconds(pca_errors, x[:200], x[200:], SIZES), seconds(scikit_learn, x[:200], x[200:]))
        for _ in range(ROUNDS)
    ]
    ours, alone = np.min(pairs, axis=0)
    print(f"200 images of 40x40x3: {ours:.3f} s, scikit-learn alone {alone:.3f} s")
    print(f"ratio {ours / alone:.2f} (limit {LIMIT})")
    images = mnist()
    print(f"MNIST: {seconds(pca_errors, images.x_train, images.x_test, SIZES):.2f} s")
    return int(ours > LIMIT * alone)


if __name__ == "__main__":
    sys.exit(main())
