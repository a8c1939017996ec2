"""The series' one definition of each loss.

Everything is in **nats per image**: summed over pixels and over latents, and only then averaged
over the images of a batch. ``beta`` multiplies the KL divergence alone, so that the loss is
``-elbo`` exactly when ``beta == 1``.

Any finite input gives a finite value and a finite gradient: what lies beyond the bounds below is
taken at the bound, and its gradient still points back inside.
"""

import math

import numpy as np

from vae_tutorial import arguments, arrays
from vae_tutorial.runtime import tf

LARGEST_LOGIT = 1e6  # a wrong pixel then costs a million nats
LARGEST_MEAN = 1e6
LARGEST_LOG_VAR = 20.0  # stddevs from 0.000045 to 22,000


def squared_error(x, reconstruction):
    """Squared error of each image, summed over its pixels and channels.

    Args:
        x: pictures, float (n, height, width, channels) in [0, 1].
        reconstruction: pictures of the same shape (pictures, not logits).

    Returns:
        float32 tensor (n,); its mean is the loss of notebooks 01 to 05. Up to a factor and a
        constant it is the negative log-likelihood, in nats, of pixels with Gaussian noise.

    Raises:
        ValueError: if the shapes differ (TensorFlow would broadcast them without a word).
    """
    x, reconstruction = alike("x", x, "reconstruction", reconstruction, 4, in_range=True)
    return tf.reduce_sum(tf.square(x - reconstruction), axis=(1, 2, 3))


def reconstruction_loss(x, x_logits, noise_log_var=None):
    """Negative log-likelihood of each image, given what the decoder says.

    Args:
        x: pictures, float (n, height, width, channels) in [0, 1].
        x_logits: the decoder's output of the same shape; ``sigmoid(x_logits)`` is the mean.
        noise_log_var: None for Bernoulli pixels (cross-entropy, which on grey pixels is a loss
            but no likelihood); a number or a scalar tensor for Gaussian pixels whose noise has
            this log-variance, fixed or learned.

    Returns:
        float32 tensor (n,), nats, summed over pixels. Kingma and Welling 2014 (arXiv 1312.6114),
        appendix C.

    Raises:
        ValueError: if the shapes differ, or if ``x`` doesn't lie in [0, 1] (outside of a graph).
    """
    x, x_logits = alike("x", x, "x_logits", x_logits, 4)
    if tf.executing_eagerly():
        arrays.pictures("x", x.numpy())
    x_logits = bounded(x_logits, -LARGEST_LOGIT, LARGEST_LOGIT)
    if noise_log_var is None:
        nats = tf.nn.sigmoid_cross_entropy_with_logits(labels=x, logits=x_logits)
        return tf.reduce_sum(nats, axis=(1, 2, 3))
    log_var = _tensor("noise_log_var", noise_log_var)
    if log_var.shape.rank != 0:
        found = f"an array {tuple(log_var.shape)}"
        arguments.refuse(ValueError, "noise_log_var", "be a number", found, "one serves all pixels")
    if hasattr(log_var, "numpy") and not np.isfinite(log_var):
        arguments.refuse(ValueError, "noise_log_var", "be finite", f"{log_var}", "use log(0.01)")
    log_var = bounded(log_var, -LARGEST_LOG_VAR, LARGEST_LOG_VAR)
    pixels = float(np.prod(x.shape[1:]))
    constant = 0.5 * pixels * (math.log(2 * math.pi) + log_var)
    return 0.5 * tf.exp(-log_var) * squared_error(x, tf.sigmoid(x_logits)) + constant


def kl_divergence(z_mean, z_log_var):
    """KL divergence of each image's Gaussian from the unit Gaussian: what its code costs.

    Args:
        z_mean: float (n, latent_dim).
        z_log_var: float (n, latent_dim), logarithm of the variance.

    Returns:
        float32 tensor (n,), nats, summed over latents, never negative. Kingma and Welling 2014,
        appendix B.

    Raises:
        ValueError: if the shapes differ.
    """
    z_mean, z_log_var = alike("z_mean", z_mean, "z_log_var", z_log_var, 2)
    return tf.reduce_sum(kl_per_latent(z_mean, z_log_var), axis=1)


def kl_per_latent(z_mean, z_log_var):
    """As ``kl_divergence``, before the sum: float32 tensor (n, latent_dim)."""
    z_mean, z_log_var = alike("z_mean", z_mean, "z_log_var", z_log_var)
    z_mean, z_log_var = bounded_gaussian(z_mean, z_log_var)
    # expm1(l) - l, not exp(l) - 1 - l: near a stddev of one the latter rounds below zero.
    return 0.5 * (tf.square(z_mean) + (tf.math.expm1(z_log_var) - z_log_var))


def elbo(x, x_logits, z_mean, z_log_var, noise_log_var=None):
    """Evidence lower bound of each image, from one sample of its code: float32 tensor (n,), nats.

    Arguments as in ``reconstruction_loss`` and ``kl_divergence``; Kingma and Welling 2014, eq. 7.
    """
    kl = kl_divergence(z_mean, z_log_var)
    nats = reconstruction_loss(x, x_logits, noise_log_var)
    arguments.as_many("z_mean", kl, "x", nats)
    return -(nats + kl)


def bounded(x, low, high):
    """The value within [low, high]; beyond it the gradient passes as if at the bound.

    ``tf.clip_by_value`` has no gradient out there, so that what once strays is lost for good.
    """

    @tf.custom_gradient
    def clip(x):
        return tf.clip_by_value(x, low, high), lambda gradient: gradient

    return clip(tf.convert_to_tensor(x, tf.float32))


def bounded_gaussian(z_mean, z_log_var):
    """Means and log-variances within what a loss can bear: two float32 tensors."""
    z_mean = bounded(z_mean, -LARGEST_MEAN, LARGEST_MEAN)
    return z_mean, bounded(z_log_var, -LARGEST_LOG_VAR, LARGEST_LOG_VAR)


def alike(name, a, other, b, rank=None, in_range=False):
    """Two float32 tensors of one shape and this rank; outside of a graph, finite ones.

    Raises ValueError (TensorFlow would broadcast some without a word) or TypeError, with the names.
    """
    a, b = (_tensor(*pair) for pair in ((name, a), (other, b)))
    if rank not in (None, a.shape.rank) or not a.shape.is_compatible_with(b.shape):
        kind = {2: ", (n, latent_dim)", 4: ", (n, height, width, channels)"}.get(rank, "")
        raise ValueError(
            f"{name} and {other} must have one shape{kind}; got {tuple(a.shape)} and "
            f"{tuple(b.shape)}: cut or reshape one of them."
        )
    for what, values in ((name, a), (other, b)):
        if tf.executing_eagerly() and hasattr(values, "numpy"):
            (arrays.pictures if in_range else arrays.finite)(what, values.numpy())
    return a, b


def _tensor(name, values):
    try:
        return tf.convert_to_tensor(values, tf.float32)
    except (TypeError, ValueError):
        way_out = "use floats; uint8 pictures by as_floats"
        arguments.refuse(TypeError, name, "be float", values, way_out)
