"""Searching the code of a picture where no encoder gives it."""

import numpy as np

from vae_tutorial import arguments
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
    steps = arguments.whole_number("steps", steps)
    learning_rate = arguments.positive_number("learning_rate", learning_rate)
    start = np.zeros(model.latent_dim) if start is None else start
    picture, start = _one("picture", picture), _one("start", start)
    x = tf.constant(as_floats(arguments.pictures("picture", picture, model.image_shape)))
    z = tf.Variable(arguments.codes("start", start, model.latent_dim))
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


def _one(name, array):
    """The array as the only one of a batch."""
    if not isinstance(array, np.ndarray):
        raise TypeError(f"{name} must be an array; got {type(array).__name__}. Use np.asarray")
    return array[np.newaxis]
