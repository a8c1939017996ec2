"""The networks: shapes, sizes, what they compute, and what they refuse."""

import numpy as np
import pytest

from vae_tutorial import networks
from vae_tutorial.models import Autoencoder, Memory
from vae_tutorial.training import set_seed

SHAPES = [(28, 28, 1), (8, 8, 1), (4, 4, 2), (64, 64, 3), (12, 20, 3)]


@pytest.mark.parametrize("image_shape", SHAPES)
@pytest.mark.parametrize(("latent_dim", "filters"), [(1, (5,)), (16, (6, 3))])
def test_decoder_shapes_and_size(latent_dim, image_shape, filters):
    decoder = networks.build_decoder(latent_dim, image_shape, filters=filters)
    codes = np.zeros((3, latent_dim), np.float32)
    logits = decoder(codes).numpy()
    assert (logits.shape, logits.dtype) == ((3, *image_shape), np.float32)
    small = image_shape[0] * image_shape[1] // 4 ** len(filters) * filters[0]
    channels = [*filters, image_shape[-1]]
    convolutions = sum(16 * a * b + b for a, b in zip(channels[:-1], channels[1:], strict=True))
    assert decoder.count_params() == small * (latent_dim + 1) + convolutions


def numpy_decoder(z, weights):
    """What a decoder computes, by loops, in float64: dense, then doubled by 4x4 kernels."""
    (kernel, bias), *doublings = zip(weights[::2], weights[1::2], strict=True)
    filters = doublings[0][0].shape[3]
    side = int(np.sqrt(len(bias) / filters))
    hidden = leaky(z @ kernel + bias).reshape(len(z), side, side, filters)
    for place, (kernel, bias) in enumerate(doublings):
        n, h, w, _ = hidden.shape
        padded = np.zeros((n, 2 * h + 2, 2 * w + 2, kernel.shape[2]))
        for i, j, a, b in np.ndindex(h, w, 4, 4):
            padded[:, 2 * i + a, 2 * j + b] += hidden[:, i, j] @ kernel[a, b].T
        hidden = padded[:, 1:-1, 1:-1] + bias
        if place < len(doublings) - 1:
            hidden = leaky(hidden)
    return hidden


def leaky(x):
    """A slope of 0.2 below zero, as the paper's decoder and Keras's "leaky_relu" have."""
    return np.where(x > 0, x, 0.2 * x)


def test_the_decoder_computes_what_it_says():
    decoder = networks.build_decoder(3, (8, 8, 2), filters=(4, 3))
    rng = np.random.default_rng(0)
    weights = [rng.normal(0, 0.5, weight.shape) for weight in decoder.weights]
    decoder.set_weights(weights)
    z = rng.normal(size=(2, 3))
    weights = [weight.astype(float) for weight in decoder.get_weights()]
    assert np.allclose(decoder(z.astype(np.float32)), numpy_decoder(z, weights), atol=1e-4)


def gelu(x):
    """Hendrycks and Gimpel 2016, the tanh form."""
    return x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def numpy_dense(x, weights, activation=gelu):
    """Dense layers in float64, from (n, ...) to (n, outputs); the last one has no activation."""
    hidden = x.reshape(len(x), -1)
    for kernel, bias in zip(weights[:-2:2], weights[1:-2:2], strict=True):
        hidden = activation(hidden @ kernel + bias)
    return hidden @ weights[-2] + weights[-1]


def with_other_weights(network, seed=0):
    """The network's new weights, random, biases too: float64 copies of what it holds."""
    rng = np.random.default_rng(seed)
    network.set_weights([rng.normal(0, 0.5, weight.shape) for weight in network.weights])
    return [weight.astype(float) for weight in network.get_weights()]


@pytest.mark.parametrize("units", [(), (6,), (6, 7)])
def test_the_dense_decoder_computes_what_it_says(units):
    decoder = networks.build_dense_decoder(3, (4, 5, 2), units=units)
    weights = with_other_weights(decoder)
    z = np.random.default_rng(1).normal(0, 2, (4, 3))
    assert [len(bias) for bias in weights[1::2]] == [*units, 40]
    wanted = numpy_dense(z, weights).reshape(4, 4, 5, 2)  # rows, columns, channels
    assert np.allclose(decoder(z.astype(np.float32)), wanted, atol=1e-4)


