"""Searching the code of a picture where no encoder gives it."""

import numpy as np

from vae_tutorial import arguments, arrays
from vae_tutorial.data import as_floats
from vae_tutorial.losses import squared_error
from vae_tutorial.runtime import keras, tf


def find_code(model, picture, *, steps=300, learning_rate=0.1, start=None):
    """Search for the code of a picture by gradient descent; the decoder stays as it is.

    Args:
        model: a model with ``decoder`` and ``latent_dim``.
        picture: uint8 (h, w) or (h, w, c), or float in [0, 1].
        steps: how many steps of Adam.
        learning_rate: their size.
        start: float (latent_dim,) to begin from; zeros by default.

    Returns:
        (code, error): float32 (latent_dim,) and the squared error of its picture.
    """
    if not (hasattr(model, "decoder") and hasattr(model, "latent_dim")):
        way_out = "pass for example a Memory"
        arguments.refuse(TypeError, "model", "have a decoder and a latent_dim", model, way_out)
    steps = arguments.whole_number("steps", steps, maximum=10**6)
    learning_rate = arguments.positive_number(
        "learning_rate", learning_rate, maximum=10, example=0.1
    )
    start = np.zeros(model.latent_dim) if start is None else start
    picture, start = _one("picture", picture, (2, 3)), _one("start", start, (1,))
    x = tf.constant(as_floats(arrays.pictures("picture", picture, model.image_shape)))
    z = tf.Variable(arrays.codes("start", start, model.latent_dim))
    optimizer = keras.optimizers.Adam(learning_rate)
    optimizer.build([z])

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            error = squared_error(x, tf.sigmoid(model.decoder(z)))
        optimizer.apply_gradients([(tape.gradient(error, z), z)])
        return error[0]

    for _ in range(steps):
        step()
    error = squared_error(x, tf.sigmoid(model.decoder(z)))[0]
    return z.numpy()[0], float(error)


def _one(name, array, rank):
    """The array as the only one of a batch."""
    if not isinstance(array, np.ndarray) or array.ndim not in rank:
        expected = f"be an array of rank {' or '.join(map(str, rank))}"
        arguments.refuse(TypeError, name, expected, array, "pass one, for example x_test[0]")
    return array[np.newaxis]
