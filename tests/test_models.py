"""The models are Keras models: what a Keras user types works. And the VAE computes what it says."""

import importlib.util
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.stats import kstest

from tests.small_models import (
    CODES,
    GRAY,
    KINDS,
    PIXELS,
    SHAPE,
    data_for,
    fingerprint,
    small,
    small_memory,
    small_vae,
)
from tests.test_losses import numpy_bernoulli, numpy_gaussian, numpy_kl, sigmoid, slope
from tests.test_networks import numpy_dense
from vae_tutorial.models import VAE, NoiselessVAE
from vae_tutorial.training import batches, set_seed

every_kind = pytest.mark.parametrize("kind", KINDS)
both_ways = pytest.mark.parametrize("jit_compile", [False, True])


def trained(kind, steps=2, **options):
    """A model of this kind after some steps."""
    set_seed(0)
    model = small(kind)
    model.compile("adam", **options)
    model.fit(batches(*data_for(model), batch_size=3, steps=steps), verbose=0)
    return model


# What a Keras user types.


@every_kind
@both_ways
@pytest.mark.parametrize(
    "images",
    [PIXELS, PIXELS[..., None], GRAY, GRAY[..., 0], GRAY.astype(float)],
    ids=["uint8", "uint8 with channel", "float32", "without channel", "float64"],
)
def test_fit_takes_images_as_they_come(kind, jit_compile, images):
    model = small(kind)
    model.compile("adam", jit_compile=jit_compile)
    history = model.fit(*data_for(model, images), batch_size=4, epochs=2, verbose=0).history
    assert len(history["loss"]) == 2 and np.isfinite(history["loss"]).all()


@every_kind
def test_all_ways_to_write_images_give_the_same(kind):
    model = trained(kind)
    forms = (PIXELS, PIXELS[..., None], GRAY, GRAY[..., 0], GRAY.astype(float))
    losses = [model.evaluate(*data_for(model, images), verbose=0) for images in forms]
    assert np.allclose(losses, losses[0], rtol=1e-6)


@every_kind
def test_fit_takes_what_keras_takes(kind, tmp_path):
    model = small(kind)
    model.compile(metrics=["mae"], steps_per_execution=2)
    data = data_for(model)
    callbacks = [
        keras.callbacks.EarlyStopping(patience=5),
        keras.callbacks.TerminateOnNaN(),
        keras.callbacks.ModelCheckpoint(tmp_path / "best.keras"),
        keras.callbacks.BackupAndRestore(tmp_path / "backup"),
    ]
    if importlib.util.find_spec("tensorboard"):
        callbacks.append(keras.callbacks.TensorBoard(tmp_path / "logs"))
    history = model.fit(
        *data, batch_size=2, validation_split=0.5, shuffle=True, verbose=0, callbacks=callbacks
    ).history
    assert {"loss", "val_loss", "mae", "val_mae"} <= set(history)
    images = 1 / (1 + np.exp(-model.predict(data[0], verbose=0)))
    wanted = abs(images - GRAY).mean()
    found = model.evaluate(*data, verbose=0, return_dict=True)["mae"]
    assert found == pytest.approx(wanted, rel=1e-4)
    again = keras.models.load_model(tmp_path / "best.keras")
    assert np.isfinite(again.evaluate(*data, verbose=0)).all()
    model.fit(*data, validation_data=data if len(data) == 2 else (*data, *data), verbose=0)
    model.fit(*data, sample_weight=np.ones(6), verbose=0)
    assert np.isfinite(model.train_on_batch(*data)).all()
    assert np.isfinite(model.test_on_batch(*data)).all()
    model.summary(print_fn=lambda text: None)


@every_kind
def test_fit_takes_datasets_and_generators(kind):
    model = trained(kind)
    data = data_for(model)
    dataset = tf.data.Dataset.from_tensor_slices(data if len(data) == 2 else data[0]).batch(2)

    def generator():
        for start in range(0, 6, 2):
            yield tuple(array[start : start + 2] for array in data)

    for x in (dataset, generator(), batches(*data, batch_size=2)):
        assert np.isfinite(model.fit(x, verbose=0, shuffle=False).history["loss"]).all()
    if kind != "Memory":
        pairs = tf.data.Dataset.from_tensor_slices((GRAY, GRAY)).batch(2)
        alone = tf.data.Dataset.from_tensor_slices(GRAY).batch(2)
        found = [model.evaluate(x, verbose=0, return_dict=True)["loss"] for x in (pairs, alone)]
        assert found[0] == pytest.approx(found[1], rel=1e-6)


