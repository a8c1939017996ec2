"""Models with an opponent: a discriminator, which tells real images from made ones.

``GAN`` is a decoder and its opponent; ``VAEGAN`` is a VAE with one. All players take their steps at
once, each down the gradient of its own loss. One optimizer does for all of them, because Adam looks
at each weight by itself; with ``use_ema=True`` it also averages the weights over the last steps,
and ``fit`` ends with the averages in place (Yazici et al. 2019, arXiv 1806.04498). The same seed
gives the same weights only with ``jit_compile=True``.
"""

import warnings

import keras
import tensorflow as tf

from vae_tutorial import _validation
from vae_tutorial._pixels import ImageModel
from vae_tutorial.losses import kl_divergence, reconstruction_loss
from vae_tutorial.models import VAE
from vae_tutorial.networks import build_dense_decoder, build_discriminator

# Options of Adam: little momentum (Radford et al. 2016, arXiv 1511.06434), averaged weights.
STEADY = {"beta_1": 0.5, "beta_2": 0.99, "use_ema": True, "ema_momentum": 0.998}
SURE = 0.995  # accuracy from which on a decoder learns little of use from a discriminator
FEATURE_WEIGHT = 100.0  # of the logarithm in ``feature_loss``: as if there were so many features


def discriminator_loss(real, made):
    """Cross-entropy of telling real images from made ones: logits (n,), (m,) -> nats, a number.

    2 ln 2 = 1.39 for a discriminator that only guesses. Goodfellow et al. 2014, arXiv 1406.2661.
    Introduced in notebook 12.
    """
    return tf.reduce_mean(tf.nn.softplus(-real)) + tf.reduce_mean(tf.nn.softplus(made))


def generator_loss(made):
    """-ln of the probability that made images are taken for real: logits (m,) -> nats, a number.

    The non-saturating loss of Goodfellow et al. 2014, section 3. Introduced in notebook 12.
    """
    return tf.reduce_mean(tf.nn.softplus(-made))


def gradient_penalty(discriminator, x):
    """R1: the squared slope of the discriminator at real images, (n, h, w, c) -> a number.

    Mescheder et al. 2018, arXiv 1801.04406, equation 9. Introduced in notebook 12.
    """
    with tf.GradientTape() as tape:
        tape.watch(x)
        logits = discriminator(x)  # (n, 1)
    slope = tape.gradient(logits, x)  # (n, h, w, c)
    return tf.reduce_mean(tf.reduce_sum(tf.square(slope), axis=(1, 2, 3)))


def feature_loss(features, others):
    """Distance of two batches of features, each (n, d): a number, in nats up to a constant.

    Gaussian noise on the features whose variance is the best one for this batch, as in notebook
    09. After Larsen et al. 2016, arXiv 1512.09300, who fix it at 1. Introduced in notebook 13.
    """
    error = tf.reduce_mean(tf.square(features - others))
    return 0.5 * FEATURE_WEIGHT * tf.math.log(error)


class _Adversarial:
    """A model of several players, each of which has a network and a loss of its own.

    Subclasses define ``player_losses``: from images (n, h, w, c) to {network's name: its loss}.
    """

    def add_discriminator(self, image_shape, units, r1):
        """To be called first, since Keras takes no more layers once a model is built."""
        self.r1 = _validation.positive_number("r1", r1, or_zero=True)
        self.discriminator = build_discriminator(image_shape, units=units)
        self.accuracy = keras.metrics.Mean(name="discriminator_accuracy")
        players = ("discriminator", "encoder", "decoder")
        self.means = {player: keras.metrics.Mean(name=f"{player}_loss") for player in players}

    def opponent_loss(self, x, made):
        """The discriminator's loss, with its penalty: images (n, h, w, c), logits (m, 1)."""
        real = self.discriminator(x)  # (n, 1)
        for right in (real > 0, made < 0):  # a half each, however many images were made
            self.accuracy.update_state(tf.reduce_mean(tf.cast(right, tf.float32)))
        loss = discriminator_loss(real, made)
        if self.r1:
            loss += 0.5 * self.r1 * gradient_penalty(self.discriminator, x)
        return loss

    def train_step(self, data):
        """One step of all players, each down the gradient of its own loss."""
        x = self.images_alone(data)
        with tf.GradientTape(persistent=True) as tape:
            losses = self.player_losses(x)
        gradients = {}
        for player, loss in losses.items():
            weights = getattr(self, player).trainable_variables
            gradients |= zip(map(id, weights), tape.gradient(loss, weights), strict=True)
        weights = self.trainable_variables
        self.optimizer.apply([gradients[id(weight)] for weight in weights], weights)
        return self.logs(losses)

    def images_alone(self, data):
        """What ``fit`` was given, float32 (n, h, w, c): images, and nothing beside them."""
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        self.raise_if_loss_given()
        for name, value in (("y", y), ("sample_weight", sample_weight)):
            if value is not None:
                raise _validation.error(name, "be left out", f"{value.dtype}", "call fit(images)")
        return self.pixels(x)

    def logs(self, losses):
        """The means of the players' losses over the epoch, and how often the opponent is right."""
        for player, loss in losses.items():
            self.means[player].update_state(loss)
        shown = [self.means[player] for player in losses] + [self.accuracy]
        return {mean.name: mean.result() for mean in shown}

    def fit(self, *args, **kwargs):
        """Keras's own ``fit``; warns if the discriminator ends up too sure to teach anything."""
        history = super().fit(*args, **kwargs)
        accuracy = history.history.get("discriminator_accuracy", [0])[-1]
        if accuracy > SURE:
            warnings.warn(
                f"the discriminator is right about {accuracy:.1%} of the images, so the decoder "
                "learns little of use from it: use r1=1.0 or more, or a lower learning rate.",
                stacklevel=2,
            )
        return history


