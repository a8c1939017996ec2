"""Measuring on held-out images: errors, the floors to hold them against, and a judge."""

import numpy as np
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors

from vae_tutorial import arguments, arrays
from vae_tutorial.data import Images, as_floats
from vae_tutorial.losses import LARGEST_LOG_VAR, kl_per_latent, squared_error
from vae_tutorial.networks import build_classifier
from vae_tutorial.runtime import keras, tf
from vae_tutorial.training import train

_CHUNK = 1000  # images turned into floats at a time


def reconstruction_errors(reconstruct, images):
    """Squared error of each image's reconstruction.

    Args:
        reconstruct: function from float32 (n, h, w, c) to pictures of that shape, such as
            ``Autoencoder.reconstruct``.
        images: uint8 (n, h, w) or (n, h, w, c), or float in [0, 1].

    Returns:
        float32 array (n,), summed over pixels.
    """
    if not callable(reconstruct):
        way_out = "pass for example autoencoder.reconstruct"
        arguments.refuse(TypeError, "reconstruct", "be a function", reconstruct, way_out)
    images = arrays.pictures("images", images)
    chunks = (as_floats(images[i : i + _CHUNK]) for i in range(0, len(images), _CHUNK))
    return np.concatenate([squared_error(x, reconstruct(x)).numpy() for x in chunks])


def mean_image(images):
    """The mean of all images: float32 (h, w, c) in [0, 1]."""
    images = arrays.pictures("images", images)
    if images.dtype != np.uint8:
        return images.mean(axis=0, dtype=float).astype(np.float32)
    # Summing whole numbers is exact, in any order.
    return (images.sum(axis=0, dtype=np.int64) / (255 * len(images))).astype(np.float32)


def pca_errors(x_train, x_test, sizes):
    """Held-out squared error per image of principal component analysis, the linear autoencoder.

    Args:
        x_train: uint8 (n, h, w), where the components come from.
        x_test: uint8 (m, h, w), where the error is measured.
        sizes: numbers of components.

    Returns:
        float array (len(sizes),).
    """
    x_train = arrays.pictures("x_train", x_train)
    x_test = arrays.pictures("x_test", x_test, x_train.shape[1:])
    most = min(len(x_train) - 1, x_train[0].size)  # of one image there is no direction
    sizes = arguments.whole_numbers("sizes", sizes, maximum=most)
    train_rows, test_rows = (as_floats(x).reshape(len(x), -1) for x in (x_train, x_test))
    # By the covariance matrix: exact, and its memory doesn't grow with the number of images.
    pca = PCA(max(sizes), svd_solver="covariance_eigh").fit(train_rows)
    centred = test_rows - pca.mean_
    total = np.square(centred).sum(axis=1).mean()
    explained = np.square(centred @ pca.components_.T).mean(axis=0).cumsum()
    return total - explained[np.array(sizes) - 1]


def train_classifier(images, *, steps=1500, seed=0):
    """A classifier to judge pictures: one hidden layer, trained on the labelled images given.

    Args:
        images: ``data.Images``; the training part is used.
        steps: batches of 100.
        seed: decides weights and order.

    Returns:
        ``keras.Model`` from float32 (n, h, w, c) to logits (n, classes).
    """
    arguments.instance("images", images, Images, "load them by load_images()")
    shape = (*images.x_train.shape[1:], 1)
    classifier = build_classifier(len(images.class_names), shape, seed=seed)
    classifier.loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    train(classifier, images.x_train, images.y_train, steps=steps, seed=seed)
    return classifier


def judge(classifier, pictures):
    """The classifier's probabilities: float32 (n, classes), rows adding up to one."""
    arguments.instance("classifier", classifier, keras.Model, "train it by train_classifier")
    pictures = arrays.pictures("pictures", pictures, classifier.input_shape[1:])
    chunks = (as_floats(pictures[i : i + _CHUNK]) for i in range(0, len(pictures), _CHUNK))
    return np.concatenate([tf.nn.softmax(classifier(x)).numpy() for x in chunks])


def nearest_distances(samples, codes):
    """Euclidean distance from each sample (n, k) to the nearest of the codes (m, k): (n,)."""
    arrays.codes("samples", samples, arrays.codes("codes", codes).shape[1])
    neighbours = NearestNeighbors(n_neighbors=1).fit(codes)
    return neighbours.kneighbors(samples)[0][:, 0]


def active_units(z_mean, threshold=0.01):
    """Which latents the encoder uses: those whose mean varies from image to image.

    Args:
        z_mean: float (n, latent_dim), the means of many images.
        threshold: the smallest variance over the images that counts, of a prior's 1.

    Returns:
        bool array (latent_dim,). Burda et al. 2016 (arXiv 1509.00519), section 5.2.
    """
    threshold = arguments.positive_number("threshold", threshold)
    return np.var(arrays.codes("z_mean", z_mean), axis=0, dtype=float) > threshold


def latent_channels(z_mean, z_log_var):
    """Each latent seen as a noisy line: what it sends, through what noise, at what price.

    Args:
        z_mean: float (n, latent_dim), what is sent for each image.
        z_log_var: float (n, latent_dim), logarithm of the noise's variance.

    Returns:
        {name: float array (latent_dim,)}: ``signal``, the stddev of the means over the images;
        ``stddev``, the root mean square stddev of the noise; ``bits``, the mean KL divergence,
        which the information that the latent carries can't exceed.
    """
    z_mean = arrays.codes("z_mean", z_mean).astype(float)
    z_log_var = arrays.codes("z_log_var", z_log_var, z_mean.shape[1])
    arguments.as_many("z_log_var", z_log_var, "z_mean", z_mean)
    z_log_var = np.clip(z_log_var, -LARGEST_LOG_VAR, LARGEST_LOG_VAR)  # as the losses take them
    return {
        "signal": z_mean.std(axis=0),
        "stddev": np.sqrt(np.exp(z_log_var.astype(float)).mean(axis=0)),
        "bits": kl_per_latent(z_mean, z_log_var).numpy().mean(axis=0, dtype=float) / np.log(2),
    }