@every_kind
def test_other_targets_are_learned(kind):
    """As a denoising autoencoder does: from one image to another."""
    model = small(kind)
    model.compile("adam")
    x = CODES if kind == "Memory" else GRAY
    target = 1 - GRAY
    before, after = (
        model.fit(x, target, epochs=epochs, verbose=0).history["loss"][-1] for epochs in (1, 60)
    )
    assert after < before


@every_kind
def test_weights_of_images_count(kind):
    """Beside targets: without a ``y`` Keras itself drops them."""
    model = trained(kind)
    x = CODES if kind == "Memory" else PIXELS
    weight = np.array([1, 1, 1, 0, 0, 0], np.float32)
    options = {"verbose": 0, "return_dict": True, "batch_size": 6}
    found, double = (
        model.evaluate(x, PIXELS, sample_weight=w, **options)["loss"] for w in (weight, 2 * weight)
    )
    assert double == pytest.approx(2 * found, rel=1e-5)
    if kind != "VAE":  # whose noise for six images is not that for three
        half = model.evaluate(x[:3], PIXELS[:3], **options)["loss"]
        assert found == pytest.approx(half / 2, rel=1e-5)


@every_kind
def test_a_loss_of_ones_own_is_not_taken(kind):
    model = small(kind)
    model.compile("adam", "mse")
    with pytest.raises(ValueError, match="loss must be None, not mse: compile without it"):
        model.fit(*data_for(model), verbose=0)


@every_kind
def test_a_smaller_last_batch_weighs_no_more_than_its_images(kind):
    model = trained(kind)
    data = data_for(model)
    if kind == "VAE":
        parts = [
            model.evaluate(GRAY[a:b], verbose=0, return_dict=True)["loss"]
            for a, b in ((0, 4), (4, 6))
        ]
        wanted = (4 * parts[0] + 2 * parts[1]) / 6
    else:
        logits = model.predict(data[0], verbose=0).astype(float)
        wanted = np.square(sigmoid(logits) - GRAY).sum((1, 2, 3)).mean()
    found = model.evaluate(*data, batch_size=4, verbose=0, return_dict=True)["loss"]
    assert found == pytest.approx(wanted, rel=1e-5)


@every_kind
def test_evaluate_gives_the_same_twice_and_changes_nothing(kind):
    model = trained(kind)
    before = fingerprint(model)
    first, second = (model.evaluate(*data_for(model), verbose=0) for _ in range(2))
    assert first == second and fingerprint(model) == before


# Saved, loaded, exported, reproduced.


@every_kind
def test_saved_and_loaded_bit_for_bit(kind, tmp_path):
    model = trained(kind)
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    assert type(again) is type(model) and again.latent_dim == 3 and again.image_shape == SHAPE
    assert fingerprint(again) == fingerprint(model)
    data = data_for(model)
    assert np.array_equal(again.predict(data[0], verbose=0), model.predict(data[0], verbose=0))
    assert again.evaluate(*data, verbose=0) == model.evaluate(*data, verbose=0)
    for one in (model, again):  # and both go on; the VAE with noise of its own
        one.fit(*data, shuffle=False, verbose=0)
    tolerance = 1e-2 if kind == "VAE" else 1e-6
    assert np.allclose(again.get_weights()[0], model.get_weights()[0], atol=tolerance)


def test_saved_and_loaded_a_vae_keeps_its_beta_and_its_noise(tmp_path):
    model = small_vae(beta=4.0, noise_stddev=0.1)
    model.compile()
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    assert again.evaluate(PIXELS, verbose=0) == model.evaluate(PIXELS, verbose=0)


SEPARATE = """
import sys
from tests.test_models import KINDS, fingerprint, trained
for kind in KINDS:
    print(kind, [fingerprint(trained(kind, 8, jit_compile=jit)) for jit in (False, True)])
"""


def in_another_process(code, **variables):
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_same_seed_gives_the_same_weights_in_two_processes():
    first, second = (in_another_process(SEPARATE, PYTHONHASHSEED=seed) for seed in "12")
    assert first == second and first.count("Memory") == 1


def test_importing_changes_nothing_global():
    code = """
import vae_tutorial.models, vae_tutorial.widgets, vae_tutorial.training
import keras, numpy as np, tensorflow as tf
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
model.compile("adam", "mse")
model.fit(np.ones((8, 4)), np.ones((8, 1)), verbose=0)
tf.random.normal((2,)), list(tf.data.Dataset.range(4).shuffle(4))
print(keras.config.dtype_policy().name, keras.config.image_data_format())
"""
    assert in_another_process(code).split() == ["float32", "channels_last"]


