"""The models: what they refuse, that a refusal changes nothing, and that the seed decides all."""

import hashlib
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from vae_tutorial.models import Autoencoder, Memory
from vae_tutorial.runtime import keras, tf
from vae_tutorial.training import train
from vae_tutorial.vae import VAE

SHAPE = (8, 8, 1)
GENERATOR = np.random.default_rng(0)
PIXELS = GENERATOR.integers(0, 256, (6, 8, 8), np.uint8)
GREY = (PIXELS[..., None] / 255).astype(np.float32)
CODES = GENERATOR.normal(size=(6, 3)).astype(np.float32)


def fingerprint(model):
    """The optimizer, and one hash of all weights and of all that the optimizer remembers."""
    optimizer = getattr(model, "optimizer", None)
    digest = hashlib.sha256()
    for variable in model.weights + (optimizer.variables if optimizer else []):
        digest.update(f"{variable.shape} {variable.dtype}".encode())
        digest.update(np.ascontiguousarray(variable).tobytes())
    return optimizer, digest.hexdigest()


def small_memory(seed=0):
    """A memory of the least size."""
    return Memory(3, SHAPE, filters=(4,), seed=seed)


def small_autoencoder(seed=0, latent_dim=3):
    """An autoencoder of the least size."""
    return Autoencoder(latent_dim, SHAPE, units=(8,), filters=(4,), seed=seed)


def changed(array, index, value):
    """A copy of the array with one element changed."""
    copy = array.copy()
    copy[index] = value
    return copy


BAD_PICTURES = {
    "a list": (PIXELS.tolist(), TypeError, r"np\.asarray"),
    "no array": (3, TypeError, "be an array"),
    "empty": (PIXELS[:0], ValueError, "not empty"),
    "flat": (PIXELS.reshape(6, 64), ValueError, r"\(6, 64\).*reshape to \(n, 8, 8\)"),
    "too large": (np.zeros((6, 9, 8, 1), np.uint8), ValueError, r"\(8, 8, 1\).*\(6, 9, 8, 1\)"),
    "colour": (np.zeros((6, 8, 8, 3), np.uint8), ValueError, r"\(8, 8, 1\).*\(6, 8, 8, 3\)"),
    "0 to 255": (GREY * 255, ValueError, "divide by 255"),
    "negative": (-GREY, ValueError, "rescale"),
    "nan": (changed(GREY, (2, 3, 4, 0), np.nan), ValueError, r"nan at index \(2, 3, 4, 0\)"),
    "inf": (changed(GREY, (5, 0, 0, 0), np.inf), ValueError, r"inf at index \(5, 0, 0, 0\)"),
    "int64": (PIXELS.astype(np.int64), TypeError, r"astype\(np\.uint8\)"),
    "objects": (PIXELS.astype(object), TypeError, r"np\.stack"),
}
BAD_CODES = {
    "a list": (CODES.tolist(), TypeError, r"np\.asarray"),
    "nothing": (None, TypeError, "be an array"),
    "empty": (CODES[:0], ValueError, "not empty"),
    "one code": (CODES[0], ValueError, r"\(3,\).*\[np\.newaxis\]"),
    "too short": (CODES[:, :2], ValueError, r"\(n, 3\).*\(6, 2\)"),
    "nan": (changed(CODES, (4, 1), np.nan), ValueError, r"nan at index \(4, 1\)"),
    "too large": (CODES.astype(float) * 1e39, ValueError, "inf at index"),
    "truth": (CODES > 0, TypeError, r"astype\(np\.float32\)"),
}


@pytest.fixture(scope="module", autouse=True)
def seed_of_tensorflow():
    """Where Keras shuffles arrays itself, it wants one."""
    tf.random.set_seed(0)


@pytest.fixture(scope="module")
def memory():
    """A memory that has been trained a step, so that its optimizer has something to lose."""
    model = small_memory()
    model.compile("adam")
    model.fit(CODES, PIXELS, verbose=0)
    return model


@pytest.fixture(scope="module")
def autoencoder():
    """An autoencoder that has been trained a step."""
    model = small_autoencoder()
    model.compile("adam")
    model.fit(PIXELS, verbose=0)
    return model


def good_data_of(model):
    """What the model may be fitted to."""
    return (CODES, PIXELS) if isinstance(model, Memory) else (PIXELS,)


