"""What one does with codes: sample them, walk between them, search for one, count the useful ones.

Codes are arrays (n, k) of n images and k latents; ``reparameterize`` and ``to_gaussian`` take and
return tensors too, since models are built from them.
"""

import keras
import numpy as np
import tensorflow as tf
from sklearn.neighbors import NearestNeighbors

from vae_tutorial import _validation
from vae_tutorial.data import as_floats
from vae_tutorial.losses import kl_per_latent, squared_error

MAX_LOG_VAR = 20.0  # stddevs from 0.000045 to 22,000


def to_gaussian(outputs):
    """An encoder's outputs (n, 2k) as the Gaussians they stand for: z_mean, z_log_var (n, k)."""
    z_mean, z_log_var = tf.split(outputs, 2, axis=1)
    # The one place where log-variances are bounded, because exp overflows beyond 88. The gradient
    # passes as if there were no bound, so that what once strays can come back.
    within = tf.clip_by_value(z_log_var, -MAX_LOG_VAR, MAX_LOG_VAR)
    return z_mean, tf.stop_gradient(within) + (z_log_var - tf.stop_gradient(z_log_var))


def reparameterize(z_mean, z_log_var, epsilon):
    """Samples of Gaussians: epsilon times the stddev plus the mean, all of them (n, k).

    Kingma & Welling 2014, section 2.4. Introduced in notebook 06.
    """
    return epsilon * tf.exp(0.5 * z_log_var) + z_mean


def lerp(a, b, share):
    """The code ``share`` of the way from ``a`` to ``b``, both (n, k), on a straight line."""
    return (1 - share) * a + share * b


def slerp(a, b, share):
    """As ``lerp``, on the arc between them (Shoemake 1985): its length is that of the ends.

    Introduced in notebook 10.
    """
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    angle = np.arccos(np.clip((a * b).sum(axis=1) / lengths, -1, 1))[:, np.newaxis]  # (n, 1)
    return (np.sin((1 - share) * angle) * a + np.sin(share * angle) * b) / np.sin(angle)


def find_code(model, image, *, steps=300, learning_rate=0.1, start=None):
    """Search for the code of an image by gradient descent; the decoder stays as it is.

    Args:
        model: a model with ``decoder`` and ``latent_dim``.
        image: uint8 (h, w) or (h, w, c), or float in [0, 1].
        steps: how many steps of Adam.
        learning_rate: their size.
        start: float (latent_dim,) to begin from; zeros by default.

    Returns:
        (code, error): float32 (latent_dim,), and the squared error of what is decoded from it.

    Introduced in notebook 03.
    """
    x = np.asarray(image)[np.newaxis]
    start = np.asarray(np.zeros(model.latent_dim) if start is None else start)[np.newaxis]
    z = find_codes(model, x, start, at=[steps], learning_rate=learning_rate)[steps]
    return z[0], float(squared_error(as_floats(x), model.decode(z))[0])


def find_codes(model, images, start, *, at=(300,), learning_rate=0.1):
    """As ``find_code``, for many images at once: {step: float32 codes (n, latent_dim)}.

    Args:
        model: as there.
        images: uint8 (n, h, w) or (n, h, w, c), or float in [0, 1].
        start: float (n, latent_dim), where each search begins.
        at: the steps after which the codes are kept; the last one ends the search.
        learning_rate: as there.

    Introduced in notebook 12.
    """
    x = tf.constant(as_floats(_validation.images("images", images, model.image_shape)))
    z = tf.Variable(_validation.codes("start", start, model.latent_dim))  # (n, k)
    optimizer = keras.optimizers.Adam(learning_rate)
    optimizer.build([z])

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            error = tf.reduce_sum(squared_error(x, tf.sigmoid(model.decoder(z))))
        optimizer.apply_gradients([(tape.gradient(error, z), z)])

    found = {}
    for count in range(max(at) + 1):
        if count > 0:
            step()
        if count in at:
            found[count] = z.numpy()
    return found


def nearest_distances(samples, codes):
    """Euclidean distance from each sample (n, k) to the nearest of the codes (m, k): (n,)."""
    return NearestNeighbors(n_neighbors=1).fit(codes).kneighbors(samples)[0][:, 0]


def active_units(z_mean, threshold=0.01):
    """Which latents the encoder uses: those whose mean varies from image to image.

    Args:
        z_mean: float (n, k), the means of many images.
        threshold: the smallest variance over the images that counts, of a prior's 1.

    Returns:
        bool array (k,). Burda et al. 2016 (arXiv 1509.00519), section 5.2.
    """
    return np.var(z_mean, axis=0, dtype=float) > threshold


def latent_channels(z_mean, z_log_var):
    """Each latent seen as a noisy line: what it sends, through what noise, at what price.

    Args:
        z_mean: float (n, k), what is sent for each image.
        z_log_var: float (n, k), logarithm of the noise's variance.

    Returns:
        {name: float array (k,)}: ``signal``, the stddev of the means over the images; ``stddev``,
        the root mean square stddev of the noise; ``bits``, the mean KL divergence, an upper bound
        of the information that the latent carries. Introduced in notebook 07.
    """
    z_mean, z_log_var = np.asarray(z_mean, float), np.asarray(z_log_var, float)
    return {
        "signal": z_mean.std(axis=0),
        "stddev": np.sqrt(np.exp(z_log_var).mean(axis=0)),
        "bits": kl_per_latent(z_mean, z_log_var).numpy().mean(axis=0) / np.log(2),
    }
