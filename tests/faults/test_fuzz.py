"""Odd inputs to losses and models: finite losses and gradients, or a clear error."""

import re

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.faults import times
from tests.small_models import CODES, KINDS, PIXELS, data_for, fingerprint, small
from vae_tutorial.latent import to_gaussian
from vae_tutorial.losses import kl_divergence, kl_per_latent, reconstruction_loss

HEALTH = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]
ANY = st.floats(allow_nan=False, allow_infinity=False, width=32)
MODERATE = st.floats(-1e6, 1e6, width=32)
LEVEL = st.floats(0, 1, width=32)
CLEAR = re.compile(r"[\w]+ must .+, not .+: \S.+\.", re.DOTALL)


def fuzzed(short, full):
    """So many examples, the same ones each time."""
    return settings(
        max_examples=times(short, full),
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=HEALTH,
    )


def floats(shape, elements):
    """Arrays of finite float32, extreme ones more often than others."""
    return hnp.arrays(np.float32, shape, elements=elements, fill=elements)


def assert_finite(function, *values):
    """The value, and its gradient by each of the values."""
    values = [tf.constant(value) for value in values]
    with tf.GradientTape() as tape:
        tape.watch(values)
        result = function(*values)
    assert np.isfinite(result).all()
    for gradient in tape.gradient(result, values):
        assert np.isfinite(gradient).all()


@fuzzed(100, 3000)
@given(floats((2, 3), MODERATE), floats((2, 3), ANY))
def test_kl_of_any_log_variance(z_mean, z_log_var):
    def kl(z_mean, z_log_var):
        return kl_per_latent(*to_gaussian(tf.concat([z_mean, z_log_var], axis=1)))

    assert_finite(kl, z_mean, z_log_var)
    assert (kl(z_mean, z_log_var).numpy() >= 0).all()


@fuzzed(100, 3000)
@given(
    floats((2, 2, 2, 1), LEVEL),
    floats((2, 2, 2, 1), MODERATE),
    floats((2, 6), MODERATE),
    st.none() | st.floats(-20, 20, width=32),
)
def test_loss_of_any_logits_and_noise(x, x_logits, outputs, noise):
    def loss(logits, codes):
        return reconstruction_loss(x, logits, noise) + kl_divergence(*to_gaussian(codes))

    assert_finite(loss, x_logits, outputs)
    if noise is not None:
        assert_finite(lambda n: reconstruction_loss(x, x_logits, n), np.float32(noise))


DTYPES = [np.uint8, np.float16, np.float32, np.float64, np.int64, bool, complex, "U3", object]
SHAPES = [(2, 8, 8), (2, 8, 8, 1), (2, 8, 8, 3), (2, 64), (2, 3), (1, 3), (0, 3), (0, 8, 8), (3,)]


@st.composite
def anything(draw):
    """An array of any dtype and of a shape that might do, or something else."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.sampled_from([None, 3, 0.5, "x", [[0.5] * 3], (), {}, np.nan, True]))
    dtype, shape = draw(st.sampled_from(DTYPES)), draw(st.sampled_from([*SHAPES, ()]))
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
    models = [small(kind) for kind in KINDS]
    for model in models:
        model.compile("adam")
        model.fit(*data_for(model), verbose=0)
    return models


@fuzzed(150, 3000)
@given(
    which=st.integers(0, 2),
    method=st.sampled_from(["encode", "reconstruct", "decode"]),
    x=anything(),
)
@pytest.mark.filterwarnings("ignore")
def test_methods_take_it_or_say_why_not(models, which, method, x):
    model, before = models[which], fingerprint(models[which])
    if not hasattr(model, method):  # a memory doesn't encode
        return
    try:
        result = getattr(model, method)(x)
    except (ValueError, TypeError) as error:
        assert CLEAR.fullmatch(str(error)), str(error)
        event("raised")
    else:
        for part in result if isinstance(result, tuple) else [result]:
            assert np.isfinite(part).all()
        event("taken")
    assert fingerprint(model) == before


@fuzzed(40, 1000)
@given(
    which=st.integers(0, 2), method=st.sampled_from(["evaluate", "predict", "fit"]), x=anything()
)
@pytest.mark.filterwarnings("ignore")
def test_keras_takes_it_or_raises_and_the_model_goes_on(models, which, method, x):
    """What Keras itself answers keeps Keras's words; a loss or an image is never NaN."""
    model = models[which]
    y = [PIXELS[: len(x)]] if which == 0 and method != "predict" and np.ndim(x) else []
    try:
        result = getattr(model, method)(x, *y, verbose=0)
    except Exception as error:
        assert str(error)
        event("raised")
    else:
        result = list(result.history.values()) if method == "fit" else [result]
        assert which == 0 or all(np.isfinite(part).all() for part in result)
        event("taken")
    assert all(np.isfinite(weight).all() for weight in model.get_weights()) or which == 0


def test_a_memory_of_finite_codes_is_finite(models):
    assert np.isfinite(models[0].predict(CODES, verbose=0)).all()
