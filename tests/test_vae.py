"""The VAE: what it computes against NumPy, what its seed decides, and what it refuses."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from scipy.stats import kstest

from tests.test_losses import numpy_bernoulli, numpy_gaussian, numpy_kl, sigmoid, slope
from tests.test_models import (
    BAD_CODES,
    BAD_PICTURES,
    CODES,
    GREY,
    PIXELS,
    SHAPE,
    assert_refused,
    fingerprint,
)
from tests.test_networks import numpy_dense
from vae_tutorial import store
from vae_tutorial.base import EncodingModel
from vae_tutorial.losses import elbo, reconstruction_loss
from vae_tutorial.runtime import keras, tf
from vae_tutorial.training import train
from vae_tutorial.vae import VAE, NoiselessVAE


def small_vae(seed=0, **options):
    """A VAE of the least size."""
    return VAE(3, SHAPE, units=(8,), decoder_units=(8, 8), seed=seed, **options)


def with_random_weights(vae, seed=0):
    """The VAE with weights so large that each part of the loss depends on all of them."""
    rng = np.random.default_rng(seed)
    vae.set_weights([rng.normal(0, 0.4, weight.shape) for weight in vae.get_weights()])
    vae.compile("sgd")
    return vae


def variables_of(vae):
    """Those of the encoder, those of the decoder, and the learned noise, where there is one."""
    learned = [vae.noise_log_var] if vae.get_config()["noise_stddev"] == "learned" else []
    return [vae.encoder.weights, vae.decoder.weights, learned]


def weights_of(vae):
    """Their values: three lists of float64 arrays."""
    return [[w.numpy().astype(float) for w in weights] for weights in variables_of(vae)]


def numpy_losses(encoder, decoder, x, epsilon, log_var=None):
    """Reconstruction loss and KL divergence of each picture, in float64."""
    z_mean, z_log_var = np.split(numpy_dense(x, encoder), 2, axis=1)
    z = z_mean + np.exp(z_log_var / 2) * epsilon
    x_logits = numpy_dense(z, decoder).reshape(x.shape)
    if log_var is None:
        return numpy_bernoulli(x, x_logits), numpy_kl(z_mean, z_log_var)
    return numpy_gaussian(x, x_logits, log_var), numpy_kl(z_mean, z_log_var)


def noise_of(vae, x, training=False):
    """The standard normal numbers that the VAE takes for this batch."""
    return vae._epsilon(tf.constant(x), training).numpy().astype(float)


NOISES = {None: None, 0.1: 2 * np.log(0.1), 2: 2 * np.log(2), "learned": 0.7}


def vae_with_noise(noise_stddev, **options):
    """A VAE with random weights; where the noise is learned, its log-variance is 0.7."""
    vae = with_random_weights(small_vae(noise_stddev=noise_stddev, **options))
    if noise_stddev == "learned":
        vae.noise_log_var.assign(0.7)
    return vae


@pytest.mark.parametrize(
    ("noise_stddev", "beta"), [(None, 0), (None, 1), (None, 4), (0.1, 1), (2, 4), ("learned", 1)]
)
def test_evaluate_says_what_numpy_says(noise_stddev, beta):
    vae = vae_with_noise(noise_stddev, beta=beta)
    encoder, decoder, _ = weights_of(vae)
    parts = numpy_losses(encoder, decoder, GREY, noise_of(vae, GREY), NOISES[noise_stddev])
    reconstruction, kl = (part.mean() for part in parts)
    found = vae.evaluate(PIXELS, return_dict=True, verbose=0)
    assert sorted(found) == ["kl_divergence", "loss", "reconstruction_loss"]
    assert found["reconstruction_loss"] == pytest.approx(reconstruction, rel=1e-5)
    assert found["kl_divergence"] == pytest.approx(kl, rel=1e-5) and kl > 0.5
    assert found["loss"] == pytest.approx(reconstruction + beta * kl, rel=1e-5)
    assert vae.evaluate(PIXELS, return_dict=True, verbose=0) == found


def test_the_loss_at_beta_one_is_minus_the_elbo():
    vae = vae_with_noise(None)
    epsilon = noise_of(vae, GREY).astype(np.float32)
    z_mean, z_log_var = vae.posterior(GREY)
    x_logits = vae.decoder(vae.draw(z_mean, z_log_var, epsilon))
    wanted = -elbo(GREY, x_logits, z_mean, z_log_var).numpy().mean()
    assert float(vae.compute_loss(tf.constant(GREY), training=False)) == pytest.approx(wanted)


@pytest.mark.parametrize("batch_size", [4, 5])
def test_a_smaller_last_batch_weighs_no_more_than_its_pictures(batch_size):
    vae = vae_with_noise(None, beta=2)
    encoder, decoder, _ = weights_of(vae)
    batches = [GREY[start : start + batch_size] for start in range(0, 6, batch_size)]
    parts = [numpy_losses(encoder, decoder, x, noise_of(vae, x)) for x in batches]
    reconstruction, kl = np.concatenate(parts, axis=1).mean(axis=1)
    found = vae.evaluate(PIXELS, batch_size=batch_size, return_dict=True, verbose=0)
    assert found["reconstruction_loss"] == pytest.approx(reconstruction, rel=1e-5)
    assert found["kl_divergence"] == pytest.approx(kl, rel=1e-5)
    assert found["loss"] == pytest.approx(reconstruction + 2 * kl, rel=1e-5)


def test_the_noise_of_an_evaluation_depends_on_seed_and_pictures_alone():
    vae, other = small_vae(), small_vae(seed=1)
    epsilon = noise_of(vae, GREY)
    vae.compile("sgd")
    vae.fit(PIXELS, verbose=0)
    tf.random.set_seed(9)
    assert np.array_equal(noise_of(vae, GREY), epsilon)
    assert np.array_equal(noise_of(small_vae(noise_stddev=2.0), GREY), epsilon)
    assert not np.isclose(noise_of(vae, GREY[:5]), epsilon[:5]).any()
    assert not np.isclose(noise_of(other, GREY), epsilon).any()


def test_the_noise_of_training_depends_on_seed_and_step_alone():
    vae = small_vae()
    vae.compile("sgd")
    seen = [noise_of(vae, GREY, training=True)]
    assert np.array_equal(noise_of(vae, 1 - GREY, training=True), seen[0])
    for _ in range(2):
        vae.fit(PIXELS, verbose=0)
        seen.append(noise_of(vae, GREY, training=True))
    assert len(np.unique(np.round(seen, 6))) == 3 * 18
    assert not np.isclose(noise_of(vae, GREY), seen).any()  # nor is it that of an evaluation
    again = small_vae()
    again.compile("adam")
    assert np.array_equal(noise_of(again, GREY, training=True), seen[0])


def test_the_noise_is_standard_normal():
    vae = VAE(20, SHAPE, units=(), decoder_units=())
    vae.compile("sgd")
    for training in (True, False):
        epsilon = noise_of(vae, np.repeat(GREY, 1000, axis=0), training)
        error = 5 / np.sqrt(epsilon.size)  # five standard errors
        assert epsilon.shape == (6000, 20)
        assert abs(epsilon.mean()) < error and abs(epsilon.var() - 1) < np.sqrt(2) * error
        assert abs(np.corrcoef(epsilon.T) - np.eye(20)).max() < 5 / np.sqrt(6000)


@pytest.mark.parametrize("noise_stddev", NOISES)
def test_gradient_of_the_whole_loss(noise_stddev):
    """By each weight of encoder and decoder, and by the learned noise, against NumPy."""
    vae, beta = vae_with_noise(noise_stddev, beta=1.5), 1.5
    epsilon = noise_of(vae, GREY)

    @tf.function
    def gradient():
        with tf.GradientTape() as tape:
            loss = vae.compute_loss(tf.constant(GREY), training=False)
        by = [[variable.value for variable in variables] for variables in variables_of(vae)]
        return tape.gradient(loss, by)

    def independent(encoder, decoder, learned):
        log_var = learned[0] if learned else NOISES[noise_stddev]
        reconstruction, kl = numpy_losses(encoder, decoder, GREY, epsilon, log_var)
        return (reconstruction + beta * kl).mean()

    lists, found, rng = weights_of(vae), gradient(), np.random.default_rng(1)
    assert [len(weights) for weights in found] == [4, 6, noise_stddev == "learned"]
    for place, index in [(p, i) for p, weights in enumerate(lists) for i in range(len(weights))]:

        def along(value, place=place, index=index):
            changed = [list(weights) for weights in lists]
            changed[place][index] = value
            return independent(*changed)

        by = found[place][index].numpy().astype(float)
        direction = by / np.linalg.norm(by)  # so that no slope is lost in rounding
        direction = direction + rng.normal(size=by.shape) * abs(direction).mean()
        wanted = slope(along, lists[place][index], direction)
        assert (by * direction).sum() == pytest.approx(wanted, rel=1e-3)


def test_a_step_of_training_follows_that_gradient():
    """And takes the noise of its step."""
    vae = vae_with_noise("learned", beta=0.5)
    vae.compile(keras.optimizers.SGD(0.25))
    before, epsilon = vae.get_weights(), noise_of(vae, GREY, training=True)
    with tf.GradientTape() as tape:
        z_mean, z_log_var = vae.posterior(GREY)
        logits = vae.decoder(vae.draw(z_mean, z_log_var, epsilon.astype(np.float32)))
        log_var = vae.noise_log_var + 0.0
        loss = -tf.reduce_mean(elbo(GREY, logits, z_mean, z_log_var, log_var))
        kl = tf.square(z_mean) + tf.exp(z_log_var) - 1 - z_log_var
        loss -= 0.5 * tf.reduce_mean(tf.reduce_sum(kl, axis=1)) / 2
    by = tape.gradient(loss, [weight.value for weight in vae.weights])
    vae.fit(PIXELS, batch_size=6, verbose=0)
    for old, new, gradient in zip(before, vae.get_weights(), by, strict=True):
        assert np.allclose(old - new, 0.25 * gradient.numpy(), rtol=1e-3, atol=1e-5)
        assert not np.array_equal(old, new)


@pytest.mark.parametrize("noise_stddev", NOISES)
def test_loss_parts_outside_of_a_graph(noise_stddev):
    """As a notebook calls them, cell by cell."""
    vae = vae_with_noise(noise_stddev)
    encoder, decoder, _ = weights_of(vae)
    epsilon = np.random.default_rng(2).normal(size=(6, 3))
    wanted = numpy_losses(encoder, decoder, GREY, epsilon, NOISES[noise_stddev])
    found = vae.loss_parts(tf.constant(GREY), epsilon.astype(np.float32))
    assert np.allclose(found, wanted, rtol=1e-5) and found[0].shape == found[1].shape == (6,)


def test_the_learned_noise_is_a_weight_and_finds_its_value():
    """With all other weights at rest: the log of the mean squared error of a pixel."""
    vae = small_vae(noise_stddev="learned")
    assert len(vae.trainable_variables) == len(small_vae().trainable_variables) + 1
    assert any(weight is vae.noise_log_var for weight in vae.trainable_variables)
    assert (vae.noise_log_var.shape, float(vae.noise_log_var.numpy())) == ((), 0)
    for weight in vae.encoder.weights + vae.decoder.weights:
        weight.assign(np.zeros(weight.shape))
    vae.encoder.trainable = vae.decoder.trainable = False
    train(vae, PIXELS, steps=150, learning_rate=0.2)
    wanted = np.log(np.square(GREY - 0.5).mean())
    assert float(vae.noise_log_var.numpy()) == pytest.approx(wanted, abs=0.01)


def test_fixed_noise_by_hand():
    """All weights zero: grey pictures, codes that say nothing, one Gaussian for all pixels."""
    vae = small_vae(noise_stddev=0.1)
    assert len(vae.weights) == len(small_vae().weights)
    vae.set_weights([np.zeros(weight.shape) for weight in vae.get_weights()])
    vae.compile("sgd")
    found = vae.evaluate(PIXELS, return_dict=True, verbose=0)
    squares = np.square(GREY.astype(float) - 0.5).sum() / 6
    wanted = 50 * squares + 64 * np.log(0.1 * np.sqrt(2 * np.pi))
    assert found["loss"] == pytest.approx(wanted, rel=1e-6) and found["kl_divergence"] == 0


def test_training_finds_the_pictures():
    vae = small_vae(noise_stddev=0.1)
    before = np.square(vae.reconstruct(PIXELS) - GREY).mean()
    history = train(vae, PIXELS, steps=100, learning_rate=0.03)
    assert history.loss[-1] < history.loss[0] / 2
    assert np.square(vae.reconstruct(PIXELS) - GREY).mean() < before / 2


def test_encode_gives_the_posterior():
    vae = vae_with_noise(None)
    codes = vae.encode(PIXELS)
    wanted = np.split(numpy_dense(GREY, weights_of(vae)[0]), 2, axis=1)
    assert type(codes) is tuple and len(codes) == 2
    for found, reference, batched, tensor in zip(
        codes, wanted, vae.encode(PIXELS, batch_size=4), vae.posterior(GREY), strict=True
    ):
        assert (type(found), found.shape, found.dtype) == (np.ndarray, (6, 3), np.float32)
        assert np.allclose(found, reference, atol=1e-5)
        assert np.allclose(found, batched, atol=1e-5) and np.allclose(found, tensor, atol=1e-5)


def test_reconstruct_and_predict_decode_the_means():
    vae = vae_with_noise(None)
    encoder, decoder, _ = weights_of(vae)
    logits = numpy_dense(numpy_dense(GREY, encoder)[:, :3], decoder).reshape(GREY.shape)
    assert np.allclose(vae.predict(PIXELS, verbose=0), logits, atol=1e-4)
    pictures = vae.reconstruct(PIXELS)
    assert (pictures.shape, pictures.dtype) == (GREY.shape, np.float32)
    assert np.allclose(pictures, sigmoid(logits), atol=1e-5)
    assert np.allclose(vae.decode(vae.encode(PIXELS)[0]), pictures, atol=1e-6)


def test_draw_is_stddev_times_epsilon_plus_mean():
    rng = np.random.default_rng(3)
    z_mean, z_log_var = rng.normal(0, 2, (2, 3)), rng.uniform(-6, 3, (2, 3))
    single = z_mean.astype(np.float32), z_log_var.astype(np.float32)
    vae = small_vae()
    assert np.array_equal(vae.draw(*single, np.zeros((2, 3), np.float32)), single[0])
    epsilon = rng.normal(size=(40_000, 2, 3))
    rows = [np.tile(numbers, (40_000, 1)) for numbers in single]
    drawn = vae.draw(*rows, epsilon.reshape(-1, 3).astype(np.float32)).numpy()
    drawn = drawn.reshape(epsilon.shape)
    stddev = np.exp(z_log_var / 2)
    assert np.allclose(drawn, z_mean + stddev * epsilon, rtol=1e-4, atol=1e-5)
    scores = (drawn.mean(axis=0) - z_mean) / (stddev / np.sqrt(40_000))
    assert abs(scores).max() < 4.5
    assert np.allclose(drawn.std(axis=0), stddev, rtol=4.5 / np.sqrt(80_000))


@pytest.mark.parametrize("noise_stddev", [None, 0.1])
@pytest.mark.parametrize("z_mean", [0, 1e4, -3.4e38])
@pytest.mark.parametrize("z_log_var", [-3.4e38, -1e4, 1e4, 3.4e38])
def test_loss_and_gradient_are_finite_whatever_the_encoder_says(noise_stddev, z_mean, z_log_var):
    vae = small_vae(noise_stddev=noise_stddev)
    vae.encoder.weights[-1].assign([z_mean] * 3 + [z_log_var] * 3)
    with tf.GradientTape() as tape:
        parts = vae.loss_parts(tf.constant(GREY), CODES)
        loss = tf.reduce_mean(parts[0] + parts[1])
    variables = vae.decoder.weights + vae.encoder.weights
    by = [g.numpy() for g in tape.gradient(loss, [variable.value for variable in variables])]
    assert np.isfinite(loss) and all(np.isfinite(gradient).all() for gradient in by)
    # A step against the gradient leads back to where Gaussians are of use.
    assert (by[-1][3:] * np.sign(z_log_var) > 0).all()
    assert z_mean == 0 or (by[-1][:3] * np.sign(z_mean) > 0).all()


def test_sample_draws_from_the_prior():
    vae = vae_with_noise(None)
    pictures = vae.sample(7, seed=3)
    assert (pictures.shape, pictures.dtype) == ((7, *SHAPE), np.float32)
    assert 0 <= pictures.min() < pictures.max() <= 1
    keras.utils.set_random_seed(4)
    assert np.array_equal(vae.sample(7, seed=3), pictures)
    assert np.array_equal(vae.sample(7), vae.sample(7, seed=0))
    for seed in (0, 4):
        assert not np.isclose(vae.sample(7, seed=seed), pictures).all(axis=(1, 2, 3)).any()
    assert len(np.unique(pictures.reshape(7, -1), axis=0)) == 7


def test_samples_have_the_statistics_of_the_prior():
    """The first three logits are made to be the code itself."""
    vae = VAE(3, (8, 8, 1), units=(), decoder_units=())
    vae.decoder.set_weights([np.eye(3, 64), np.zeros(64)])
    pictures = vae.sample(20_000, seed=1).reshape(20_000, 64)[:, :3].astype(float)
    z = np.log(pictures / (1 - pictures))
    assert abs(z.mean(axis=0)).max() < 4.5 / np.sqrt(20_000)
    assert abs(np.cov(z.T) - np.eye(3)).max() < 4.5 * np.sqrt(2 / 20_000)
    assert kstest(z.ravel(), "norm").pvalue > 1e-4


def test_without_weights_the_mean_is_shown():
    mean = GREY.mean(axis=0)
    vae = small_vae(mean=mean)
    last = vae.decoder.weights[-2]
    last.assign(np.zeros(last.shape))
    wanted = mean.clip(0.001, 0.999)[None]
    assert np.allclose(vae.sample(5), wanted, atol=1e-6)
    assert np.allclose(vae.reconstruct(PIXELS), wanted, atol=1e-6)
    plain = small_vae()
    for weight, other in zip(weights_of(vae)[0], weights_of(plain)[0], strict=True):
        assert np.array_equal(weight, other)


def test_the_seed_decides_the_weights_and_nothing_else_does():
    first = fingerprint(small_vae(seed=1))[1]
    keras.utils.set_random_seed(123)
    assert fingerprint(small_vae(seed=1, beta=3, noise_stddev=0.5))[1] == first
    others = {fingerprint(small_vae(seed=seed))[1] for seed in (0, 2, 3, 500_000)}
    assert len(others | {first}) == 5
    starts = [weight.ravel()[:6] for weight in small_vae().get_weights() if weight.ndim > 1]
    assert len(starts) == 5  # no two of them from the same random numbers, whatever their scale
    assert len({str(np.round(start / abs(start).max(), 3)) for start in starts}) == 5


def end(seed):
    """Hash of the weights and the optimizer after 30 steps, and what the VAE then says."""
    vae = small_vae(seed=seed, noise_stddev="learned")
    train(vae, PIXELS, steps=30, batch_size=4)
    return [fingerprint(vae)[1], vae.sample(2).tolist(), vae.encode(PIXELS)[1].tolist()]


def test_training_ends_in_the_same_weights_in_another_process():
    """And nothing but them is printed there."""
    script = "import json; from tests.test_vae import end; print(json.dumps(end(seed=7)))"
    other = subprocess.Popen(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONHASHSEED": "77", "KERAS_BACKEND": "jax"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    here = end(seed=7)
    assert end(seed=8)[0] != here[0]
    printed, errors = other.communicate(timeout=180)
    assert errors == "" and json.loads(printed) == here


def test_training_goes_on_after_loading_as_if_it_had_not_stopped(tmp_path):
    """Noise is a function of the step, which the saved optimizer knows."""
    straight, stopped = (small_vae(seed=5, noise_stddev="learned") for _ in range(2))
    for vae in (straight, stopped):
        vae.compile(keras.optimizers.Adam(0.01))
    straight.fit(PIXELS, batch_size=3, epochs=3, verbose=0)
    stopped.fit(PIXELS, batch_size=3, epochs=1, verbose=0)
    stopped.save(tmp_path / "vae.keras")
    again = keras.models.load_model(tmp_path / "vae.keras")
    again.fit(PIXELS, batch_size=3, epochs=2, verbose=0)
    assert fingerprint(again)[1] == fingerprint(straight)[1] != fingerprint(stopped)[1]


@pytest.mark.parametrize(
    ("noise_stddev", "compiled"), [(None, True), (np.float32(0.3), False), ("learned", True)]
)
def test_saved_by_keras_and_loaded_again(noise_stddev, compiled, tmp_path):
    vae = small_vae(seed=np.int64(3), beta=2, noise_stddev=noise_stddev, mean=GREY[0])
    if compiled:
        train(vae, PIXELS, steps=2)
    vae.save(tmp_path / "vae.keras")
    again = keras.models.load_model(tmp_path / "vae.keras")
    assert isinstance(again, VAE) and again.get_config() == vae.get_config()
    assert fingerprint(again)[1] == fingerprint(vae)[1]
    assert np.array_equal(again.predict(PIXELS, verbose=0), vae.predict(PIXELS, verbose=0))
    assert np.array_equal(again.sample(3), vae.sample(3))
    assert np.array_equal(again.encode(PIXELS), vae.encode(PIXELS))
    if compiled:
        assert again.evaluate(PIXELS, verbose=0) == vae.evaluate(PIXELS, verbose=0)


def test_config_builds_the_same_model_again():
    vae = VAE(2, (6, 5, 2), units=(4, 3), decoder_units=(5,), beta=0, noise_stddev=0.2, seed=9)
    config = json.loads(json.dumps(vae.get_config()))
    assert config == {
        "latent_dim": 2,
        "image_shape": [6, 5, 2],
        "units": [4, 3],
        "decoder_units": [5],
        "beta": 0,
        "noise_stddev": 0.2,
        "seed": 9,
    }
    again = VAE.from_config(config)
    assert again.get_config() == vae.get_config()
    assert fingerprint(again)[1] == fingerprint(vae)[1]


@pytest.mark.parametrize("noise_stddev", [None, "learned"])
def test_weights_saved_as_arrays_and_loaded_again(noise_stddev, tmp_path):
    vae, again = vae_with_noise(noise_stddev), small_vae(noise_stddev=noise_stddev, seed=1)
    store.save_weights(tmp_path / "vae.npz", vae)
    store.load_weights(tmp_path / "vae.npz", again)
    for found, wanted in zip(again.get_weights(), vae.get_weights(), strict=True):
        assert np.array_equal(found, wanted)
    other = small_vae(noise_stddev=None if noise_stddev else "learned")
    before = fingerprint(other)
    with pytest.raises(store.DataError):
        store.load_weights(tmp_path / "vae.npz", other)
    assert fingerprint(other) == before


def test_shapes_of_a_default_vae():
    vae = VAE()
    assert (vae.latent_dim, vae.image_shape) == (20, (28, 28, 1))
    assert isinstance(vae, EncodingModel)
    encoder = (784 + 1) * 256 + (256 + 1) * 40
    assert vae.count_params() == encoder + (20 + 1) * 256 + (256 + 1) * 256 + (256 + 1) * 784
    z_mean, z_log_var = vae.encode(np.zeros((2, 28, 28), np.uint8))
    assert z_mean.shape == z_log_var.shape == (2, 20)
    assert vae.sample(2).shape == (2, 28, 28, 1)


@pytest.fixture(scope="module")
def trained():
    """One VAE for all refusals, trained a step, so that its optimizer has something to lose."""
    vae = small_vae(noise_stddev="learned")
    vae.compile("adam")
    vae.fit(PIXELS, verbose=0)
    return vae


@pytest.mark.parametrize("case", BAD_PICTURES)
@pytest.mark.parametrize("method", ["fit", "evaluate", "predict", "encode", "reconstruct"])
def test_pictures_are_refused(trained, method, case):
    bad, kind, words = BAD_PICTURES[case]
    call = getattr(trained, method)
    assert_refused(trained, kind, f"^x must .*{words}", lambda: call(bad))


@pytest.mark.parametrize("case", BAD_PICTURES)
def test_pictures_are_refused_by_train(trained, case):
    bad, kind, words = BAD_PICTURES[case]
    assert_refused(trained, kind, f"^x must .*{words}", lambda: train(trained, bad, steps=1))


@pytest.mark.parametrize("case", BAD_CODES)
def test_codes_are_refused(trained, case):
    bad, kind, words = BAD_CODES[case]
    assert_refused(trained, kind, f"^z must .*{words}", lambda: trained.decode(bad))


def test_other_arguments_of_the_methods_are_refused(trained):
    """Targets, counts, and pictures to validate on."""
    cases = [
        (ValueError, "y must be None", lambda: trained.fit(PIXELS, PIXELS)),
        (ValueError, "y must be None", lambda: trained.evaluate(PIXELS, PIXELS)),
        (ValueError, "y must be None", lambda: train(trained, PIXELS, PIXELS, steps=1)),
        (ValueError, "divide by 255", lambda: trained.fit(PIXELS, validation_data=(GREY * 255,))),
        (ValueError, "^epochs must", lambda: trained.fit(PIXELS, epochs=0)),
        (TypeError, "^batch_size must", lambda: trained.fit(PIXELS, batch_size=2.0)),
        (ValueError, "^batch_size must", lambda: trained.evaluate(PIXELS, batch_size=-1)),
        (TypeError, "^batch_size must", lambda: trained.encode(PIXELS, batch_size="3")),
        (ValueError, "^count must", lambda: trained.sample(0)),
        (TypeError, "^count must", lambda: trained.sample(2.0)),
        (ValueError, "^seed must", lambda: trained.sample(2, seed=-1)),
        (TypeError, "^seed must", lambda: trained.sample(2, seed=None)),
    ]
    for kind, words, call in cases:
        assert_refused(trained, kind, words, call)


def test_a_refusal_leaves_no_mark_on_a_new_vae():
    refusing, other = small_vae(), small_vae()
    for call in (refusing.fit, refusing.evaluate):
        for bad, kind, _ in BAD_PICTURES.values():
            with pytest.raises(kind, match="^x must"):
                call(bad)
    assert not refusing.compiled
    for vae in (refusing, other):
        vae.compile("sgd")
        vae.fit(PIXELS, verbose=0)
    assert fingerprint(refusing)[1] == fingerprint(other)[1] != fingerprint(small_vae())[1]


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        *[("beta", value, ValueError) for value in (-1, float("nan"), float("inf"), -1e-300)],
        *[("beta", value, TypeError) for value in ("1", True, None, [1], 1j)],
        *[("noise_stddev", value, ValueError) for value in (0, -1, float("nan"), float("inf"))],
        *[("noise_stddev", value, TypeError) for value in ("x", "Learned", True, [0.1], 1j)],
        *[("latent_dim", value, ValueError) for value in (0, -2)],
        *[("latent_dim", value, TypeError) for value in (2.5, "8", True, None)],
        *[("decoder_units", value, TypeError) for value in (8, None, (2.5,), ("8",))],
        ("decoder_units", (8, 0), ValueError),
        ("mean", np.zeros((8, 9, 1)), ValueError),
    ],
    ids=str,
)
def test_arguments_are_refused_by_name(name, value, kind):
    with pytest.raises(kind, match=f"^{name} must"):
        VAE(**{"latent_dim": 2, "image_shape": SHAPE, name: value})


def test_all_ways_to_write_pictures_give_the_same():
    vae = vae_with_noise(None)
    wanted = vae.evaluate(GREY, return_dict=True, verbose=0)
    for pictures in (PIXELS, PIXELS[..., None], GREY[..., 0], PIXELS / 255):
        assert vae.evaluate(pictures, return_dict=True, verbose=0) == wanted
        assert np.array_equal(vae.encode(pictures), vae.encode(GREY))
    dataset = tf.data.Dataset.from_tensors(GREY)
    assert vae.evaluate(dataset, return_dict=True, verbose=0) == wanted


def test_without_noise_epsilon_changes_nothing():
    """And the reconstruction loss is that of the means."""
    vae = NoiselessVAE(3, (8, 8, 1), units=(8,), decoder_units=(8,), beta=0)
    rng = np.random.default_rng(0)
    x = rng.random((6, 8, 8, 1)).astype(np.float32)
    first, second = (vae.loss_parts(x, rng.normal(size=(6, 3)).astype("f4")) for _ in range(2))
    assert np.array_equal(first[0], second[0]) and np.array_equal(first[1], second[1])
    means = reconstruction_loss(x, vae.decoder(vae.encode(x)[0]))
    assert np.allclose(first[0], means, rtol=1e-5)
