"""The models with an opponent: their losses, the step of all players, and what goes wrong."""

import json
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.small_models import CODES, GRAY, PIXELS, SHAPE, fingerprint
from tests.test_losses import sigmoid
from tests.test_models import in_another_process
from vae_tutorial import adversarial
from vae_tutorial.adversarial import GAN, STEADY, VAEGAN
from vae_tutorial.data import load_images
from vae_tutorial.evaluation import class_probabilities, train_classifier
from vae_tutorial.training import LossPerStep, OneCycle, batches, set_seed

RNG = np.random.default_rng(0)
PLAYERS = {"GAN": ["discriminator", "decoder"], "VAEGAN": ["discriminator", "encoder", "decoder"]}
every_kind = pytest.mark.parametrize("kind", PLAYERS)


def small(kind, **options):
    if kind == "GAN":
        return GAN(3, SHAPE, **{"units": (8,), "discriminator_units": (8, 6)} | options)
    sizes = {"units": (8,), "decoder_units": (8,), "discriminator_units": (8, 6)}
    return VAEGAN(3, SHAPE, **sizes | options)


def trained(kind, steps=3, jit_compile=False):
    """A model of this kind after some steps."""
    set_seed(0)
    model = small(kind)
    model.compile(keras.optimizers.Adam(0.01, **STEADY), jit_compile=jit_compile)
    model.fit(batches(PIXELS, batch_size=3, steps=steps), shuffle=False, verbose=0)
    return model


# The losses.


def test_the_discriminators_loss_is_the_cross_entropy_of_real_and_made():
    real, made = RNG.normal(size=50), RNG.normal(size=70)
    wanted = -np.log(sigmoid(real)).mean() - np.log(1 - sigmoid(made)).mean()
    loss = lambda *logits: float(adversarial.discriminator_loss(*logits))  # noqa: E731
    assert loss(real, made) == pytest.approx(wanted, rel=1e-6)
    zeros = np.zeros(4)
    assert loss(zeros, zeros) == pytest.approx(2 * np.log(2))
    huge = np.array([1e4], np.float32)
    assert loss(-huge, huge) == pytest.approx(2e4)


def test_the_generators_loss_has_its_largest_slope_where_the_discriminator_is_sure():
    made = tf.constant([-9.0, 0.0, 9.0])
    with tf.GradientTape() as tape:
        tape.watch(made)
        loss = adversarial.generator_loss(made)
    assert float(loss) == pytest.approx(-np.log(sigmoid(made.numpy())).mean(), rel=1e-6)
    slope = 3 * tape.gradient(loss, made).numpy()
    assert slope == pytest.approx([-1, -0.5, 0], abs=2e-4)


def test_the_penalty_is_the_squared_slope_at_the_images():
    set_seed(1)
    network, x = small("GAN").discriminator, tf.constant(0.1 + 0.8 * GRAY[:2])
    slopes = np.zeros((2, 64))
    for i in range(64):
        move = np.zeros((64,), np.float32)
        move[i] = 1e-3
        up, down = (network(x + d * move.reshape(SHAPE)).numpy()[:, 0] for d in (1, -1))
        slopes[:, i] = (up - down) / 2e-3
    wanted = np.square(slopes).sum(axis=1).mean()
    assert float(adversarial.gradient_penalty(network, x)) == pytest.approx(wanted, rel=1e-2)


def test_the_feature_loss_is_that_of_gaussian_noise_with_the_best_variance():
    """Up to the constant (ln 2 pi + 1) / 2 for each feature."""
    a, b = RNG.normal(size=(2, 5, 100))
    loss = float(adversarial.feature_loss(a, b))

    def nats(variance):  # of an image, summed over its 100 features
        return 0.5 * (np.square(a - b) / variance + np.log(variance)).sum(axis=1).mean() - 50

    best = min(nats(v) for v in np.linspace(0.5, 5, 4501))
    assert loss == pytest.approx(best, rel=1e-5)