def test_importing_works_without_a_terminal():
    code = "import os; os.close(2); import vae_tutorial.models; print('imported')"
    assert in_another_process(code) == "imported\n"


def test_mixed_precision_is_named_and_the_hint_works():
    keras.config.set_dtype_policy("mixed_float16")
    try:
        with pytest.raises(ValueError, match='must be float32.*set_dtype_policy."float32"'):
            small_vae()
    finally:
        keras.config.set_dtype_policy("float32")
    assert small_vae().latent_dim == 3


# Codes and images.


@every_kind
def test_decode_gives_images(kind):
    model = trained(kind)
    images = model.decode(CODES)
    assert (images.shape, images.dtype) == ((6, *SHAPE), np.float32)
    assert np.allclose(images, sigmoid(model.decoder(CODES).numpy().astype(float)), atol=1e-6)
    far = model.decode(np.array([[3e30, -3e30, 3e30], [-1e9, 1e9, 0]]))
    assert np.isfinite(far).all() and far.min() >= 0 and far.max() <= 1


@pytest.mark.parametrize("kind", ["Autoencoder", "VAE"])
def test_encode_reconstruct_and_predict_agree(kind):
    model = trained(kind)
    codes = model.encode(PIXELS)
    means = codes[0] if kind == "VAE" else codes
    assert (means.shape, means.dtype) == ((6, 3), np.float32)
    batched = model.encode(PIXELS, batch_size=4)
    assert np.allclose(batched[0] if kind == "VAE" else batched, means, atol=1e-6)
    images = model.reconstruct(PIXELS)
    assert np.array_equal(images, model.decode(means))
    assert np.allclose(sigmoid(model.predict(PIXELS, verbose=0)), images, atol=1e-6)


# What the VAE computes.

NOISES = {None: None, 0.1: 2 * np.log(0.1), "learned": 0.7}


def vae_with_noise(noise_stddev, **options):
    """A VAE with random weights so large that each part of the loss depends on all of them."""
    rng = np.random.default_rng(0)
    vae = small_vae(noise_stddev=noise_stddev, **options)
    vae.set_weights([rng.normal(0, 0.4, weight.shape) for weight in vae.get_weights()])
    if noise_stddev == "learned":
        vae.noise_log_var.assign(0.7)
    vae.compile("sgd")
    return vae


def float64(weights):
    return [weight.numpy().astype(float) for weight in weights]


def numpy_losses(vae, x, epsilon, log_var=None):
    """Reconstruction loss and KL divergence of each image, in float64."""
    z_mean, z_log_var = np.split(numpy_dense(x, float64(vae.encoder.weights)), 2, axis=1)
    z = z_mean + np.exp(z_log_var / 2) * epsilon
    x_logits = numpy_dense(z, float64(vae.decoder.weights)).reshape(x.shape)
    if log_var is None:
        return numpy_bernoulli(x, x_logits), numpy_kl(z_mean, z_log_var)
    return numpy_gaussian(x, x_logits, log_var), numpy_kl(z_mean, z_log_var)


def noise_of_evaluation(n):
    seed = [0, int(GRAY[:n].sum())]
    return tf.random.stateless_normal((n, 3), seed).numpy().astype(float)


@pytest.mark.parametrize(
    ("noise_stddev", "beta"), [(None, 0), (None, 1), (None, 4), (0.1, 1), ("learned", 1)]
)
def test_evaluate_says_what_numpy_says(noise_stddev, beta):
    vae = vae_with_noise(noise_stddev, beta=beta)
    parts = numpy_losses(vae, GRAY, noise_of_evaluation(6), NOISES[noise_stddev])
    reconstruction, kl = (part.mean() for part in parts)
    found = vae.evaluate(PIXELS, return_dict=True, verbose=0)
    assert sorted(found) == ["kl_divergence", "loss", "reconstruction_loss"]
    assert found["reconstruction_loss"] == pytest.approx(reconstruction, rel=1e-4)
    assert found["kl_divergence"] == pytest.approx(kl, rel=1e-4) and kl > 0.5
    assert found["loss"] == pytest.approx(reconstruction + beta * kl, rel=1e-4)


