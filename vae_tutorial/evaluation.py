"""Measuring on held-out images: errors and baselines, a classifier, sharpness, tighter bounds.

Rate and distortion are what ``VAE.evaluate`` returns: ``kl_divergence``, ``reconstruction_loss``.
"""

import keras
import numpy as np
import tensorflow as tf
from scipy.special import logsumexp
from sklearn.decomposition import PCA

from vae_tutorial import _validation, latent
from vae_tutorial.data import as_floats
from vae_tutorial.losses import reconstruction_loss, squared_error
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


def sharpness(images):
    """How hard the edges are: the variance of each image's Laplacian, (n, h, w, c) -> (n,).

    Four times a pixel minus its neighbors (Pech-Pacheco et al. 2000). Introduced in notebook 12.
    """
    x = as_floats(images)
    around = x[:, 2:, 1:-1] + x[:, :-2, 1:-1] + x[:, 1:-1, 2:] + x[:, 1:-1, :-2]
    return (4 * x[:, 1:-1, 1:-1] - around).var(axis=(1, 2, 3))


def gray_share(images):
    """Of each image's ink, pixels above 0.1, how much is gray, up to 0.9: (n, h, w, c) -> (n,)."""
    x = as_floats(images)
    gray, ink = (x > 0.1) & (x <= 0.9), x > 0.1
    return gray.sum(axis=(1, 2, 3)) / np.maximum(ink.sum(axis=(1, 2, 3)), 1)


def log_weights(vae, images, k, *, seed=0):
    """How well codes drawn for an image explain it: ln p(x, z) - ln q(z|x) of each code.

    Args:
        vae: a ``VAE``.
        images: uint8 (n, h, w) or (n, h, w, c), or float in [0, 1].
        k: how many codes are drawn from each image's Gaussian.
        seed: decides which.

    Returns:
        float32 array (n, k), in nats; the mean of a row is an estimate of the image's ELBO.

    Burda et al. 2016, arXiv 1509.00519, equation 8. Introduced in notebook 11.
    """
    few = min(_validation.whole_number("k", k, maximum=10**6), 50)

    @tf.function(reduce_retracing=True)
    def weights(x, seed):
        n = tf.shape(x)[0]
        z_mean, z_log_var = vae.encode(x)  # (n, latents)
        epsilon = tf.random.stateless_normal((few, n, vae.latent_dim), seed)
        z = latent.reparameterize(z_mean, z_log_var, epsilon)  # (few, n, latents)
        x_logits = vae.decoder(tf.reshape(z, (-1, vae.latent_dim)))
        log_p = -reconstruction_loss(tf.tile(x, (few, 1, 1, 1)), x_logits, vae.noise_log_var)
        log_ratio = 0.5 * (tf.square(epsilon) + z_log_var - tf.square(z))  # ln p(z) - ln q(z|x)
        return tf.transpose(tf.reshape(log_p, (few, n)) + tf.reduce_sum(log_ratio, axis=2))

    rows = []
    for i in range(0, len(images), 100):  # a part at a time, to bound the memory
        x = tf.constant(as_floats(images[i : i + 100]))
        seeds = tf.constant([[seed, i * k + j] for j in range(0, k, few)], tf.int64)
        parts = [weights(x, each).numpy() for each in seeds]
        rows.append(np.concatenate(parts, axis=1)[:, :k])
    return np.concatenate(rows)


def importance_weighted_bound(log_weights):
    """A lower bound of ln p(x) that rises with the number of codes: (n, k) -> (n,), in nats.

    The logarithm of the mean weight; with one code it is the ELBO's estimate. In expectation it
    never falls with k, and ends at ln p(x). Burda et al. 2016, theorem 1; notebook 11.
    """
    return logsumexp(log_weights, axis=1) - np.log(np.shape(log_weights)[1])


def effective_sample_size(log_weights):
    """How many of the k codes do the work, from 1 to k: (n, k) -> (n,). Kong 1992."""
    return np.exp(2 * logsumexp(log_weights, axis=1) - logsumexp(2 * log_weights, axis=1))


def frechet_distance(features, others):
    """Distance between two sets of feature vectors, (n, d) and (m, d), each seen as a Gaussian.

    |difference of the means|² + trace(A + B - 2 (A B)^½), A and B the covariances. Few images make
    it too large: give as many each time. Heusel et al. 2017, arXiv 1706.08500; notebook 11.
    """
    a, b = np.asarray(features, float), np.asarray(others, float)
    cov_a, cov_b = np.atleast_2d(np.cov(a.T)), np.atleast_2d(np.cov(b.T))
    values, vectors = np.linalg.eigh(cov_a)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    both = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ cov_b @ root), 0)).sum()
    gap = np.square(a.mean(axis=0) - b.mean(axis=0)).sum()
    return float(gap + np.trace(cov_a) + np.trace(cov_b) - 2 * both)