@pytest.mark.parametrize(
    ("keras_activation", "activation"), [("leaky_relu", leaky), (networks.gelu, gelu)]
)
@pytest.mark.parametrize("units", [(), (6, 7)])
def test_the_encoder_computes_what_it_says(units, keras_activation, activation):
    encoder = networks.build_encoder(3, (4, 5, 2), units=units, activation=keras_activation)
    weights = with_other_weights(encoder)
    x = np.random.default_rng(1).random((4, 4, 5, 2))
    assert [len(bias) for bias in weights[1::2]] == [*units, 3]
    wanted = numpy_dense(x, weights, activation)
    assert np.allclose(encoder(x.astype(np.float32)), wanted, atol=1e-4)


def test_the_classifier_computes_what_it_says():
    classifier = networks.build_classifier(3, (4, 5, 2), units=(6,))
    weights = with_other_weights(classifier)
    x = np.random.default_rng(1).random((4, 4, 5, 2))
    assert [len(bias) for bias in weights[1::2]] == [6, 3]
    assert np.allclose(classifier(x.astype(np.float32)), numpy_dense(x, weights, leaky), atol=1e-4)


def kernels_and_bounds(network):
    """Each kernel with the bound of Glorot and Bengio 2010, sqrt(6 / (fan in + fan out))."""
    for weight in network.get_weights():
        if weight.ndim > 1:
            fans = (weight.shape[-1] + weight.shape[-2]) * np.prod(weight.shape[:-2])
            yield weight, np.sqrt(6 / fans)
        else:
            assert not weight.any()  # biases


@pytest.mark.parametrize(
    "build", [networks.build_decoder, networks.build_encoder, networks.build_classifier]
)
@pytest.mark.parametrize("seed", [0, 3])
def test_kernels_behind_leaky_relus_are_glorot_uniform(build, seed):
    set_seed(seed)
    for kernel, bound in kernels_and_bounds(build(16)):
        assert 0.97 * bound < abs(kernel).max() <= bound
        assert kernel.std() == pytest.approx(bound / np.sqrt(3), rel=0.1)


def test_kernels_before_gelus_have_twice_the_variance():
    set_seed(1)
    encoder = networks.build_encoder(16, units=(60, 50), activation=networks.gelu)
    decoder = networks.build_dense_decoder(16, units=(60, 50))
    for network in (encoder, decoder):
        *hidden, (last, bound) = kernels_and_bounds(network)
        assert 0.97 * bound < abs(last).max() <= bound
        for kernel, bound in hidden:
            assert 0.97 * bound < abs(kernel).max() / np.sqrt(2) <= bound
            assert kernel.std() == pytest.approx(bound * np.sqrt(2 / 3), rel=0.1)


def shown_by(initial_image, shape=(6, 5, 2)):
    """What an untrained decoder without hidden layers shows for a code of zeros."""
    decoder = networks.build_dense_decoder(3, shape, units=(), initial_image=initial_image)
    return 1 / (1 + np.exp(-decoder(np.zeros((1, 3))).numpy()[0]))


@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8"])
def test_a_dense_decoder_starts_from_the_initial_image(dtype):
    image = np.random.default_rng(0).random((6, 5, 2))
    image[0, 0], image[5, 4] = 0, 1
    given = np.round(255 * image).astype("uint8") if dtype == "uint8" else image.astype(dtype)
    tolerance = 3e-3 if dtype == "uint8" else 1e-3
    assert np.allclose(shown_by(given), image, atol=tolerance)
    assert np.allclose(shown_by(given[..., 0], (6, 5, 1))[..., 0], image[..., 0], atol=tolerance)


def test_gray_images_need_their_channel_and_the_hint_says_so():
    with pytest.raises(ValueError, match=r"write image_shape=\(28, 28, 1\)"):
        networks.build_encoder(2, (28, 28))


@pytest.mark.parametrize("build", [networks.build_decoder, Memory, Autoencoder])
@pytest.mark.parametrize(("value", "fits"), [((45, 45, 1), "48x48"), ((28, 27, 1), "28x28")])
def test_a_size_that_cannot_be_halved_says_what_fits(build, value, fits):
    with pytest.raises(
        ValueError, match=f"^image_shape .*divisible by 4.*pad the images to {fits}"
    ):
        build(2, value)
    height, width = map(int, fits.split("x"))
    build(2, (height, width, 1))
