"""Measuring on held-out images: errors, the baselines to compare them with, and a classifier."""

import keras
import numpy as np
import tensorflow as tf
from sklearn.decomposition import PCA

from vae_tutorial import _validation
from vae_tutorial.data import as_floats
from vae_tutorial.losses import squared_error
from vae_tutorial.networks import build_classifier
from vae_tutorial.training import OneCycle, batches

CHUNK = 1000  # images turned into floats at a time


def reconstruction_errors(reconstruct, images):
    """Squared error of each image's reconstruction, summed over pixels: float32 array (n,).

    Args:
        reconstruct: function from float32 (n, h, w, c) to images of that shape, such as
            ``Autoencoder.reconstruct``.
        images: uint8 (n, h, w) or (n, h, w, c), or float in [0, 1].
    """
    chunks = (as_floats(images[i : i + CHUNK]) for i in range(0, len(images), CHUNK))
    return np.concatenate([squared_error(x, reconstruct(x)).numpy() for x in chunks])


def mean_image(images):
    """The mean of all images: float32 (h, w, c) in [0, 1]. Introduced in notebook 00."""
    images = _validation.images("images", images)
    scale = 255 if images.dtype == np.uint8 else 1
    return (images.mean(axis=0, dtype=float) / scale).astype(np.float32)


def pca_errors(x_train, x_test, sizes):
    """Held-out squared error per image of principal component analysis, the linear autoencoder.

    Args:
        x_train: images (n, h, w) or (n, h, w, c), where the components come from.
        x_test: images (m, h, w) or (m, h, w, c), where the error is measured.
        sizes: numbers of components.

    Returns:
        float array (len(sizes),). Introduced in notebook 04.
    """
    train_rows, test_rows = (as_floats(x).reshape(len(x), -1) for x in (x_train, x_test))
    most = min(len(train_rows) - 1, train_rows.shape[1])  # of one image there is no direction
    _validation.whole_numbers("sizes", sizes, maximum=most)
    # The covariance matrix is exact and cheap, unless there are more pixels than images.
    solver = "covariance_eigh" if len(train_rows) > train_rows.shape[1] else "full"
    pca = PCA(max(sizes), svd_solver=solver).fit(train_rows)
    centered = test_rows - pca.mean_
    total = np.square(centered).sum(axis=1).mean()
    explained = np.square(centered @ pca.components_.T).mean(axis=0).cumsum()
    return total - explained[np.array(sizes) - 1]


def train_classifier(images, *, steps=1500):
    """A classifier to grade images: one hidden layer, trained on the labelled images given.

    Args:
        images: ``data.Images``; the training part is used.
        steps: batches of 100.

    Returns:
        ``keras.Model`` from images to logits (n, classes). Introduced in notebook 05.
    """
    shape = (*images.x_train.shape[1:], 1)[:3]
    classifier = build_classifier(len(images.class_names), shape)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    classifier.compile(keras.optimizers.Adam(OneCycle(3e-3, steps), beta_2=0.99), loss)
    data = batches(images.x_train, images.y_train, steps=steps)
    data = data.map(lambda x, y: (tf.reshape(tf.cast(x, tf.float32) / 255, (-1, *shape)), y))
    classifier.fit(data, shuffle=False, verbose=0)
    return classifier


def class_probabilities(classifier, images):
    """A classifier's probabilities: float32 (n, classes), rows adding up to one."""
    images = _validation.images("images", images, classifier.input_shape[1:])
    chunks = (as_floats(images[i : i + CHUNK]) for i in range(0, len(images), CHUNK))
    return np.concatenate([tf.nn.softmax(classifier(x)).numpy() for x in chunks])
