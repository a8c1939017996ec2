"""The networks: shapes, sizes, what they compute, and what they refuse."""

import numpy as np
import pytest

from vae_tutorial import networks
from vae_tutorial.models import Autoencoder, Memory

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


@pytest.mark.parametrize("image_shape", [*SHAPES, (7, 5, 1)])
@pytest.mark.parametrize(("latent_dim", "units"), [(1, ()), (2, (16, 9))])
def test_encoder_shapes_and_size(latent_dim, image_shape, units):
    encoder = networks.build_encoder(latent_dim, image_shape, units=units)
    z = encoder(np.zeros((3, *image_shape), np.float32)).numpy()
    assert (z.shape, z.dtype) == ((3, latent_dim), np.float32)
    widths = [int(np.prod(image_shape)), *units, latent_dim]
    dense = sum((a + 1) * b for a, b in zip(widths[:-1], widths[1:], strict=True))
    assert encoder.count_params() == dense


def test_classifier_shapes_and_size():
    classifier = networks.build_classifier(4, (6, 5, 1), units=(8,))
    assert classifier(np.zeros((2, 6, 5, 1), np.float32)).shape == (2, 4)
    assert classifier.count_params() == 31 * 8 + 9 * 4


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
    decoder = networks.build_decoder(3, (8, 8, 2), filters=(4, 3), seed=1)
    rng = np.random.default_rng(0)
    weights = [rng.normal(0, 0.5, weight.shape) for weight in decoder.weights]
    decoder.set_weights(weights)
    z = rng.normal(size=(2, 3))
    weights = [weight.astype(float) for weight in decoder.get_weights()]
    assert np.allclose(decoder(z.astype(np.float32)), numpy_decoder(z, weights), atol=1e-4)


BUILDERS = [networks.build_decoder, networks.build_encoder, Memory, Autoencoder]


@pytest.mark.parametrize("build", BUILDERS)
@pytest.mark.parametrize(
    ("value", "kind"),
    [(0, ValueError), (-3, ValueError)]
    + [(value, TypeError) for value in (2.5, 8.0, "8", None, True, [2], float("nan"))],
)
def test_latent_dim_is_refused(build, value, kind):
    with pytest.raises(
        kind, match="^latent_dim must be a whole number of at least 1.*: (use|write) "
    ):
        build(value)


def test_latent_dim_may_be_a_numpy_integer():
    assert Autoencoder(np.int64(2), (8, 8, 1), units=(4,), filters=(2,)).latent_dim == 2


@pytest.mark.parametrize("build", BUILDERS)
@pytest.mark.parametrize(
    "value",
    [(28, 28), (28,), (), 28, None, (28, 28, 1, 1), (0, 28, 1), (28, -4, 1), (28.0, 28, 1), "cat"],
    ids=str,
)
def test_image_shape_is_refused(build, value):
    with pytest.raises((TypeError, ValueError), match="^image_shape"):
        build(2, value)


@pytest.mark.parametrize("build", [networks.build_decoder, Memory, Autoencoder])
@pytest.mark.parametrize("value", [(30, 28, 1), (28, 27, 1), (2, 2, 1)])
def test_a_size_that_cannot_be_halved_is_refused_with_the_way_out(build, value):
    with pytest.raises(ValueError, match=r"^image_shape .*halved 2 times.*divisible by 4"):
        build(2, value)


@pytest.mark.parametrize("build", [networks.build_decoder, Memory, Autoencoder])
@pytest.mark.parametrize("value", [(), 32, None, (0,), (4, -1), (2.5,), ("8",), (True,)], ids=str)
def test_filters_are_refused(build, value):
    with pytest.raises((TypeError, ValueError), match="^filters must"):
        build(2, filters=value)


@pytest.mark.parametrize("build", [networks.build_encoder, Autoencoder])
@pytest.mark.parametrize("value", [32, None, (0,), (4, -1), (2.5,), ("8",)], ids=str)
def test_units_are_refused(build, value):
    with pytest.raises((TypeError, ValueError), match="^units must"):
        build(2, units=value)


@pytest.mark.parametrize("build", BUILDERS)
@pytest.mark.parametrize("value", [-1, 1.5, "0", None, True])
def test_seed_is_refused(build, value):
    with pytest.raises((TypeError, ValueError), match="^seed must be a whole number"):
        build(2, seed=value)


@pytest.mark.parametrize("seed", [2**22, 2**31, 2**32, 2**53])
def test_a_large_seed_is_used_or_refused(seed):
    """And not cut to some bits, which would give two seeds the same weights."""
    options = dict(image_shape=(8, 8, 1), filters=(2,))
    try:
        weights = networks.build_decoder(2, seed=seed, **options).get_weights()[0]
    except ValueError as error:
        assert str(error).startswith("seed must")
    else:
        other = networks.build_decoder(2, seed=0, **options).get_weights()[0]
        assert not np.array_equal(weights, other)


@pytest.mark.parametrize("classes", [1, 0, 2.5, "10"])
def test_classes_are_refused(classes):
    with pytest.raises((TypeError, ValueError), match="^classes must be .* at least 2"):
        networks.build_classifier(classes)


@pytest.mark.parametrize("build", [networks.build_decoder, networks.build_encoder])
def test_the_same_seed_gives_the_same_network(build):
    first, second, other = (build(2, (8, 8, 1), seed=seed).get_weights() for seed in (4, 4, 5))
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert not np.array_equal(first[0], other[0])
