"""The networks of the series: decoders, an encoder, and a small classifier to judge pictures."""

import numpy as np

from vae_tutorial import arguments
from vae_tutorial.arguments import whole_number
from vae_tutorial.arrays import pictures
from vae_tutorial.data import as_floats
from vae_tutorial.runtime import keras

layers = keras.layers
ACTIVATIONS = ("leaky_relu", "gelu", "relu", "elu", "silu", "tanh", "sigmoid", "softplus")
MOST = 2**14  # latents, units or filters of a layer, pixels of a side: more is a slip
ENCODER = 500_000_000  # a model's encoder counts its random numbers from here, its decoder from 0


class _Seeds:
    """Hands each layer an initialiser of its own, all of them functions of one seed.

    ``first`` keeps the networks of one model apart, which share its seed.
    """

    def __init__(self, seed, first=0):
        self._seed = arguments.seed(seed)
        self._count = first

    def next(self, scale=1.0):
        """Glorot and Bengio 2010; ``scale`` multiplies the variance."""
        self._count += 1
        return keras.initializers.VarianceScaling(
            scale, mode="fan_avg", distribution="uniform", seed=1000 * self._seed + self._count
        )


def _checked_shape(image_shape, halvings):
    if not isinstance(image_shape, list | tuple) or len(image_shape) != 3:
        raise ValueError(
            f"image_shape must be (height, width, channels); got {image_shape!r:.80}. "
            "Grey pictures have one channel: (28, 28, 1)"
        )
    height, width, channels = arguments.whole_numbers("image_shape", image_shape, maximum=MOST)
    if height % 2**halvings or width % 2**halvings:
        expected = f"have a height and a width divisible by {2**halvings}"
        way_out = "each entry of filters halves them once, so use fewer"
        arguments.refuse(ValueError, "image_shape", expected, f"{image_shape}", way_out)
    return height, width, channels


def build_decoder(latent_dim, image_shape=(28, 28, 1), *, filters=(32, 16), seed=0):
    """From a code to a picture: one dense layer, then transposed convolutions that double the size.

    Args:
        latent_dim: length of the code z, at least 1.
        image_shape: (height, width, channels), height and width divisible by 2**len(filters).
        filters: channels of the small map that the dense layer makes, then of each larger one.
        seed: decides the initial weights, and nothing else does.

    Returns:
        ``keras.Model`` from z, float32 (n, latent_dim), to logits, float32 (n, *image_shape).
        ``sigmoid(logits)`` is the picture, in [0, 1].

    Raises:
        ValueError, TypeError: naming the argument that doesn't fit.
    """
    latent_dim = whole_number("latent_dim", latent_dim, maximum=MOST)
    filters = arguments.whole_numbers("filters", filters, maximum=MOST)
    height, width, channels = _checked_shape(image_shape, len(filters))
    seeds = _Seeds(seed)
    start = (height // 2 ** len(filters), width // 2 ** len(filters), filters[0])
    z = hidden = keras.Input((latent_dim,), name="z")
    size = start[0] * start[1] * start[2]
    hidden = layers.Dense(size, activation="leaky_relu", kernel_initializer=seeds.next())(hidden)
    hidden = layers.Reshape(start)(hidden)
    for count in filters[1:]:
        hidden = _doubled(count, seeds, activation="leaky_relu")(hidden)
    x_logits = _doubled(channels, seeds, name="x_logits")(hidden)
    return keras.Model(z, x_logits, name="decoder")


def _doubled(count, seeds, **options):
    return layers.Conv2DTranspose(
        count,
        kernel_size=4,
        strides=2,
        padding="same",
        data_format="channels_last",
        kernel_initializer=seeds.next(),
        **options,
    )


def build_dense_decoder(
    latent_dim, image_shape=(28, 28, 1), *, units=(512, 512), seed=0, mean=None
):
    """From a code to a picture by dense layers: less time a step than by convolutions.

    Args:
        latent_dim: length of the code z, at least 1.
        image_shape: (height, width, channels).
        units: width of each hidden layer.
        seed: decides the initial weights, and nothing else does.
        mean: float (height, width, channels) in [0, 1], the picture to begin with, such as the mean
            of the training images; grey by default.

    Returns:
        ``keras.Model`` from z, float32 (n, latent_dim), to logits, float32 (n, *image_shape).
    """
    latent_dim = whole_number("latent_dim", latent_dim, maximum=MOST)
    shape = _checked_shape(image_shape, halvings=0)
    z = keras.Input((latent_dim,), name="z")
    x_logits = _dense_layers(z, units, int(np.prod(shape)), _Seeds(seed), activation="gelu")
    decoder = keras.Model(z, layers.Reshape(shape, name="x_logits")(x_logits), name="decoder")
    if mean is not None:
        start = as_floats(pictures("mean", np.asarray(mean)[np.newaxis], shape))[0].astype(float)
        # Away from 0 and 1, whose logits are infinite.
        start = np.clip(start.ravel(), 1e-3, 1 - 1e-3)
        decoder.weights[-1].assign(np.log(start / (1 - start)))
    return decoder


def build_encoder(
    latent_dim, image_shape=(28, 28, 1), *, units=(256, 128), activation="leaky_relu", seed=0
):
    """From a picture to its code: dense layers.

    Args:
        latent_dim: length of the code z, at least 1; for means and log-variances twice that.
        image_shape: (height, width, channels).
        units: width of each hidden layer.
        activation: Keras's name of what follows each hidden layer.
        seed: decides the initial weights, and nothing else does.

    Returns:
        ``keras.Model`` from x, float32 (n, *image_shape) in [0, 1], to z, float32 (n, latent_dim).
    """
    latent_dim = whole_number("latent_dim", latent_dim, maximum=MOST)
    seeds = _Seeds(seed, ENCODER)
    return _picture_network("encoder", image_shape, units, latent_dim, seeds, activation)


def build_classifier(classes=10, image_shape=(28, 28, 1), *, units=(256,), seed=0):
    """From a picture to one logit a class: the judge of generated digits."""
    classes = whole_number("classes", classes, minimum=2, maximum=MOST)
    return _picture_network("classifier", image_shape, units, classes, _Seeds(seed), "leaky_relu")


def _picture_network(name, image_shape, units, outputs, seeds, activation):
    arguments.choice("activation", activation, ACTIVATIONS)
    x = keras.Input(_checked_shape(image_shape, halvings=0), name="x")
    hidden = layers.Flatten(data_format="channels_last")(x)
    return keras.Model(x, _dense_layers(hidden, units, outputs, seeds, activation), name=name)


def checked_units(name, units):
    """The widths of hidden layers, a list of whole numbers."""
    units = arguments.whole_numbers(name, units, least=0, maximum=MOST)
    if len(units) > 100:
        arguments.refuse(ValueError, name, "be at most 100", f"{len(units)}", "use fewer layers")
    return units


def _dense_layers(hidden, units, outputs, seeds, activation):
    # GELU lets through about half of the variance that a leaky ReLU does: weights make up for it.
    scale = 2.0 if activation == "gelu" else 1.0
    for count in checked_units("units", units):
        initializer = seeds.next(scale)
        hidden = layers.Dense(count, activation=activation, kernel_initializer=initializer)(hidden)
    return layers.Dense(outputs, kernel_initializer=seeds.next())(hidden)
