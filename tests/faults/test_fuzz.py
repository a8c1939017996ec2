"""Thousands of odd inputs to losses and models: finite losses and gradients, or a clear refusal."""

import re

import numpy as np
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.faults import times
from tests.test_models import fingerprint, small_autoencoder, small_memory
from tests.test_vae import small_vae
from vae_tutorial.losses import (
    elbo,
    kl_divergence,
    kl_per_latent,
    reconstruction_loss,
    squared_error,
)
from vae_tutorial.runtime import tf

# In all ten thousand: see the tests below.
HEALTH = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]
LARGEST = float(np.finfo(np.float32).max)
SINGLE = st.floats(-LARGEST, LARGEST, width=32)
LEVEL = st.floats(0, 1, width=32)
CLEAR = re.compile(r"^[\w()\[\]' ]+ must .+(, not |; got ).+[:.] \S.+", re.DOTALL)


def fuzzed(short, full):
    """So many examples, the same ones each time."""
    return settings(
        max_examples=times(short, full),
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=HEALTH,
    )


def floats(shape, elements=SINGLE):
    """Arrays of finite float32, extreme ones more often than others."""
    return hnp.arrays(np.float32, shape, elements=elements, fill=elements)


def assert_finite(function, *values):
    """The value and its gradient by each of the values, which come as float32 tensors."""
    values = [tf.constant(value) for value in values]
    with tf.GradientTape() as tape:
        tape.watch(values)
        result = function(*values)
    assert np.isfinite(result).all()
    for gradient in tape.gradient(result, values):
        assert gradient is None or np.isfinite(gradient).all()


@fuzzed(100, 3000)
@given(floats((2, 3)), floats((2, 3)))
def test_kl_of_any_numbers(z_mean, z_log_var):
    assert_finite(kl_divergence, z_mean, z_log_var)
    assert (kl_per_latent(z_mean, z_log_var).numpy() >= 0).all()


@fuzzed(100, 3000)
@given(floats((2, 2, 2, 1), LEVEL), floats((2, 2, 2, 1)), st.none() | SINGLE)
def test_reconstruction_loss_of_any_logits_and_noise(x, x_logits, noise):
    assert_finite(lambda logits: reconstruction_loss(x, logits, noise), x_logits)
    if noise is not None:
        logits, noise = tf.constant(x_logits), np.float32(noise)
        assert_finite(lambda log_var: reconstruction_loss(x, logits, log_var), noise)
    assert_finite(lambda logits: squared_error(x, tf.sigmoid(logits)), x_logits)


@fuzzed(50, 1000)
@given(floats((2, 2, 2, 1), LEVEL), floats((2, 2, 2, 1)), floats((2, 3)), floats((2, 3)))
def test_elbo_of_any_numbers(x, x_logits, z_mean, z_log_var):
    assert_finite(lambda *others: elbo(x, *others), x_logits, z_mean, z_log_var)


DTYPES = [np.uint8, np.float16, np.float32, np.float64, np.int64, bool, complex, "U3", object]
SHAPES = st.sampled_from(
    [(2, 8, 8), (2, 8, 8, 1), (2, 8, 8, 3), (2, 64), (2, 3), (1, 3), (0, 3), (0, 8, 8), (3,), ()]
)


@st.composite
def anything(draw):
    """An array of any dtype and of a shape that might do, or something else."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.sampled_from([None, 3, 0.5, "x", [[0.5] * 3], (), {}, np.nan, True]))
    dtype, shape = draw(st.sampled_from(DTYPES)), draw(SHAPES)
    if draw(st.booleans()):  # what models are made for
        elements = st.integers(0, 255) if dtype is np.uint8 else st.floats(0, 1, width=16)
    else:
        elements = st.sampled_from([0, 1, 255, 256, -1, 1e6, -1e30, 3e38, 1e300, np.nan, np.inf])
    value = np.full(shape, draw(elements), float)
    if value.size:
        value.flat[draw(st.integers(0, value.size - 1))] = draw(elements)
    with np.errstate(all="ignore"):
        return value.astype(dtype)


@pytest.fixture(scope="module")
def models():
    """One of each kind, trained a step."""
    models = [small_vae(), small_autoencoder(), small_memory()]
    for model in models:
        model.compile("adam")
        codes, pictures = np.zeros((2, 3), np.float32), np.zeros((2, 8, 8), np.uint8)
        model.fit(*((codes, pictures) if model is models[2] else (pictures,)), verbose=0)
    return models


@fuzzed(150, 3000)
@given(
    which=st.integers(0, 2),
    method=st.sampled_from(["fit", "evaluate", "encode", "reconstruct", "decode", "predict"]),
    x=anything(),
    y=st.just(None) | anything(),
)
@pytest.mark.filterwarnings("ignore")
def test_models_take_it_or_say_why_not(models, which, method, x, y):
    model, before = models[which], fingerprint(models[which])
    call = getattr(model, method, None)
    if call is None:  # a memory doesn't encode
        return
    arguments = (x, y) if method in ("fit", "evaluate") and y is not None else (x,)
    options = {"verbose": 0} if method in ("fit", "evaluate", "predict") else {}
    try:
        result = call(*arguments, **options)
    except (ValueError, TypeError) as error:
        assert CLEAR.match(str(error)), str(error)
        assert fingerprint(model) == before
        event("refused")
        return
    event("taken")
    if method == "fit":
        result = [*result.history.values(), *(w.numpy().ravel() for w in model.weights)]
    for part in result if isinstance(result, list | tuple) else [result]:
        assert np.isfinite(part).all()
    if method != "fit":
        assert fingerprint(model) == before
