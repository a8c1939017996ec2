"""The models of the series, each grown from the one before: Memory, Autoencoder, VAE.

All three are ``keras.Model``s: ``compile``, ``fit``, ``evaluate``, ``predict``, callbacks and
``.keras`` files work as usual. Images go in as uint8 (n, h, w) or (n, h, w, c), or as floats in
[0, 1]; whatever door they come through, pixels out of range raise a ValueError.
"""

import math

import keras
import numpy as np
import tensorflow as tf

from vae_tutorial import _validation, latent
from vae_tutorial._pixels import ImageModel
from vae_tutorial.losses import kl_divergence, reconstruction_loss, squared_error
from vae_tutorial.networks import build_decoder, build_dense_decoder, build_encoder, gelu


@keras.saving.register_keras_serializable(package="vae_tutorial")
class Memory(ImageModel):
    """A decoder alone, which learns to answer each code with one image.

    Args:
        latent_dim: length of a code.
        image_shape: (height, width, channels) of the images.
        filters: see ``networks.build_decoder``.

    ``fit(codes, images)`` with codes float (n, latent_dim). Introduced in notebook 01.
    """

    reads_codes = ("train", "test", "predict")

    def __init__(self, latent_dim, image_shape=(28, 28, 1), *, filters=(32, 16), **kwargs):
        settings = dict(latent_dim=latent_dim, image_shape=image_shape, filters=filters)
        super().__init__(build_decoder(**settings), settings, **kwargs)
        self.build((None, latent_dim))

    def call(self, z):
        """Logits of the images: (n, latent_dim) -> (n, h, w, c)."""
        return self.decoder(z)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """Mean squared error per image between the images ``y`` and the decoder's answers."""
        losses = squared_error(self.target(x, y), tf.sigmoid(y_pred))  # (n,)
        return self.average(losses, sample_weight)


@keras.saving.register_keras_serializable(package="vae_tutorial")
class Autoencoder(ImageModel):
    """An encoder that finds the code of an image, and a decoder that brings the image back.

    Args:
        latent_dim: length of a code.
        image_shape: (height, width, channels) of the images.
        units: widths of the encoder's hidden layers.
        filters: see ``networks.build_decoder``.

    ``fit(images)``: the image itself is the target, unless other images are given as ``y``.
    Introduced in notebook 04.
    """

    def __init__(
        self, latent_dim, image_shape=(28, 28, 1), *, units=(256, 128), filters=(32, 16), **kwargs
    ):
        settings = dict(latent_dim=latent_dim, image_shape=image_shape)
        decoder = build_decoder(**settings, filters=filters)
        super().__init__(decoder, {**settings, "units": units, "filters": filters}, **kwargs)
        self.encoder = build_encoder(latent_dim, image_shape, units=units)
        self.build((None, *self.image_shape))

    def call(self, x):
        """Logits of the reconstructions: images -> (n, h, w, c)."""
        return self.decoder(self.encoder(self.pixels(x)))

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """Mean squared error per image."""
        losses = squared_error(self.target(x, y), tf.sigmoid(y_pred))  # (n,)
        return self.average(losses, sample_weight)

    def encode(self, x, batch_size=500):
        """Codes of an array of images: float32 array (n, latent_dim)."""
        return self.run_encoder(x, batch_size)

    def reconstruct(self, x):
        """Images after a pass through the code: float32 array (n, h, w, c) in [0, 1]."""
        return self.decode(self.encode(x))


