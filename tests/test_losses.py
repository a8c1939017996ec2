"""The losses against NumPy in float64, values and gradients."""

import numpy as np
import pytest
import tensorflow as tf
from scipy.stats import norm

from tests.test_networks import numpy_decoder
from vae_tutorial.losses import (
    kl_divergence,
    kl_per_latent,
    reconstruction_loss,
    squared_error,
)
from vae_tutorial.networks import build_decoder

RNG = np.random.default_rng(0)


def single(values):
    """In float32, as the models compute."""
    return np.asarray(values, np.float32)


@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (3, 28, 28, 1), (5, 4, 6, 3)])
def test_squared_error_is_summed_over_pixels_and_not_over_images(shape):
    x, reconstruction = RNG.random((2, *shape))
    found = squared_error(x, reconstruction)
    wanted = [
        sum((a - b) ** 2 for a, b in zip(*pair, strict=True))
        for pair in zip(x.reshape(len(x), -1), reconstruction.reshape(len(x), -1), strict=True)
    ]
    assert found.shape == shape[:1]
    assert np.allclose(found, wanted, rtol=1e-5)


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


@pytest.mark.parametrize("place", range(7))
def test_gradient_through_the_decoder(place):
    """By the code (0) and by each of the decoder's weights, against an independent decoder."""
    rng = np.random.default_rng(place)
    decoder = build_decoder(3, (8, 8, 2), filters=(4, 3))
    decoder.set_weights([rng.normal(0, 0.4, weight.shape) for weight in decoder.weights])
    z = tf.Variable(rng.normal(size=(2, 3)), dtype=tf.float32)
    x = rng.random((2, 8, 8, 2)).astype(np.float32)
    variables = [z, *decoder.trainable_variables]
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(squared_error(x, tf.sigmoid(decoder(z))))
    gradient = tape.gradient(loss, variables[place]).numpy().astype(float)
    values = [variable.numpy().astype(float) for variable in variables]

    def independent(value):
        code, *weights = [*values[:place], value, *values[place + 1 :]]
        return np.square(sigmoid(numpy_decoder(code, weights)) - x).sum((1, 2, 3)).mean()

    assert float(loss) == pytest.approx(independent(values[place]), rel=1e-4)
    direction = gradient / np.linalg.norm(gradient)  # so that no slope is lost in rounding
    direction = direction + rng.normal(size=gradient.shape) * abs(direction).mean()
    wanted = slope(independent, values[place], direction)
    assert (gradient * direction).sum() == pytest.approx(wanted, rel=1e-3)


def gradients(function, *values):
    """The function's value at float32 values, and its gradient by each of them."""
    values = [tf.constant(value, tf.float32) for value in values]
    with tf.GradientTape() as tape:
        tape.watch(values)
        result = function(*values)
    return result.numpy(), [gradient.numpy() for gradient in tape.gradient(result, values)]


def numpy_kl(z_mean, z_log_var):
    """Summed over latents, in float64."""
    return 0.5 * (z_mean**2 + np.exp(z_log_var) - 1 - z_log_var).sum(axis=1)


@pytest.mark.parametrize(
    ("z_mean", "z_log_var", "wanted"),
    [
        ([0, 0, 0], [0, 0, 0], 0),
        ([1, -1, 1, 1], [0, 0, 0, 0], 2),  # a sum, not a mean
        ([0], [np.log(0.25)], np.log(2) - 0.375),
        ([2, 0], [np.log(4), 0], 3.5 - np.log(2)),
    ],
)
def test_kl_by_hand(z_mean, z_log_var, wanted):
    found = kl_divergence(*np.array([[z_mean], [z_log_var]], np.float32))
    assert found.shape == (1,)
    assert float(found[0]) == pytest.approx(wanted, rel=1e-6, abs=0)


def test_kl_is_what_sampling_says():
    """Mean of log q(z) - log p(z) under q, for 1,000 Gaussians of two latents each."""
    rng = np.random.default_rng(1)
    z_mean, z_log_var = rng.normal(0, 1.5, (1000, 2)), rng.uniform(-4, 2, (1000, 2))
    epsilon = rng.normal(size=(3000, 1000, 2))
    z = z_mean + np.exp(z_log_var / 2) * epsilon
    nats = 0.5 * (z**2 - epsilon**2 - z_log_var).sum(axis=2)
    errors = kl_divergence(z_mean, z_log_var).numpy() - nats.mean(axis=0)
    scores = abs(errors) / (nats.std(axis=0, ddof=1) / np.sqrt(len(nats)))
    # By chance 0.27 % of the scores exceed 3: 2.7 of 1,000, and more than 10 once in 10,000 times.
    assert (scores > 3).sum() <= 10 and scores.max() < 5
    assert (scores > 0.6745).mean() == pytest.approx(0.5, abs=0.06)  # half exceed the quartile


def test_kl_in_double_precision():
    rng = np.random.default_rng(2)
    z_mean, z_log_var = rng.normal(0, 2, (500, 20)), rng.uniform(-15, 8, (500, 20))
    found = kl_divergence(z_mean, z_log_var)
    assert np.allclose(found, numpy_kl(z_mean, z_log_var), rtol=1e-5, atol=0)
    per_latent = kl_per_latent(z_mean, z_log_var)
    assert per_latent.shape == (500, 20)
    assert np.allclose(tf.reduce_sum(per_latent, axis=1), found, rtol=1e-6, atol=0)
    assert np.allclose(per_latent[:, 3], numpy_kl(z_mean[:, 3:4], z_log_var[:, 3:4]), rtol=1e-5)