@pytest.mark.parametrize("noise_stddev", NOISES)
def test_gradient_of_the_whole_loss(noise_stddev):
    """By each weight of encoder and decoder, and by the learned noise, against NumPy."""
    vae, beta = vae_with_noise(noise_stddev, beta=1.5), 1.5
    epsilon = noise_of_evaluation(6)
    with tf.GradientTape() as tape:
        loss = vae.compute_loss(tf.constant(GRAY), training=False)
    variables = vae.trainable_variables
    found = tape.gradient(loss, [variable.value for variable in variables])
    assert len(found) == 10 + (noise_stddev == "learned")
    rng = np.random.default_rng(1)
    for variable, by in zip(variables, found, strict=True):
        value = variable.numpy()

        def along(changed, variable=variable):
            variable.assign(changed)
            log_var = NOISES[noise_stddev]
            if noise_stddev == "learned":
                log_var = float(vae.noise_log_var.numpy())
            reconstruction, kl = numpy_losses(vae, GRAY, epsilon, log_var)
            return (reconstruction + beta * kl).mean()

        by = np.asarray(by, float)
        direction = by / np.linalg.norm(by)
        direction = direction + rng.normal(size=by.shape) * abs(direction).mean()
        wanted = slope(along, value.astype(float), direction, 1e-3)
        variable.assign(value)
        assert (by * direction).sum() == pytest.approx(wanted, rel=5e-3)


def test_the_noise_of_training_is_standard_normal_and_new_each_step():
    seen = []

    class Watching(VAE):
        def loss_parts(self, x, epsilon, target=None):
            seen.append(epsilon)
            return super().loss_parts(x, epsilon, target)

    set_seed(3)
    vae = Watching(20, SHAPE, units=(), decoder_units=())
    vae.compile("sgd", run_eagerly=True)
    many = np.repeat(GRAY, 500, axis=0)
    vae.fit(many, batch_size=3000, epochs=2, verbose=0)
    first, second = (epsilon.numpy() for epsilon in seen)
    assert not np.isclose(first, second).all()
    assert kstest(first.ravel(), "norm").pvalue > 1e-3
    assert abs(np.corrcoef(first.T) - np.eye(20)).max() < 5 / np.sqrt(3000)


def test_the_learned_noise_finds_its_value():
    """With all other weights at rest: the log of the mean squared error of a pixel."""
    vae = small_vae(noise_stddev="learned")
    for weight in vae.encoder.weights + vae.decoder.weights:
        weight.assign(np.zeros(weight.shape))
    vae.encoder.trainable = vae.decoder.trainable = False
    vae.compile(keras.optimizers.Adam(0.2))
    vae.fit(batches(PIXELS, steps=150), verbose=0)
    wanted = np.log(np.square(GRAY - 0.5).mean())
    assert float(vae.noise_log_var.numpy()) == pytest.approx(wanted, abs=0.02)


@pytest.mark.parametrize("z_log_var", [-3e38, -1e4, 1e4, 3e38])
def test_loss_and_gradient_are_finite_whatever_the_log_variance(z_log_var):
    vae = small_vae()
    vae.encoder.weights[-1].assign([0.0] * 3 + [z_log_var] * 3)
    with tf.GradientTape() as tape:
        parts = vae.loss_parts(tf.constant(GRAY), CODES)
        loss = tf.reduce_mean(parts[0] + parts[1])
    by = tape.gradient(loss, [v.value for v in vae.trainable_variables])
    assert np.isfinite(loss) and all(np.isfinite(gradient).all() for gradient in by)
    bias = by[[v is vae.encoder.weights[-1] for v in vae.trainable_variables].index(True)]
    assert (bias.numpy()[3:] * np.sign(z_log_var) > 0).all()  # a step leads back


def test_sample_draws_from_the_prior():
    vae = vae_with_noise(None)
    images = vae.sample(7, seed=3)
    assert (images.shape, images.dtype) == ((7, *SHAPE), np.float32)
    normal = np.random.default_rng(3).normal(size=(7, 3))
    assert np.allclose(images, vae.decode(normal), atol=1e-6)
    set_seed(4)
    assert np.array_equal(vae.sample(7, seed=3), images)
    assert np.array_equal(vae.sample(7), vae.sample(7, seed=0))
    assert not np.isclose(vae.sample(7, seed=4), images).all(axis=(1, 2, 3)).any()


def test_a_noiseless_vae_decodes_its_means():
    set_seed(0)
    vae = NoiselessVAE(3, SHAPE, units=(8,), decoder_units=(8,), beta=0)
    parts = [vae.loss_parts(tf.constant(GRAY), noise)[0] for noise in (CODES, 5 * CODES)]
    assert np.array_equal(*parts)
    vae.compile("adam")
    assert np.isfinite(vae.fit(PIXELS, verbose=0).history["loss"]).all()


def test_a_memory_learns_its_images():
    set_seed(0)
    memory = small_memory()
    memory.compile(keras.optimizers.Adam(0.02))
    memory.fit(batches(CODES, PIXELS, steps=150), verbose=0)
    assert memory.evaluate(CODES, PIXELS, verbose=0) < 3