@keras.saving.register_keras_serializable(package="vae_tutorial")
class VAE(ImageModel):
    """The variational autoencoder: the encoder gives each image a Gaussian instead of a point.

    Args:
        latent_dim: length of a code.
        image_shape: (height, width, channels) of the images.
        units: widths of the encoder's hidden layers.
        decoder_units: widths of the decoder's hidden layers.
        beta: multiplies the KL divergence, and nothing else; 0 or more.
        noise_stddev: None for Bernoulli pixels; for Gaussian pixels the stddev of their noise, a
            number above 0, or "learned".
        initial_image: (height, width, channels), what the untrained decoder shows; the mean
            training image saves the first hundred steps.

    ``fit(images)``. Kingma & Welling 2014, arXiv 1312.6114; ``beta``: Higgins et al. 2017.
    Introduced in notebook 06.
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
        initial_image=None,
        **kwargs,
    ):
        beta = _validation.positive_number("beta", beta, or_zero=True, maximum=10**6)
        _validation.noise_stddev(noise_stddev)
        settings = dict(latent_dim=latent_dim, image_shape=image_shape, units=units)
        settings["decoder_units"] = decoder_units
        encoder, decoder = self.networks(**settings, image=initial_image)
        super().__init__(decoder, settings | dict(beta=beta, noise_stddev=noise_stddev), **kwargs)
        self.encoder, self.beta, self.noise_log_var = encoder, beta, None
        if noise_stddev == "learned":
            self.noise_log_var = self.add_weight(name="noise_log_var", initializer="zeros")
        elif noise_stddev is not None:
            self.noise_log_var = 2 * math.log(noise_stddev)
        self.noise = keras.random.SeedGenerator()
        self.parts = [keras.metrics.Mean(name=n) for n in ("reconstruction_loss", "kl_divergence")]
        self.build((None, *self.image_shape))

    def networks(self, latent_dim, image_shape, units, decoder_units, image):
        """The encoder and the decoder, which shows ``image`` at first; subclasses build others."""
        dense = dict(units=decoder_units, initial_image=image)
        decoder = build_dense_decoder(latent_dim, image_shape, **dense)
        return build_encoder(2 * latent_dim, image_shape, units=units, activation=gelu), decoder

    def call(self, x):
        """Logits of the reconstructions from the means: images -> (n, h, w, c)."""
        z_mean, _ = self.encode(self.pixels(x))
        return self.decoder(z_mean)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """Mean over the batch of reconstruction loss + beta * KL divergence, nats per image."""
        given = {} if y is None else {"target": self.target(x, y)}
        x = self.pixels(x)
        epsilon = self.standard_normal(x, training)
        parts = self.loss_parts(x, epsilon, **given)  # (n,), (n,)
        for metric, part in zip(self.parts, parts, strict=True):
            metric.update_state(part)
        return self.average(parts[0] + self.beta * parts[1], sample_weight)

    def loss_parts(self, x, epsilon, target=None):
        """Reconstruction loss and KL divergence of each image, in nats: two tensors (n,).

        Args:
            x: float32 (n, h, w, c) in [0, 1].
            epsilon: float32 (n, latent_dim), standard normal numbers.
            target: the images to reconstruct; ``x`` by default.
        """
        z_mean, z_log_var = self.encode(x)  # (n, k), (n, k)
        x_logits = self.decoder(self.reparameterize(z_mean, z_log_var, epsilon))  # (n, h, w, c)
        kl = kl_divergence(z_mean, z_log_var)
        target = x if target is None else target
        return reconstruction_loss(target, x_logits, self.noise_log_var), kl

    def reparameterize(self, z_mean, z_log_var, epsilon):
        """Samples of the codes: see ``latent.reparameterize``."""
        return latent.reparameterize(z_mean, z_log_var, epsilon)

    def encode(self, x, batch_size=500):
        """The Gaussians of images, ``z_mean`` and ``z_log_var``, both (n, latent_dim).

        Arrays give arrays, batch by batch; a tensor gives tensors, through which gradients flow.
        """
        if tf.is_tensor(x):
            return latent.to_gaussian(self.encoder(self.pixels(x)))
        gaussian = latent.to_gaussian(self.run_encoder(x, batch_size))
        return tuple(numbers.numpy() for numbers in gaussian)

    def reconstruct(self, x):
        """Images decoded from their means: float32 array (n, h, w, c) in [0, 1]."""
        return self.decode(self.encode(x)[0])

    def sample(self, count, seed=0):
        """New images, decoded from samples of the prior: float32 array (count, h, w, c)."""
        return self.decode(np.random.default_rng(seed).normal(size=(count, self.latent_dim)))


@keras.saving.register_keras_serializable(package="vae_tutorial")
class NoiselessVAE(VAE):
    """A VAE whose codes are the means: with ``beta=0`` an autoencoder to compare with."""

    def reparameterize(self, z_mean, z_log_var, epsilon):
        """The means, whatever the noise."""
        return z_mean