def test_kl_is_never_negative():
    """Also where exp(l) - 1 - l, in single precision, rounds below zero."""
    rng = np.random.default_rng(3)
    tiny = 10 ** rng.uniform(-8, -3, 70_000) * rng.choice([-1, 1], 70_000)
    z_log_var = np.concatenate([tiny, rng.normal(0, 1, 20_000), rng.uniform(-30, 30, 10_000)])
    z_mean = np.where(rng.random(100_000) < 0.7, 0, rng.normal(0, 1e-4, 100_000))
    single = z_log_var.astype(np.float32)
    assert (np.exp(single) - np.float32(1) - single).min() < 0
    assert (kl_per_latent(z_mean, z_log_var).numpy() >= 0).all()
    for latents in (1, 5, 16):
        pair = z_mean.reshape(-1, latents), z_log_var.reshape(-1, latents)
        assert (kl_divergence(*pair).numpy() >= 0).all()


def test_gradient_of_kl():
    rng = np.random.default_rng(4)
    values = [rng.normal(0, 2, (6, 5)), rng.uniform(-6, 4, (6, 5))]
    weights = rng.normal(size=6).astype(
        np.float32
    )  # so that no image can lend another its gradient
    _, found = gradients(lambda *v: tf.reduce_sum(weights * kl_divergence(*v)), *values)
    for place, index in np.ndindex(2, 30):
        direction = np.eye(30)[index].reshape(6, 5)

        def along(value, place=place):
            return weights @ numpy_kl(*values[:place], value, *values[place + 1 :])

        wanted = slope(along, values[place], direction)
        assert found[place].flat[index] == pytest.approx(wanted, rel=1e-3, abs=1e-6)


GRAY = np.random.default_rng(5).random((3, 4, 5, 2)).astype(np.float32)
GRAY[0, 0, 0] = 0, 1
LOG_VARS = [-4.6, 0.0, 1.7]


def numpy_bernoulli(x, x_logits):
    """Cross-entropy summed over pixels, in float64."""
    p = sigmoid(x_logits)
    return -(x * np.log(p) + (1 - x) * np.log(1 - p)).sum((1, 2, 3))


def numpy_gaussian(x, x_logits, log_var):
    """Negative log-density summed over pixels, in float64."""
    return -norm.logpdf(x, sigmoid(x_logits), np.exp(log_var / 2)).sum((1, 2, 3))


@pytest.mark.parametrize("spread", [0.1, 1, 4])
def test_bernoulli_pixels(spread):
    x_logits = single(np.random.default_rng(6).normal(0, spread, GRAY.shape))
    found = reconstruction_loss(GRAY, x_logits)
    assert found.shape == (3,)
    assert np.allclose(found, numpy_bernoulli(GRAY, x_logits), rtol=1e-5)


@pytest.mark.parametrize("size", [40, 88, 1e3, 1e4])
def test_bernoulli_pixels_far_out(size):
    """A wrong pixel costs its logit, a right one nothing, a grey one its share of the logit."""
    x_logits = single(size * np.random.default_rng(7).choice([-1, 1], GRAY.shape))
    wanted = np.where(x_logits > 0, (1 - GRAY) * size, GRAY * size).sum((1, 2, 3))
    assert np.allclose(reconstruction_loss(GRAY, x_logits), wanted, rtol=1e-5)
    right = np.sign(x_logits).clip(0, 1)
    assert (reconstruction_loss(right, x_logits).numpy() < 1e-12).all()
    assert np.allclose(reconstruction_loss(1 - right, x_logits), 40 * size, rtol=1e-6)


@pytest.mark.parametrize("log_var", LOG_VARS)
def test_gaussian_pixels(log_var):
    x_logits = single(np.random.default_rng(8).normal(0, 2, GRAY.shape))
    wanted = numpy_gaussian(GRAY, x_logits, log_var)
    for number in (log_var, tf.constant(log_var, tf.float32)):
        found = reconstruction_loss(GRAY, x_logits, number)
        assert found.shape == (3,)
        assert np.allclose(found, wanted, rtol=1e-5)


@pytest.mark.parametrize("log_var", [None, *LOG_VARS])
def test_gradient_of_the_reconstruction_loss(log_var):
    """By the logits, and by the log-variance of the noise."""
    rng = np.random.default_rng(9)
    values = [rng.normal(0, 2, GRAY.shape)] + ([] if log_var is None else [np.array(log_var)])
    weights = rng.normal(size=3).astype(np.float32)
    numpy_loss = numpy_bernoulli if log_var is None else numpy_gaussian
    _, found = gradients(lambda *v: tf.reduce_sum(weights * reconstruction_loss(GRAY, *v)), *values)
    for index in range(0, GRAY.size, 7):
        direction = np.eye(GRAY.size)[index].reshape(GRAY.shape)
        wanted = slope(
            lambda v: weights @ numpy_loss(GRAY, v, *values[1:]), values[0], direction, 1e-4
        )
        assert found[0].flat[index] == pytest.approx(wanted, rel=1e-3, abs=1e-6)
    if log_var is not None:
        wanted = slope(lambda v: weights @ numpy_loss(GRAY, values[0], v), values[1], 1.0)
        assert found[1] == pytest.approx(wanted, rel=1e-3)