# The step of all players.


def losses_of(model, x):
    return {name: float(loss) for name, loss in model.player_losses(tf.constant(x)).items()}


@every_kind
def test_each_player_steps_down_the_slope_of_its_own_loss_and_of_no_other(kind, monkeypatch):
    set_seed(0)
    model = small(kind)
    epsilon = tf.constant(CODES)
    monkeypatch.setattr(model, "standard_normal", lambda x, training=True: epsilon)
    before = {player: getattr(model, player).get_weights() for player in PLAYERS[kind]}
    slopes = {}
    for player in PLAYERS[kind]:
        with tf.GradientTape() as tape:
            loss = model.player_losses(tf.constant(GRAY))[player]
        slopes[player] = tape.gradient(loss, getattr(model, player).trainable_variables)
    model.compile(keras.optimizers.SGD(0.1))
    model.fit(PIXELS, batch_size=6, shuffle=False, verbose=0)
    for player in PLAYERS[kind]:
        after = getattr(model, player).get_weights()
        for old, slope, new in zip(before[player], slopes[player], after, strict=True):
            assert np.allclose(new, old - 0.1 * slope.numpy(), atol=1e-5)
        assert any(np.abs(slope).max() > 1e-4 for slope in slopes[player])


def test_the_losses_of_a_gan_are_those_of_its_networks(monkeypatch):
    model = small("GAN", r1=4.0)
    monkeypatch.setattr(model, "standard_normal", lambda x, training=True: tf.constant(CODES))
    real = model.discriminator(GRAY).numpy().astype(float)
    made = model.discriminator(model.decode(CODES)).numpy().astype(float)
    losses = losses_of(model, GRAY)
    penalty = 2 * float(adversarial.gradient_penalty(model.discriminator, tf.constant(GRAY)))
    wanted = float(adversarial.discriminator_loss(real, made)) + penalty
    assert losses["discriminator"] == pytest.approx(wanted, rel=1e-5)
    assert losses["decoder"] == pytest.approx(float(adversarial.generator_loss(made)), rel=1e-5)
    model.r1 = 0.0
    assert losses_of(model, GRAY)["discriminator"] == pytest.approx(wanted - penalty, rel=1e-5)


def test_without_an_adversary_and_with_pixels_it_is_a_vae(monkeypatch):
    model = small("VAEGAN", metric="pixels", adversary=0, beta=3.0)
    monkeypatch.setattr(model, "standard_normal", lambda x, training=True: tf.constant(CODES))
    losses = losses_of(model, GRAY)
    copies, kl = model.loss_parts(tf.constant(GRAY), tf.constant(CODES))
    assert losses["decoder"] == pytest.approx(float(tf.reduce_mean(copies)), rel=1e-6)
    assert losses["encoder"] == pytest.approx(float(tf.reduce_mean(copies + 3 * kl)), rel=1e-6)


def test_with_features_it_compares_the_last_hidden_layer(monkeypatch):
    model = small("VAEGAN", adversary=7.0)
    monkeypatch.setattr(model, "standard_normal", lambda x, training=True: tf.constant(CODES))
    z_mean, z_log_var = model.encode(GRAY)
    copies = model.decode(z_mean + np.exp(z_log_var / 2) * CODES)
    weights = model.discriminator.get_weights()
    hidden = [x.reshape(6, 64) for x in (GRAY, copies)]
    for kernel, bias in zip(weights[0:4:2], weights[1:4:2], strict=True):
        hidden = [x @ kernel + bias for x in hidden]
        hidden = [np.where(x > 0, x, 0.2 * x) for x in hidden]
    distance = 50 * np.log(np.square(hidden[0] - hidden[1]).mean())
    made = np.concatenate([model.discriminator(x) for x in (copies, model.decode(CODES))])
    wanted = distance + 7 * float(adversarial.generator_loss(made))
    losses = losses_of(model, GRAY)
    assert losses["decoder"] == pytest.approx(wanted, rel=1e-4)
    kl = 0.5 * (z_mean**2 + np.exp(z_log_var) - z_log_var - 1).sum(axis=1).mean()
    assert losses["encoder"] == pytest.approx(distance + kl, rel=1e-4)


