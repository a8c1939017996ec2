"""The losses of the series, each defined once.

Everything is in **nats per image**: summed over pixels and over latents, and only then averaged
over a batch. ``beta`` multiplies the KL divergence alone, so ``loss == -elbo`` exactly when
``beta == 1``. Shapes: ``x`` and ``x_logits`` are float (n, h, w, c), ``z_mean`` and ``z_log_var``
float (n, k); a loss is (n,), one number an image.
"""

import math

import tensorflow as tf


def squared_error(x, reconstruction):
    """Squared error of each image, summed over its pixels: the loss of notebooks 01 to 05.

    Both are images in [0, 1], not logits. Up to a factor and a constant it is the negative
    log-likelihood, in nats, of pixels with Gaussian noise. Introduced in notebook 00.
    """
    return tf.reduce_sum(tf.square(x - reconstruction), axis=(1, 2, 3))  # (n,)


def reconstruction_loss(x, x_logits, noise_log_var=None):
    """Negative log-likelihood of each image under the decoder's output, in nats: (n,).

    Args:
        x: images in [0, 1].
        x_logits: the decoder's output; ``sigmoid(x_logits)`` is the mean of each pixel.
        noise_log_var: None for Bernoulli pixels (cross-entropy, which on gray pixels is a loss but
            no likelihood); for Gaussian pixels the log-variance of their noise, a number.

    Kingma & Welling 2014 (arXiv 1312.6114), appendix C. Introduced in notebook 06.
    """
    if noise_log_var is None:
        nats = tf.nn.sigmoid_cross_entropy_with_logits(labels=x, logits=x_logits)
        return tf.reduce_sum(nats, axis=(1, 2, 3))
    pixels = math.prod(x.shape[1:])
    constant = 0.5 * pixels * (math.log(2 * math.pi) + noise_log_var)
    return 0.5 * tf.exp(-noise_log_var) * squared_error(x, tf.sigmoid(x_logits)) + constant


def kl_per_latent(z_mean, z_log_var):
    """KL(q(z|x) || N(0, 1)) of each latent of each image, in nats: (n, k), never negative."""
    # expm1(l) - l, not exp(l) - 1 - l, which near a stddev of one rounds to less than zero.
    return 0.5 * (tf.square(z_mean) + (tf.math.expm1(z_log_var) - z_log_var))


def kl_divergence(z_mean, z_log_var):
    """KL(q(z|x) || N(0, I)) of each image, in nats: (n, k), (n, k) -> (n,).

    Kingma & Welling 2014, appendix B. Introduced in notebook 06.
    """
    return tf.reduce_sum(kl_per_latent(z_mean, z_log_var), axis=1)
