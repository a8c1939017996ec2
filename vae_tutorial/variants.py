"""Two relatives of the VAE: one of convolutions, for larger images, and one that is told labels."""

import keras
import numpy as np
import tensorflow as tf

from vae_tutorial import _validation
from vae_tutorial._pixels import ImageNetwork, Pixels
from vae_tutorial.losses import kl_divergence, reconstruction_loss
from vae_tutorial.models import VAE
from vae_tutorial.networks import build_decoder, build_dense_decoder, build_encoder, gelu


@keras.saving.register_keras_serializable(package="vae_tutorial")
class ConvVAE(VAE):
    """A VAE of convolutions: far fewer weights than dense layers, for images of 28 to 128 pixels.

    Args:
        latent_dim: length of a code.
        image_shape: (height, width, channels), both divisible by 2**len(filters).
        filters: of the encoder's layers, each of which halves the image; the decoder's reversed.
        kwargs: as for ``VAE``. Photographs want Gaussian pixels, ``noise_stddev="learned"``, since
            their grays are no probabilities of black and white.

    ``fit(images)``. Introduced in notebook 14.
    """

    def __init__(self, latent_dim=32, image_shape=(64, 64, 3), *, filters=(32, 64, 128), **kwargs):
        sizes = {"units": tuple(filters), "decoder_units": tuple(filters)[::-1]}
        super().__init__(latent_dim, image_shape, **sizes, **kwargs)
        self._settings = {k: v for k, v in self._settings.items() if k not in sizes}
        self._settings["filters"] = tuple(filters)

    def networks(self, latent_dim, image_shape, units, decoder_units, image):
        """The encoder and the decoder, of convolutions."""
        decoder = build_decoder(latent_dim, image_shape, filters=decoder_units)
        if image is not None:
            p = np.clip(Pixels(image_shape)(np.asarray(image)[None]), 1e-3, 1 - 1e-3)
            decoder.weights[-1].assign(np.log(p / (1 - p)).mean(axis=(0, 1, 2)))  # its color
        x = keras.Input(image_shape, name="x")
        hidden, options = Pixels(image_shape)(x), {"strides": 2, "padding": "same"}
        options |= {"activation": "leaky_relu", "data_format": "channels_last"}
        for count in units:  # (n, h / 2, w / 2, count), and so on
            hidden = keras.layers.Conv2D(count, 4, **options)(hidden)
        flat = keras.layers.Flatten(data_format="channels_last")(hidden)
        return ImageNetwork(x, keras.layers.Dense(2 * latent_dim)(flat), name="encoder"), decoder


@keras.saving.register_keras_serializable(package="vae_tutorial")
class ConditionalVAE(VAE):
    """A VAE whose decoder is told the label, so that the code need only say how it is written.

    The encoder isn't: it sees the image, which shows the label.

    Args:
        latent_dim: length of a code.
        image_shape: (height, width, channels) of the images.
        classes: how many labels there are, from 0.
        kwargs: as for ``VAE``.

    ``fit(images, labels)``, ``evaluate(images, labels)``. With a small ``beta`` the code says, too,
    which digit it is, and argues with the label; 4 is a good start for drawings that can be read.
    Kingma et al. 2014, arXiv 1406.5298; Sohn et al. 2015. Introduced in notebook 14.
    """

    def __init__(self, latent_dim=20, image_shape=(28, 28, 1), *, classes=10, **kwargs):
        self.classes = _validation.whole_number("classes", classes, 2, _validation.MAX_SIZE)
        super().__init__(latent_dim, image_shape, **kwargs)
        self.latent_dim = latent_dim  # without the label, which stands beside the code
        self._settings["classes"] = classes

    def networks(self, latent_dim, image_shape, units, decoder_units, image):
        """The encoder, and a decoder of code and label."""
        options = {"units": decoder_units, "initial_image": image}
        decoder = build_dense_decoder(latent_dim + self.classes, image_shape, **options)
        return build_encoder(2 * latent_dim, image_shape, units=units, activation=gelu), decoder

    def call(self, x):
        """Logits of the reconstructions where no label is told, but an equal share of each."""
        z_mean, _ = self.encode(self.pixels(x))
        shares = tf.fill([tf.shape(z_mean)[0], self.classes], 1 / self.classes)
        return self.decoder(tf.concat([z_mean, shares], axis=1))

    def beside(self, z, labels):
        """Codes (n, k) with their labels as one-hot codes: (n, k + classes)."""
        one_hot = tf.one_hot(tf.cast(tf.reshape(labels, [-1]), tf.int32), self.classes)
        # A label out of range would be a row of zeros; NaN makes the loss show it.
        fits = tf.reduce_sum(one_hot, axis=1, keepdims=True)  # (n, 1), 1 or 0
        return tf.concat([z, tf.where(fits > 0, one_hot, np.nan)], axis=1)

    def check_batch(self, x, y, kind):
        """Raise unless the images of a batch fit; its labels are seen to in ``beside``."""
        super().check_batch(x, None, kind)

    def target(self, x, y):
        """What ``loss_parts`` is given: the labels; for metrics, which compare images, these."""
        return self.pixels(x) if y is None else y

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        """Metrics compare images, not labels."""
        return super().compute_metrics(x, None, y_pred, sample_weight)

    def loss_parts(self, x, epsilon, target=None):
        """As for ``VAE``; ``target`` are the labels (n,)."""
        labels = _validation.required("y", target, "the labels", "call fit(images, labels)")
        z_mean, z_log_var = self.encode(x)
        z = self.reparameterize(z_mean, z_log_var, epsilon)
        loss = reconstruction_loss(x, self.decoder(self.beside(z, labels)), self.noise_log_var)
        return loss, kl_divergence(z_mean, z_log_var)

    def decode(self, z, labels):
        """Images from codes and labels: (n, latent_dim), (n,) -> float32 array (n, h, w, c)."""
        z = _validation.codes("z", z, self.latent_dim)
        labels = _validation.labels("labels", np.asarray(labels), self.classes)
        _validation.same_length("labels", labels, "z", z)
        return self._decode(self.beside(z, labels)).numpy()

    def reconstruct(self, x, labels):
        """Images decoded from their means and labels: float32 array (n, h, w, c) in [0, 1]."""
        return self.decode(self.encode(x)[0], labels)

    def sample(self, labels, seed=0):
        """New images, one for each label: float32 array (n, h, w, c)."""
        rng = np.random.default_rng(seed)
        return self.decode(rng.normal(size=(len(labels), self.latent_dim)), labels)