def assert_refused(model, kind, words, call):
    """The call raises this; the model is the same afterwards, and still learns."""
    before = fingerprint(model)
    with pytest.raises(kind, match=words):
        call()
    assert fingerprint(model) == before
    if before[0] is not None:
        loss = model.train_on_batch(*((CODES, GREY) if isinstance(model, Memory) else (GREY,)))
        assert np.isfinite(loss).all() and fingerprint(model)[1] != before[1]


@pytest.mark.parametrize("case", BAD_PICTURES)
@pytest.mark.parametrize("method", ["fit", "evaluate", "predict", "encode", "reconstruct"])
def test_autoencoder_refuses_pictures(autoencoder, method, case):
    bad, kind, words = BAD_PICTURES[case]
    call = getattr(autoencoder, method)
    assert_refused(autoencoder, kind, f"^x must .*{words}", lambda: call(bad))


@pytest.mark.parametrize("case", BAD_PICTURES)
@pytest.mark.parametrize("method", ["fit", "evaluate"])
def test_memory_refuses_pictures(memory, method, case):
    bad, kind, words = BAD_PICTURES[case]
    call = getattr(memory, method)
    assert_refused(memory, kind, f"^pictures must .*{words}", lambda: call(CODES, bad))


@pytest.mark.parametrize("case", BAD_CODES)
@pytest.mark.parametrize("method", ["fit", "evaluate", "predict"])
def test_memory_refuses_codes(memory, method, case):
    bad, kind, words = BAD_CODES[case]
    arguments = (bad,) if method == "predict" else (bad, PIXELS)
    call = getattr(memory, method)
    assert_refused(memory, kind, f"^codes must .*{words}", lambda: call(*arguments))


@pytest.mark.parametrize("case", BAD_CODES)
@pytest.mark.parametrize("name", ["memory", "autoencoder"])
def test_decode_refuses_codes(request, name, case):
    model = request.getfixturevalue(name)
    bad, kind, words = BAD_CODES[case]
    assert_refused(model, kind, f"^z must .*{words}", lambda: model.decode(bad))


@pytest.mark.parametrize("method", ["fit", "evaluate"])
def test_memory_refuses_codes_without_their_pictures(memory, method):
    call = getattr(memory, method)
    assert_refused(memory, (TypeError, ValueError), "^pictures must", lambda: call(CODES))
    assert_refused(memory, ValueError, "pictures.*5.*6", lambda: call(CODES, PIXELS[:5]))


@pytest.mark.parametrize("method", ["fit", "evaluate"])
def test_autoencoder_refuses_targets(autoencoder, method):
    call = getattr(autoencoder, method)
    assert_refused(autoencoder, ValueError, "y must be None", lambda: call(PIXELS, PIXELS))


@pytest.mark.parametrize("value", [0, -1, 1.5, True, "3", float("nan")])
@pytest.mark.parametrize("name", ["memory", "autoencoder"])
@pytest.mark.parametrize("argument", ["epochs", "batch_size"])
def test_fit_refuses_counts(request, name, argument, value):
    model = request.getfixturevalue(name)
    kind = ValueError if type(value) is int else TypeError
    data = good_data_of(model)
    words = f"^{argument} must be a whole number"
    assert_refused(model, kind, words, lambda: model.fit(*data, **{argument: value}))


@pytest.mark.parametrize("value", [0, -1, 1.5, "3"])
@pytest.mark.parametrize("method", ["evaluate", "predict", "encode"])
def test_other_methods_refuse_batch_sizes(autoencoder, method, value):
    call, kind = getattr(autoencoder, method), TypeError if value in (1.5, "3") else ValueError
    words = "^batch_size must be a whole number"
    assert_refused(autoencoder, kind, words, lambda: call(PIXELS, batch_size=value))


def test_bad_validation_data_is_refused_before_training(autoencoder):
    bad = (GREY * 255, None)
    call = lambda: autoencoder.fit(PIXELS, validation_data=bad, verbose=0)  # noqa: E731
    assert_refused(autoencoder, ValueError, "divide by 255", call)


@pytest.mark.parametrize("build", [small_memory, small_autoencoder])
def test_a_refusal_leaves_no_mark_on_a_new_model(build):
    """A model that refused something ends in the same weights as one that never did."""
    refusing, other = build(), build()
    good = good_data_of(refusing)
    for call in (refusing.fit, refusing.evaluate):
        for bad in (PIXELS.reshape(6, 64), PIXELS[:0], GREY * 255):
            arguments = (CODES, bad) if build is small_memory else (bad,)
            assert_refused(refusing, ValueError, "must", lambda c=call, a=arguments: c(*a))
    assert not refusing.compiled
    for model in (refusing, other):
        model.compile("sgd")
        model.fit(*good, epochs=2, verbose=0)
    assert fingerprint(refusing)[1] == fingerprint(other)[1] != fingerprint(build())[1]


