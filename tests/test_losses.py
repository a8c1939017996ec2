"""The losses against NumPy in float64, values and gradients."""

import numpy as np
import pytest

from tests.test_networks import numpy_decoder
from vae_tutorial.losses import squared_error
from vae_tutorial.networks import build_decoder
from vae_tutorial.runtime import tf

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (3, 28, 28, 1), (5, 4, 6, 3)])
def test_squared_error_is_summed_over_pixels_and_not_over_images(shape):
    x, reconstruction = RNG.random((2, *shape))
    found = squared_error(x, reconstruction)
    wanted = [
        sum((a - b) ** 2 for a, b in zip(*pair, strict=True))
        for pair in zip(x.reshape(len(x), -1), reconstruction.reshape(len(x), -1), strict=True)
    ]
    assert (found.shape, found.dtype) == (shape[:1], tf.float32)
    assert np.allclose(found, wanted, rtol=1e-5)


def test_squared_error_by_hand():
    x = np.zeros((2, 2, 2, 1), np.float32)
    reconstruction = np.array([[0, 0, 0, 0.5], [1, 1, 1, 1]]).reshape(2, 2, 2, 1)
    assert squared_error(x, reconstruction).numpy().tolist() == [0.25, 4.0]
    assert squared_error(x, x).numpy().tolist() == [0, 0]


@pytest.mark.parametrize(
    "other", [(3, 4, 4, 3), (1, 4, 4, 1), (3, 1, 1, 1), (3, 4, 4), (3, 16), (4, 4, 4, 1)]
)
def test_other_shapes_are_refused(other):
    """TensorFlow alone would broadcast most of them."""
    x = np.zeros((3, 4, 4, 1), np.float32)
    for pair in ((x, np.zeros(other)), (np.zeros(other), x)):
        with pytest.raises(ValueError, match="x and reconstruction must have one shape") as caught:
            squared_error(*pair)
        assert str(other) in str(caught.value) and "(3, 4, 4, 1)" in str(caught.value)


@pytest.mark.parametrize("logit", [0, 20, -20, 88, -88, 1e3, -1e3, 3e38, -3e38, 1e-45])
def test_value_and_gradient_are_finite_for_any_logit(logit):
    logits = tf.fill((2, 4, 4, 1), tf.constant(logit, tf.float32))
    for level in (0.0, 1.0):
        with tf.GradientTape() as tape:
            tape.watch(logits)
            error = squared_error(tf.fill(logits.shape, level), tf.sigmoid(logits))
        assert np.isfinite(error).all() and np.isfinite(tape.gradient(error, logits)).all()


def sigmoid(x):
    """In float64."""
    return 1 / (1 + np.exp(-x))


def slope(function, place, direction, step=1e-5):
    """The derivative along a direction, by central differences."""
    return (function(place + step * direction) - function(place - step * direction)) / (2 * step)


def test_gradient_by_the_reconstruction():
    x, reconstruction, direction = RNG.random((3, 2, 4, 4, 1))
    variable = tf.Variable(reconstruction, dtype=tf.float32)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(squared_error(x, variable))
    found = (tape.gradient(loss, variable).numpy() * direction).sum()
    wanted = slope(lambda r: np.square(x - r).sum((1, 2, 3)).mean(), reconstruction, direction)
    assert found == pytest.approx(wanted, rel=1e-3)


@pytest.mark.parametrize("place", range(7))
def test_gradient_through_the_decoder(place):
    """By the code (0) and by each of the decoder's weights, against an independent decoder."""
    rng = np.random.default_rng(place)
    decoder = build_decoder(3, (8, 8, 2), filters=(4, 3), seed=1)
    decoder.set_weights([rng.normal(0, 0.4, weight.shape) for weight in decoder.weights])
    z = tf.Variable(rng.normal(size=(2, 3)), dtype=tf.float32)
    x = rng.random((2, 8, 8, 2))
    variables = [z, *decoder.trainable_variables]
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(squared_error(x, tf.sigmoid(decoder(z))))
    gradient = tape.gradient(loss, variables[place]).numpy().astype(float)
    values = [np.array(variable, float) for variable in variables]

    def independent(value):
        code, *weights = [*values[:place], value, *values[place + 1 :]]
        return np.square(sigmoid(numpy_decoder(code, weights)) - x).sum((1, 2, 3)).mean()

    assert float(loss) == pytest.approx(independent(values[place]), rel=1e-4)
    direction = gradient / np.linalg.norm(gradient)  # so that no slope is lost in rounding
    direction = direction + rng.normal(size=gradient.shape) * abs(direction).mean()
    wanted = slope(independent, values[place], direction)
    assert (gradient * direction).sum() == pytest.approx(wanted, rel=1e-3)
