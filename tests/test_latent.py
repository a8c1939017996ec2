"""What one does with codes, each against another way to compute it."""

import numpy as np
import pytest
import tensorflow as tf

from tests.small_models import PIXELS, fingerprint, small_memory
from vae_tutorial import latent
from vae_tutorial.models import Memory
from vae_tutorial.training import set_seed

RNG = np.random.default_rng(0)


def test_outputs_become_gaussians_of_bounded_log_variance():
    outputs = tf.constant([[1.0, -2.0, 0.5, -3e38], [0.0, 3.0, 1e4, -1.0]])
    with tf.GradientTape() as tape:
        tape.watch(outputs)
        z_mean, z_log_var = latent.to_gaussian(outputs)
        total = tf.reduce_sum(z_log_var)
    assert z_mean.numpy().tolist() == [[1, -2], [0, 3]]
    assert z_log_var.numpy()[0, 0] == 0.5 and z_log_var.numpy()[1].tolist() == [20, -1]
    assert abs(z_log_var.numpy()).max() <= 20
    assert tape.gradient(total, outputs).numpy()[:, 2:].tolist() == [[1, 1], [1, 1]]


def test_samples_are_stddev_times_epsilon_plus_mean():
    z_mean, z_log_var, epsilon = RNG.normal(size=(3, 1000, 2)).astype(np.float32)
    found = latent.reparameterize(z_mean, z_log_var, epsilon)
    assert np.allclose(found, z_mean + np.exp(z_log_var / 2) * epsilon, atol=1e-5)
    assert np.array_equal(latent.reparameterize(z_mean, z_log_var, 0 * epsilon), z_mean)


@pytest.mark.parametrize("way", [latent.lerp, latent.slerp])
def test_ways_lead_from_one_code_to_the_other(way):
    a, b = RNG.normal(size=(2, 5, 4))
    assert np.allclose(way(a, b, 0), a) and np.allclose(way(a, b, 1), b)


def test_the_arc_keeps_the_length_and_the_straight_way_does_not():
    a, b = np.array([[3.0, 0.0]]), np.array([[0.0, 3.0]])
    assert np.allclose(latent.lerp(a, b, 0.5), [[1.5, 1.5]])
    for share in (0.1, 0.5, 0.8):
        assert np.linalg.norm(latent.slerp(a, b, share)) == pytest.approx(3)
    assert np.allclose(latent.slerp(a, b, 0.5), [[3 / np.sqrt(2)] * 2])


@pytest.fixture(scope="module")
def model():
    """A decoder whose images depend on the code clearly."""
    set_seed(2)
    model = small_memory()
    model.set_weights([weight * 3 for weight in model.get_weights()])
    model.compile("adam")
    return model


def test_it_finds_the_code_of_an_image_that_the_decoder_drew(model):
    image = model.decode(np.array([[0.5, -0.3, 0.8]]))[0]
    before = fingerprint(model)
    code, error = latent.find_code(model, image, steps=200)
    assert fingerprint(model) == before
    assert (code.shape, code.dtype, type(error)) == ((3,), np.float32, float)
    found = np.square(model.decode(code[None])[0] - image).sum()
    assert error == pytest.approx(found, rel=1e-3, abs=1e-6)
    start = np.square(model.decode(np.zeros((1, 3)))[0] - image).sum()
    assert error < start / 100


def test_it_begins_where_it_is_told(model):
    code, _ = latent.find_code(model, PIXELS[0], steps=1, learning_rate=1e-6, start=[2, -1, 3])
    assert np.allclose(code, [2, -1, 3], atol=1e-5)


def test_all_ways_to_write_an_image_give_the_same(model):
    images = [PIXELS[0], PIXELS[0, ..., None], PIXELS[0] / 255]
    codes = [latent.find_code(model, image, steps=2)[0] for image in images]
    assert np.array_equal(codes[0], codes[1]) and np.allclose(codes[0], codes[2], atol=1e-6)
    color = Memory(2, (4, 4, 3), filters=(2,))
    assert latent.find_code(color, np.zeros((4, 4, 3), np.uint8), steps=2)[0].shape == (2,)


@pytest.mark.parametrize(("n", "m", "k"), [(1, 1, 1), (7, 30, 2), (20, 500, 16)])
def test_nearest_distances_by_brute_force(n, m, k):
    samples, codes = RNG.normal(size=(n, k)), RNG.normal(size=(m, k))
    wanted = np.sqrt(np.square(samples[:, None] - codes).sum(axis=-1)).min(axis=1)
    assert np.allclose(latent.nearest_distances(samples, codes), wanted)


def test_active_units_are_those_whose_mean_varies():
    z_mean = 5 + np.array([1.0, 0.0, 0.05, 0.2, 3.0]) * RNG.normal(size=(5000, 5))
    assert latent.active_units(z_mean).tolist() == [True, False, False, True, True]
    assert latent.active_units(z_mean, threshold=0.001).tolist()[2]


def test_latent_channels_by_hand():
    """One latent sends -1 and 1 through a stddev of a half, the other only noise of the prior."""
    z_mean = np.array([[-1.0, 0.0], [1.0, 0.0]])
    z_log_var = np.log(np.array([[0.25, 1.0], [0.25, 1.0]]))
    found = latent.latent_channels(z_mean, z_log_var)
    nats = 0.5 * (1 + 0.25 - 1 - np.log(0.25))
    assert np.allclose(found["signal"], [1, 0]) and np.allclose(found["stddev"], [0.5, 1])
    assert np.allclose(found["bits"], [nats / np.log(2), 0], atol=1e-6)


def test_small_variances_far_from_zero_are_not_lost_in_float32():
    z_mean = 1e4 + np.array([1.0, 0.0, 0.2]) * np.random.default_rng(1).normal(size=(5000, 3))
    assert latent.active_units(z_mean.astype(np.float32)).tolist() == [True, False, True]


def test_the_noise_of_a_channel_is_averaged_as_a_power():
    found = latent.latent_channels(np.zeros((2, 1)), np.log(np.array([[1.0], [9.0]])))
    assert found["stddev"] == pytest.approx(np.sqrt(5))