@pytest.mark.parametrize("build", [small_memory, small_autoencoder])
def test_fit_needs_no_seed_set_before(build):
    tf.random.set_seed(None)
    try:
        model = build()
        model.compile("sgd")
        assert np.isfinite(model.fit(*good_data_of(model), verbose=0).history["loss"]).all()
    finally:
        tf.random.set_seed(0)


@pytest.mark.parametrize("build", [small_memory, small_autoencoder])
def test_the_seed_decides_the_weights_and_nothing_else_does(build):
    first = fingerprint(build(seed=1))[1]
    keras.utils.set_random_seed(123)
    np.random.seed(5)
    keras.layers.Dense(3).build((None, 2))  # takes from Keras's own random numbers
    assert fingerprint(build(seed=1))[1] == first
    others = {fingerprint(build(seed=seed))[1] for seed in (0, 2, 3, 500_000)}
    assert len(others | {first}) == 5


@pytest.mark.parametrize("build", [small_memory, small_autoencoder])
def test_no_two_kernels_start_alike(build):
    """Encoder and decoder, and layers of one network, don't share their random numbers."""
    kernels = [np.ravel(weight)[:6] for weight in build().weights if weight.shape.rank > 1]
    # Rounded: dividing by the scale of a layer leaves the last places different.
    alike = {tuple((kernel / abs(kernel).max()).round(3)) for kernel in kernels}
    assert len(alike) == len(kernels)


SEPARATE = """
import numpy as np
from tests.test_models import CODES, PIXELS, SHAPE, fingerprint, small_autoencoder, small_memory
from vae_tutorial.training import train
from vae_tutorial.vae import VAE
import json
memory, autoencoder = small_memory(seed=7), small_autoencoder(seed=7)
train(memory, CODES, PIXELS, steps=4, batch_size=3, seed=1)
train(autoencoder, PIXELS, steps=4, batch_size=3, seed=1)
picture = autoencoder.reconstruct(PIXELS)
print(json.dumps([fingerprint(memory)[1], fingerprint(autoencoder)[1], str(picture.dtype),
    list(picture.shape), sorted({str(w.dtype) for w in autoencoder.weights})]))
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """What the script prints in two other processes, and the same computed in this one."""
    home = tmp_path_factory.mktemp("keras")
    odd = {"floatx": "float16", "epsilon": 1e-3, "image_data_format": "channels_first"}
    (home / "keras.json").write_text(json.dumps({**odd, "backend": "jax"}))
    options = dict(stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    processes = {
        name: subprocess.Popen(
            [sys.executable, "-c", SEPARATE], env={**os.environ, **environment}, **options
        )
        for name, environment in {
            "odd backend": {"KERAS_BACKEND": "jax", "PYTHONHASHSEED": "77"},
            "odd keras.json": {"KERAS_HOME": str(home)},
        }.items()
    }
    memory, autoencoder = small_memory(seed=7), small_autoencoder(seed=7)
    train(memory, CODES, PIXELS, steps=4, batch_size=3, seed=1)
    train(autoencoder, PIXELS, steps=4, batch_size=3, seed=1)
    hashes = [fingerprint(memory)[1], fingerprint(autoencoder)[1]]
    found = {name: process.communicate(timeout=120) for name, process in processes.items()}
    return {"here": [*hashes, "float32", [6, *SHAPE], ["float32"]], **found}


@pytest.mark.parametrize("where", ["odd backend", "odd keras.json"])
def test_training_ends_in_the_same_weights_in_another_process(results, where):
    """Whatever Keras is told there; and neither the import nor the training prints anything."""
    printed, errors = results[where]
    assert errors == ""
    assert json.loads(printed) == results["here"]


@pytest.mark.parametrize("name", ["memory", "autoencoder"])
def test_config_round_trip(request, name):
    model = request.getfixturevalue(name)
    config = json.loads(json.dumps(model.get_config()))
    again = type(model).from_config(config)
    assert again.get_config() == model.get_config()
    built_alike = small_memory() if name == "memory" else small_autoencoder()
    assert fingerprint(again)[1] == fingerprint(built_alike)[1]


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("build", [small_memory, small_autoencoder])
def test_saved_by_keras_and_loaded_again(build, compiled, tmp_path):
    model = build(seed=3)
    good = good_data_of(model)
    if compiled:
        train(model, *good, steps=2)
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    assert type(again) is type(model) and again.latent_dim == 3 and again.image_shape == SHAPE
    assert fingerprint(again)[1] == fingerprint(model)[1]
    assert np.array_equal(again.predict(good[0], verbose=0), model.predict(good[0], verbose=0))
    assert np.array_equal(again.decode(CODES), model.decode(CODES))


@pytest.mark.parametrize("batch_size", [None, 4, 6, 100])
@pytest.mark.parametrize("name", ["memory", "autoencoder"])
def test_evaluate_is_the_mean_error_of_all_pictures(request, name, batch_size):
    """A last batch that is smaller weighs no more than its pictures do."""
    model = request.getfixturevalue(name)
    logits = model.predict(good_data_of(model)[0], verbose=0).astype(float)
    wanted = np.square(1 / (1 + np.exp(-logits)) - PIXELS[..., None] / 255).sum((1, 2, 3)).mean()
    found = model.evaluate(*good_data_of(model), batch_size=batch_size, verbose=0)
    assert found == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize(
    "pictures",
    [PIXELS, PIXELS[..., None], GREY[..., 0], GREY.astype(float), (PIXELS / 255)],
    ids=["uint8", "uint8 with channel", "float32", "float64 with channel", "float64"],
)
def test_all_ways_to_write_pictures_give_the_same(autoencoder, memory, pictures):
    """uint8, float32, float64, with the channel's axis or without."""
    assert autoencoder.evaluate(pictures, verbose=0) == autoencoder.evaluate(GREY, verbose=0)
    assert memory.evaluate(CODES, pictures, verbose=0) == memory.evaluate(CODES, GREY, verbose=0)
    assert np.array_equal(autoencoder.encode(pictures), autoencoder.encode(GREY))
    found, wanted = (autoencoder.predict(x, verbose=0) for x in (pictures, GREY))
    assert np.array_equal(found, wanted)


