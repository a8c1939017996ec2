"""The networks of the series: decoders, an encoder, and a small classifier to grade images."""

import math

import keras
import numpy as np

from vae_tutorial import _validation
from vae_tutorial._pixels import ImageNetwork, Pixels

layers, _policy = keras.layers, keras.config.dtype_policy


@keras.saving.register_keras_serializable(package="vae_tutorial")
def gelu(x):
    """GELU (Hendrycks & Gimpel 2016) by its tanh form: faster than erf, and ONNX can express it."""
    return keras.activations.gelu(x, approximate=True)


def build_decoder(latent_dim, image_shape=(28, 28, 1), *, filters=(32, 16)):
    """From a code to an image: one dense layer, then transposed convolutions that double the size.

    Args:
        latent_dim: length of the code z, at least 1.
        image_shape: (height, width, channels), height and width divisible by 2**len(filters).
        filters: channels of the small map that the dense layer makes, then of each larger one.

    Returns:
        ``keras.Model`` from z, float32 (n, latent_dim), to logits, float32 (n, h, w, c);
        ``sigmoid(logits)`` is the image, in [0, 1].

    Introduced in notebook 01.
    """
    _validation.network(_policy(), image_shape, latent_dim=latent_dim, filters=filters)
    height, width, channels = image_shape
    small = (height // 2 ** len(filters), width // 2 ** len(filters), filters[0])
    z = keras.Input((latent_dim,), name="z")
    hidden = layers.Dense(math.prod(small), "leaky_relu")(z)
    hidden = layers.Reshape(small)(hidden)  # (n, h/4, w/4, 32) with two filters
    for count in filters[1:]:
        hidden = _doubled(count, activation="leaky_relu")(hidden)
    return keras.Model(z, _doubled(channels, name="x_logits")(hidden), name="decoder")


def _doubled(channels, **options):
    options |= {"strides": 2, "padding": "same", "data_format": "channels_last"}
    return layers.Conv2DTranspose(channels, kernel_size=4, **options)


def build_dense_decoder(
    latent_dim, image_shape=(28, 28, 1), *, units=(512, 512), initial_image=None
):
    """From a code to an image by dense layers: less time a step than by convolutions.

    Args:
        latent_dim: length of the code z, at least 1.
        image_shape: (height, width, channels).
        units: width of each hidden layer.
        initial_image: (height, width, channels), uint8 or float in [0, 1], what the untrained
            decoder shows, such as the mean training image; gray by default.

    Returns:
        ``keras.Model`` from z, float32 (n, latent_dim), to logits, float32 (n, h, w, c).

    Introduced in notebook 06.
    """
    _validation.network(_policy(), image_shape, latent_dim=latent_dim, units=units)
    z = keras.Input((latent_dim,), name="z")
    x_logits = _dense_layers(z, units, math.prod(image_shape), gelu)
    decoder = keras.Model(z, layers.Reshape(image_shape, name="x_logits")(x_logits), name="decoder")
    if initial_image is not None:
        image = Pixels(image_shape)(np.asarray(initial_image)[np.newaxis])
        p = np.clip(np.ravel(image), 1e-3, 1 - 1e-3)  # away from 0 and 1, whose logits are infinite
        decoder.weights[-1].assign(np.log(p / (1 - p)))
    return decoder


def build_encoder(
    latent_dim, image_shape=(28, 28, 1), *, units=(256, 128), activation="leaky_relu"
):
    """From an image to its code by dense layers.

    Args:
        latent_dim: length of the code z; for means and log-variances twice that.
        image_shape: (height, width, channels).
        units: width of each hidden layer.
        activation: what follows each hidden layer, as Keras takes it.

    Returns:
        ``keras.Model`` from x, (n, h, w, c), to z, float32 (n, latent_dim).

    Introduced in notebook 04.
    """
    return _image_network("encoder", image_shape, units, latent_dim, activation)


def build_classifier(classes=10, image_shape=(28, 28, 1), *, units=(256,)):
    """From an image to one logit a class; see ``evaluation.train_classifier`` (notebook 05)."""
    return _image_network("classifier", image_shape, units, classes, "leaky_relu")


def build_discriminator(image_shape=(28, 28, 1), *, units=(256, 256)):
    """From an image to one logit, positive for real; see ``adversarial`` (notebook 12)."""
    return _image_network("discriminator", image_shape, units, 1, "leaky_relu")


def _image_network(name, image_shape, units, outputs, activation):
    _validation.network(_policy(), image_shape, latent_dim=outputs, units=units)
    x = keras.Input(image_shape, name="x")
    hidden = layers.Flatten(data_format="channels_last")(Pixels(image_shape)(x))  # (n, h w c)
    return ImageNetwork(x, _dense_layers(hidden, units, outputs, activation), name=name)


def _dense_layers(hidden, units, outputs, activation):
    # GELU lets through about half of the variance that a leaky ReLU does: weights make up for it.
    scale = 2.0 if activation is gelu else 1.0
    for count in units:
        initializer = keras.initializers.VarianceScaling(scale, "fan_avg", "uniform")
        hidden = layers.Dense(count, activation, kernel_initializer=initializer)(hidden)
    return layers.Dense(outputs)(hidden)