@every_kind
def test_fit_ends_with_the_averages_of_the_weights(kind):
    seen = []
    keep = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: seen.append(model.decoder.get_weights())
    )
    set_seed(0)
    model = small(kind)
    model.compile(keras.optimizers.Adam(0.01, use_ema=True, ema_momentum=0.75))
    data = batches(PIXELS, batch_size=3, steps=8)
    model.fit(data, shuffle=False, verbose=0, callbacks=[keep])
    for i, found in enumerate(model.decoder.get_weights()):
        average = seen[0][i]
        for weights in seen[1:]:
            average = 0.75 * average + 0.25 * weights[i]
        assert np.allclose(found, average, atol=1e-6)


# What a Keras user types.


@every_kind
@pytest.mark.parametrize(("images", "jit_compile"), [(PIXELS, True), (GRAY[..., 0], False)])
def test_fit_takes_images_as_they_come(kind, jit_compile, images):
    model, record = small(kind), LossPerStep(every=1, of="decoder_loss")
    model.compile("adam", jit_compile=jit_compile)
    options = dict(epochs=2, verbose=0, batch_size=2, callbacks=[record], validation_split=0.5)
    history = model.fit(images, **options).history
    assert {f"{player}_loss" for player in PLAYERS[kind]} <= set(history)
    assert all(np.isfinite(values).all() for values in history.values())
    epochs = np.reshape(record.loss, (2, 2)).mean(axis=1)  # of two batches each
    assert np.allclose(epochs, history["decoder_loss"], rtol=1e-4, atol=1e-4)
    assert 0 <= history["discriminator_accuracy"][-1] <= 1


@every_kind
def test_evaluate_gives_the_same_twice_and_changes_nothing(kind):
    model = trained(kind)
    before = fingerprint(model)
    first, second = (model.evaluate(PIXELS, verbose=0, return_dict=True) for _ in range(2))
    assert first == second and fingerprint(model) == before
    parts = {"loss", "reconstruction_loss", "kl_divergence"}
    own = {"discriminator_loss", "decoder_loss", "discriminator_accuracy"}
    assert set(first) == (own if kind == "GAN" else parts)


@every_kind
def test_saved_and_loaded_bit_for_bit(kind, tmp_path):
    model = trained(kind)
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    assert fingerprint(again) == fingerprint(model)
    assert np.array_equal(again.sample(5), model.sample(5))
    config = json.loads(json.dumps(model.get_config()))
    assert json.loads(json.dumps(again.get_config())) == config
    again.fit(PIXELS, verbose=0)


SEPARATE = """
from tests.test_adversarial import PLAYERS, fingerprint, trained
for kind in PLAYERS:
    print(kind, fingerprint(trained(kind, 8, jit_compile=True)))
"""


# Compiled by XLA, which Keras leaves off where there is no GPU. Without it TensorFlow adds three or
# more contributions to a discriminator's gradient in the order in which threads bring them.
def test_the_same_seed_gives_the_same_weights_in_two_processes():
    first, second = (in_another_process(SEPARATE, PYTHONHASHSEED=seed) for seed in "12")
    assert first == second and first.count("GAN") == 2


# What goes wrong is said.


@every_kind
@pytest.mark.parametrize("jit_compile", [False, True])
def test_a_batch_out_of_range_is_refused_and_moves_nothing(kind, jit_compile):
    model = trained(kind, jit_compile=jit_compile)
    before = fingerprint(model)
    wrong = GRAY.copy()
    wrong[4, 2, 2] = 255
    with pytest.raises(ValueError, match="x must lie in"):
        model.fit(wrong, batch_size=6, verbose=0)
    assert fingerprint(model)[1] == before[1]
    model.fit(PIXELS, verbose=0)


