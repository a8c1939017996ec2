"""The VAE of convolutions and the one that is told labels: Keras models like the others."""

import json

import keras
import numpy as np
import pytest

from vae_tutorial.losses import kl_divergence, reconstruction_loss
from vae_tutorial.training import set_seed
from vae_tutorial.variants import ConditionalVAE, ConvVAE

RNG = np.random.default_rng(0)
COLOR = RNG.integers(0, 256, (12, 16, 8, 3), np.uint8)
GRAY, LABELS = RNG.integers(0, 256, (12, 8, 8), np.uint8), np.arange(12) % 3


def conv(**options):
    return ConvVAE(3, (16, 8, 3), **{"filters": (4, 6)} | options)


def conditional(**options):
    sizes = {"units": (8,), "decoder_units": (8,), "classes": 3}
    return ConditionalVAE(3, (8, 8, 1), **sizes | options)


def trained(build, *data, **options):
    set_seed(0)
    model = build(**options)
    model.compile(keras.optimizers.Adam(0.01), jit_compile=True)
    model.fit(*data, batch_size=4, epochs=2, verbose=0)
    return model


BOTH = [(conv, (COLOR,)), (conditional, (GRAY, LABELS))]
both = pytest.mark.parametrize(("build", "data"), BOTH, ids=["conv", "conditional"])


@both
def test_it_learns_evaluates_and_is_saved_bit_for_bit(build, data, tmp_path):
    model = trained(build, *data)
    first, second = (model.evaluate(*data, verbose=0, return_dict=True) for _ in range(2))
    assert first == second and {"loss", "reconstruction_loss", "kl_divergence"} <= set(first)
    untrained = build()
    untrained.compile()
    assert first["loss"] < untrained.evaluate(*data, verbose=0, return_dict=True)["loss"]
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    assert again.evaluate(*data, verbose=0, return_dict=True) == first
    assert json.dumps(again.get_config()) == json.dumps(model.get_config())
    again.fit(*data, verbose=0)


@both
def test_the_same_seed_gives_the_same_weights(build, data):
    weights = [trained(build, *data).get_weights() for _ in range(2)]
    assert all(np.array_equal(a, b) for a, b in zip(*weights, strict=True))


@both
def test_keras_finds_all_it_knows(build, data):
    model = build()
    model.compile("adam", metrics=["mae"])
    history = model.fit(*data, validation_split=0.5, verbose=0).history
    assert {"loss", "mae", "val_loss", "val_mae"} <= set(history)
    assert np.isfinite(model.predict(data[0], verbose=0)).all()


@both
def test_pixels_out_of_range_are_refused_and_move_nothing(build, data):
    model = trained(build, *data)
    before = [weight.copy() for weight in model.get_weights()]
    with pytest.raises(ValueError, match="x must lie in"):
        model.fit(data[0].astype(np.float32), *data[1:], verbose=0)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


def test_convolutions_need_far_fewer_weights_and_any_size_of_28_to_128():
    large = ConvVAE(32, (128, 128, 3))
    assert large.count_params() < 4e6 < 128 * 128 * 3 * 256
    for side, filters in ((28, (8, 8)), (64, (8, 8, 8)), (128, (8, 8, 8, 8))):
        model = ConvVAE(4, (side, side, 3), filters=filters)
        x = RNG.random((2, side, side, 3), np.float32)
        assert model.reconstruct(x).shape == x.shape and model.sample(3).shape == (3, *x.shape[1:])
    with pytest.raises(ValueError, match="image_shape"):
        ConvVAE(4, (30, 30, 3), filters=(8, 8, 8))


def test_the_untrained_decoder_shows_the_color_that_it_is_given():
    sunset = np.full((16, 8, 3), (200, 90, 20), np.uint8)
    shown = conv(initial_image=sunset).sample(50)
    assert np.abs(shown.mean(axis=(0, 1, 2)) - np.array([200, 90, 20]) / 255).max() < 0.05


def test_the_loss_is_that_of_a_vae_whose_decoder_sees_the_label():
    model, epsilon = conditional(), RNG.normal(size=(12, 3)).astype(np.float32)
    x = GRAY[..., None] / np.float32(255)
    z_mean, z_log_var = model.encode(GRAY)
    z = z_mean + np.exp(z_log_var / 2) * epsilon
    logits = model.decoder(np.hstack([z, np.eye(3)[LABELS]]).astype(np.float32))
    wanted = reconstruction_loss(x, logits), kl_divergence(z_mean, z_log_var)
    for part, other in zip(model.loss_parts(x, epsilon, LABELS), wanted, strict=True):
        assert np.allclose(part, other, rtol=1e-5)


def test_the_label_decides_what_is_drawn_and_the_code_is_kept():
    model = trained(conditional, GRAY, LABELS)
    z = np.repeat(RNG.normal(size=(1, 3)), 3, axis=0)
    drawn = model.decode(z, [0, 1, 2])
    assert drawn.shape == (3, 8, 8, 1) and np.abs(np.diff(drawn, axis=0)).max() > 1e-3
    assert np.array_equal(model.sample([0, 1, 2]), model.sample(np.arange(3)))
    assert np.allclose(model.reconstruct(GRAY, LABELS), model.decode(model.encode(GRAY)[0], LABELS))


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda m: m.fit(GRAY, verbose=0), r"y must be .*call fit\(images, labels\)"),
        (lambda m: m.decode(np.zeros((2, 3)), [0]), "labels must be as many as z"),
        (lambda m: m.decode(np.zeros((1, 3)), [3]), "labels must lie in 0 to 2"),
        (lambda m: m.decode(np.zeros((1, 6)), [0]), "z must have shape"),
        (lambda m: m.sample([-1]), "labels must lie in 0 to 2"),
        (lambda m: conditional(classes=1), "classes must be a whole number of at least 2"),
    ],
)
def test_what_makes_no_sense_is_said(act, words):
    model = conditional()
    model.compile("adam")
    with pytest.raises((TypeError, ValueError), match=words):
        act(model)


def test_a_label_out_of_range_shows_in_the_loss():
    model = conditional()
    model.compile("adam")
    assert np.isnan(model.evaluate(GRAY, LABELS + 1, verbose=0, return_dict=True)["loss"])