@keras.saving.register_keras_serializable(package="vae_tutorial")
class GAN(_Adversarial, ImageModel):
    """A generative adversarial network: a decoder that learns from its opponent alone.

    Args:
        latent_dim: length of the noise that an image is made from.
        image_shape: (height, width, channels) of the images.
        units: widths of the decoder's hidden layers.
        discriminator_units: widths of the discriminator's hidden layers.
        r1: weight of the gradient penalty; 0 for none.
        initial_image: as for ``VAE``.

    ``fit(images)``; ``decoder`` is what others call the generator. Goodfellow et al. 2014, arXiv
    1406.2661. Introduced in notebook 12.
    """

    reads_codes = ("predict",)

    def __init__(
        self,
        latent_dim=20,
        image_shape=(28, 28, 1),
        *,
        units=(256, 256),
        discriminator_units=(256, 256),
        r1=1.0,
        initial_image=None,
        **kwargs,
    ):
        self.add_discriminator(image_shape, discriminator_units, r1)
        settings = dict(latent_dim=latent_dim, image_shape=image_shape, units=units)
        decoder = build_dense_decoder(**settings, initial_image=initial_image)
        settings |= dict(discriminator_units=discriminator_units, r1=r1)
        super().__init__(decoder, settings, **kwargs)
        self.noise = keras.random.SeedGenerator()
        self.build((None, latent_dim))

    def call(self, z):
        """Logits of the images: (n, latent_dim) -> (n, h, w, c)."""
        return self.decoder(z)

    def player_losses(self, x, training=True):
        """What each of the two players wants to make small."""
        z = self.standard_normal(x, training)
        made = self.discriminator(tf.sigmoid(self.decoder(z)))  # (n, 1)
        return {"discriminator": self.opponent_loss(x, made), "decoder": generator_loss(made)}

    def test_step(self, data):
        """The same losses on held-out images."""
        return self.logs(self.player_losses(self.images_alone(data), training=False))

    sample = VAE.sample  # which decodes from the same prior


@keras.saving.register_keras_serializable(package="vae_tutorial")
class VAEGAN(_Adversarial, VAE):
    """A VAE whose copies are compared by what a discriminator notices, and not by pixels.

    Args:
        metric: "features", the discriminator's last hidden layer, or "pixels", as in a ``VAE``.
        adversary: how much the decoder wants to pass for real; 0 for not at all.
        discriminator_units, r1: as for ``GAN``.
        kwargs: as for ``VAE``.

    ``fit(images)``; ``evaluate`` gives the losses of a VAE. Larsen et al. 2016, arXiv 1512.09300.
    Introduced in notebook 13.
    """

    def __init__(
        self,
        latent_dim=20,
        image_shape=(28, 28, 1),
        *,
        metric="features",
        adversary=200.0,
        discriminator_units=(256, 256),
        r1=1.0,
        **kwargs,
    ):
        self.add_discriminator(image_shape, discriminator_units, r1)
        hidden = self.discriminator.layers[-2].output
        self.features = keras.Model(self.discriminator.inputs, hidden, name="features")
        self.metric = _validation.choice("metric", metric, ("features", "pixels"))
        self.adversary = _validation.positive_number("adversary", adversary, or_zero=True)
        super().__init__(latent_dim, image_shape, **kwargs)
        self._settings |= dict(metric=metric, adversary=adversary)
        self._settings |= dict(discriminator_units=discriminator_units, r1=r1)

    def player_losses(self, x):
        """What each of the three players wants to make small."""
        epsilon, z = self.standard_normal(x), self.standard_normal(x)
        z_mean, z_log_var = self.encode(x)  # (n, k), (n, k)
        x_logits = self.decoder(self.reparameterize(z_mean, z_log_var, epsilon))  # (n, h, w, c)
        copy = tf.sigmoid(x_logits)
        sample = tf.sigmoid(self.decoder(z))
        made = self.discriminator(tf.concat([copy, sample], axis=0))  # (2n, 1)
        if self.metric == "features":
            distance = feature_loss(self.features(x), self.features(copy))
        else:
            distance = tf.reduce_mean(reconstruction_loss(x, x_logits, self.noise_log_var))
        return {
            "discriminator": self.opponent_loss(x, made),
            "encoder": distance + self.beta * tf.reduce_mean(kl_divergence(z_mean, z_log_var)),
            "decoder": distance + self.adversary * generator_loss(made),
        }

    def test_step(self, data):
        """The losses of a VAE, which can be compared from model to model."""
        logs = super().test_step(data)
        return {name: logs[name] for name in ("loss", *(part.name for part in self.parts))}
