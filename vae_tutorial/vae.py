"""The variational autoencoder: what this series exists for."""

import math
import numbers

import numpy as np

from vae_tutorial import arguments
from vae_tutorial.base import EncodingModel
from vae_tutorial.data import as_floats
from vae_tutorial.losses import (
    LARGEST_LOG_VAR,
    alike,
    bounded_gaussian,
    kl_divergence,
    reconstruction_loss,
)
from vae_tutorial.networks import build_dense_decoder, build_encoder, checked_units
from vae_tutorial.runtime import keras, tf


@keras.saving.register_keras_serializable(package="vae_tutorial")
class VAE(EncodingModel):
    """The variational autoencoder: the encoder gives each picture a Gaussian instead of a point.

    Args:
        latent_dim: length of a code.
        image_shape: (height, width, channels) of the pictures.
        units: widths of the encoder's hidden layers.
        decoder_units: widths of the decoder's hidden layers.
        beta: multiplies the KL divergence, and nothing else; 0 or more.
        noise_stddev: None for Bernoulli pixels; for Gaussian pixels the stddev of their noise, a
            number above 0, or "learned".
        mean: float (height, width, channels) in [0, 1], the picture that the untrained decoder
            shows; the mean training image saves the first hundred steps.
        seed: decides the initial weights and, with the step, the noise.

    ``fit(pictures)``. Kingma and Welling 2014, arXiv 1312.6114; ``beta``: Higgins et al. 2017.
    """

    def __init__(
        self,
        latent_dim=20,
        image_shape=(28, 28, 1),
        *,
        units=(256,),
        decoder_units=(256, 256),
        beta=1.0,
        noise_stddev=None,
        mean=None,
        seed=0,
        name=None,
    ):
        beta = arguments.positive_number("beta", beta, or_zero=True, maximum=10**6)
        log_var = _noise_log_var(noise_stddev)
        latent_dim = arguments.whole_number("latent_dim", latent_dim)
        seed = arguments.seed(seed)
        units = checked_units("units", units)
        decoder_units = checked_units("decoder_units", decoder_units)
        shape = {"image_shape": image_shape}
        decoder = build_dense_decoder(
            latent_dim, **shape, units=decoder_units, seed=seed, mean=mean
        )
        encoder = build_encoder(2 * latent_dim, **shape, units=units, activation="gelu", seed=seed)
        settings = dict(latent_dim=latent_dim, **shape, units=units, decoder_units=decoder_units)
        settings |= dict(beta=beta, noise_stddev=noise_stddev, seed=seed)
        super().__init__(encoder, decoder, settings, name)
        self.beta, self._seed = beta, seed
        self.noise_log_var = log_var
        if noise_stddev == "learned":
            self.noise_log_var = self.add_weight(name="noise_log_var", initializer="zeros")
        self._parts = [keras.metrics.Mean(name=n) for n in ("reconstruction_loss", "kl_divergence")]
        self.build((None, *self.image_shape))

    def posterior(self, x):
        """Float32 (n, *image_shape) to z_mean and z_log_var, tensors (n, latent_dim)."""
        if isinstance(x, np.ndarray):
            x = as_floats(self.checked_inputs(x))
        return tf.split(self.encoder(x), 2, axis=1)

    def draw(self, z_mean, z_log_var, epsilon):
        """Reparameterised samples, tensor (n, latent_dim): epsilon times stddev plus mean."""
        z_mean, epsilon = alike("z_mean", z_mean, "epsilon", epsilon, 2)
        alike("z_log_var", z_log_var, "epsilon", epsilon, 2)
        z_mean, z_log_var = bounded_gaussian(z_mean, z_log_var)
        return epsilon * tf.exp(0.5 * z_log_var) + z_mean

    def loss_parts(self, x, epsilon):
        """Reconstruction loss and KL divergence of each picture, in nats: two tensors (n,).

        Args:
            x: float32 (n, *image_shape) in [0, 1].
            epsilon: float32 (n, latent_dim), standard normal numbers.
        """
        z_mean, z_log_var = self.posterior(x)
        x_logits = self.decoder(self.draw(z_mean, z_log_var, epsilon))
        kl = kl_divergence(z_mean, z_log_var)
        return reconstruction_loss(x, x_logits, self.noise_log_var), kl

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """Mean over the batch of reconstruction loss + beta * KL divergence, nats per image."""
        arguments.no_weights(sample_weight)
        parts = self.loss_parts(x, self._epsilon(x, training))
        for tracker, part in zip(self._parts, parts, strict=True):
            tracker.update_state(part)
        return tf.reduce_mean(parts[0] + self.beta * parts[1])

    def _epsilon(self, x, training):
        # Noise is a function of seed and step; where nothing is trained, of the pictures.
        # So no hidden state has to be saved with a run for it to go on as it would have.
        if training:
            key = self.optimizer.iterations
        else:
            key = -1 - tf.reduce_sum(tf.cast(tf.round(255.0 * x), tf.int64))
        seed = tf.stack([tf.constant(self._seed, tf.int64), tf.cast(key, tf.int64)])
        return tf.random.stateless_normal((tf.shape(x)[0], self.latent_dim), seed)

    def call(self, x):
        """Logits of the reconstructions from the means, float32 (n, *image_shape)."""
        return self.decoder(self.posterior(x)[0])

    def encode(self, x, batch_size=500):
        """The Gaussians of pictures: two float32 arrays (n, latent_dim), z_mean and z_log_var."""
        return tuple(np.split(self.encoded(x, batch_size), 2, axis=1))

    def reconstruct(self, x):
        """Pictures decoded from their means: float32 array (n, *image_shape) in [0, 1]."""
        return self.decode(self.encode(x)[0])

    def sample(self, count, seed=0):
        """New pictures, decoded from draws of the prior: float32 (count, *image_shape)."""
        count = arguments.whole_number("count", count, maximum=10**6)
        rng = np.random.default_rng(arguments.seed(seed))
        return self.decode(rng.normal(size=(count, self.latent_dim)))


@keras.saving.register_keras_serializable(package="vae_tutorial")
class NoiselessVAE(VAE):
    """A VAE whose codes are the means: with ``beta=0`` an autoencoder to compare with."""

    def draw(self, z_mean, z_log_var, epsilon):
        """The means, whatever the noise."""
        return bounded_gaussian(z_mean, z_log_var)[0]


def _noise_log_var(noise_stddev):
    if noise_stddev is None or (isinstance(noise_stddev, str) and noise_stddev == "learned"):
        return None
    if not isinstance(noise_stddev, numbers.Real) or isinstance(noise_stddev, bool):
        way_out = 'write a number, "learned", or None for Bernoulli pixels'
        arguments.refuse(TypeError, "noise_stddev", "be a number", noise_stddev, way_out)
    log_var = 2 * math.log(arguments.positive_number("noise_stddev", noise_stddev))
    if abs(log_var) > LARGEST_LOG_VAR:
        expected = (
            f"lie in {math.exp(-LARGEST_LOG_VAR / 2):.2g} to {math.exp(LARGEST_LOG_VAR / 2):,.0f}"
        )
        way_out = "images in [0, 1] want a number near 0.1"
        arguments.refuse(ValueError, "noise_stddev", expected, noise_stddev, way_out)
    return log_var