@every_kind
@pytest.mark.parametrize(
    ("arrays", "options", "words"),
    [
        ((PIXELS, PIXELS), {}, r"y must be left out, .*: call fit\(images\)"),
        ((PIXELS,), {"validation_data": (PIXELS, PIXELS)}, "y must be left out"),
        ((GRAY[:, :6],), {}, r"x must have shape \(n, 8, 8, 1\)"),
    ],
)
def test_what_fit_cannot_use_is_an_error(kind, arrays, options, words):
    if kind == "VAEGAN" and options:
        pytest.skip("which evaluates as a VAE does")
    model = small(kind)
    model.compile("adam")
    with pytest.raises((TypeError, ValueError), match=words):
        model.fit(*arrays, verbose=0, **options)


@every_kind
def test_a_loss_of_ones_own_is_not_taken(kind):
    model = small(kind)
    model.compile("adam", "mse")
    with pytest.raises(ValueError, match="loss must be None, not mse: compile without it"):
        model.fit(PIXELS, verbose=0)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: small("GAN", r1=-1), "r1 must be a finite number of at least 0"),
        (lambda: small("GAN", units=0), "units must"),
        (lambda: small("VAEGAN", metric="pixel"), "metric must be one of features, pixels"),
        (lambda: small("VAEGAN", adversary=-1), "adversary must be a finite number of at least 0"),
        (lambda: small("VAEGAN", adversary="yes"), "adversary must be a finite number"),
    ],
)
def test_arguments_out_of_range_are_errors(build, words):
    with pytest.raises((TypeError, ValueError), match=f"^{words}"):
        build()


def test_a_discriminator_that_is_too_sure_is_said(monkeypatch):
    """Black images against gray ones, made by a decoder that doesn't learn."""
    monkeypatch.setattr(adversarial, "generator_loss", lambda made: 0 * tf.reduce_sum(made))
    black = np.zeros((60, 8, 8), np.uint8)
    set_seed(0)
    model = small("GAN", r1=0)
    model.compile(keras.optimizers.Adam(0.05))
    with pytest.warns(UserWarning, match=r"right about 100.0% of the images.*use r1=1.0 or more"):
        model.fit(batches(black, batch_size=10, steps=60), epochs=2, shuffle=False, verbose=0)


def test_images_that_a_decoder_makes_are_not_blamed_on_the_reader(monkeypatch):
    """Nearly black ones would look like images that were divided by 255 twice."""
    model = small("GAN")
    model.decoder.layers[-2].bias.assign(np.full(64, -12.0))
    model.compile("adam")
    model.fit(PIXELS, verbose=0)
    assert model.decode(CODES).max() < 1 / 255


def test_a_discriminator_that_can_still_be_fooled_is_not_complained_about():
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        trained("GAN")


def test_lost_classes_are_noticed():
    """Trained on zeros and ones alone, a GAN has lost eight classes; the shares say so."""
    images = load_images("digits")
    set_seed(0)
    classifier = train_classifier(images, steps=300)
    model = GAN(8, units=(64,), discriminator_units=(64,))
    model.compile(keras.optimizers.Adam(OneCycle(6e-3, 400), **STEADY))
    x = batches(images.x_train[images.y_train < 2], batch_size=50, steps=400)
    model.fit(x, shuffle=False, verbose=0)
    shares = {}
    for name, shown in (("real", images.x_test), ("made", model.sample(1000))):
        labels = class_probabilities(classifier, shown).argmax(axis=1)
        shares[name] = np.bincount(labels, minlength=10) / len(labels)
    assert shares["real"].min() > 0.05 and (shares["made"] < 0.05).sum() >= 6, shares