def test_a_dataset_is_used_as_it_is(autoencoder):
    batches = tf.data.Dataset.from_tensors(GREY)
    assert autoencoder.evaluate(batches, verbose=0) == pytest.approx(
        autoencoder.evaluate(GREY, verbose=0), rel=1e-6
    )


def test_encode_decode_and_reconstruct_agree(autoencoder):
    codes = autoencoder.encode(PIXELS)
    assert (codes.shape, codes.dtype) == ((6, 3), np.float32)
    assert np.allclose(autoencoder.encode(PIXELS, batch_size=4), codes, atol=1e-6)
    pictures = autoencoder.decode(codes)
    assert (pictures.shape, pictures.dtype) == ((6, *SHAPE), np.float32)
    assert 0 <= pictures.min() and pictures.max() <= 1
    assert np.array_equal(autoencoder.reconstruct(PIXELS), pictures)
    logits = autoencoder.predict(PIXELS, verbose=0)
    assert np.allclose(1 / (1 + np.exp(-logits)), pictures, atol=1e-6)


def test_decode_stays_in_range_for_extreme_codes(memory):
    pictures = memory.decode(np.array([[3e30, -3e30, 3e30], [-1e9, 1e9, 0], [0, 0, 0]]))
    assert np.isfinite(pictures).all() and 0 <= pictures.min() and pictures.max() <= 1


@pytest.mark.parametrize("build", [Memory, Autoencoder, VAE])
@pytest.mark.parametrize("seed", ["0", 1.0, None])
def test_a_seed_that_is_no_whole_number_is_named(build, seed):
    with pytest.raises(TypeError, match="^seed must be a whole number"):
        build(3, SHAPE, seed=seed)


@pytest.mark.parametrize("name", ["memory", "autoencoder"])
def test_weights_of_single_images_are_refused(request, name):
    """Ignored without a word, they would mislead."""
    model = request.getfixturevalue(name)
    model.compile()
    arrays = (CODES, GREY) if name == "memory" else (GREY,)
    for call in (model.fit, model.evaluate):
        with pytest.raises(ValueError, match="sample_weight must be None"):
            call(*arrays, sample_weight=np.ones(len(GREY)), verbose=0)
