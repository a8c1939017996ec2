"""Pixels out of range raise whatever door they come through; each hint works when it is applied."""

import numpy as np
import pytest
import tensorflow as tf

from tests.small_models import CODES, GRAY, PIXELS, data_for, fingerprint, small
from vae_tutorial._pixels import Pixels
from vae_tutorial.training import set_seed

NAN, INF = GRAY.copy(), GRAY.copy()
NAN[2, 3, 4, 0], INF[5, 0, 0, 0] = np.nan, np.inf
MASKS = (PIXELS > 100).astype(np.uint8)
WRONG = {
    "0 to 255": (255 * GRAY, r"\[0, 255\]: divide by 255"),
    "negative": (-GRAY, r"\[-1, -?0\]"),
    "minus one to one": (2 * GRAY - 1, "add 1 and divide by 2"),
    "a little too bright": (1.2 * GRAY, r"\[0, 1.2\]"),
    "divided twice": (GRAY / 255, "divided by 255 twice: multiply by 255"),
    "masks": (MASKS, "0 and 1: multiply by 255"),
    "NaN": (NAN, "finite"),
    "infinity": (INF, "finite|inf"),
}
each_wrong = pytest.mark.parametrize(("wrong", "words"), WRONG.values(), ids=list(WRONG))
every_kind = pytest.mark.parametrize("kind", ["Memory", "Autoencoder", "VAE"])
both_ways = pytest.mark.parametrize("jit_compile", [False, True])


def compiled(kind="VAE", **options):
    set_seed(0)
    model = small(kind)
    model.compile("adam", **options)
    return model


@every_kind
@both_ways
def test_no_wrong_batch_trains(kind, jit_compile):
    model = compiled(kind, jit_compile=jit_compile)
    before = fingerprint(model)[1]
    for wrong, words in WRONG.values():
        for call in (model.fit, model.evaluate):
            with pytest.raises(ValueError, match=words):
                call(*data_for(model, wrong), verbose=0)
        for call in (model.train_on_batch, model.test_on_batch):
            with pytest.raises(ValueError, match=words):
                call(*data_for(model, wrong))
        assert fingerprint(model)[1] == before
    history = model.fit(*data_for(model), verbose=0).history
    assert np.isfinite(history["loss"]).all() and fingerprint(model)[1] != before


@every_kind
@both_ways
@pytest.mark.parametrize("steps_per_execution", [1, 3])
def test_a_later_batch_of_a_dataset_is_noticed(kind, jit_compile, steps_per_execution):
    model = compiled(kind, jit_compile=jit_compile, steps_per_execution=steps_per_execution)
    mixed = np.concatenate([GRAY[:4], 255 * GRAY[4:]])
    data = data_for(model, mixed)
    dataset = tf.data.Dataset.from_tensor_slices(data if len(data) == 2 else data[0]).batch(2)
    with pytest.raises(ValueError, match="divide by 255"):
        model.fit(dataset, verbose=0, shuffle=False)
    assert all(np.isfinite(weight).all() for weight in model.get_weights())
    assert np.isfinite(model.fit(*data_for(model), verbose=0).history["loss"]).all()


def test_a_tensor_of_bytes_is_encoded_as_the_array_is():
    model = compiled()
    assert np.allclose(model.encode(tf.constant(PIXELS))[0], model.encode(PIXELS)[0], atol=1e-6)


@both_ways
@each_wrong
def test_no_wrong_image_is_encoded_or_decoded(jit_compile, wrong, words):
    model = compiled(jit_compile=jit_compile)
    calls = [model, model.encode, model.reconstruct, model.predict_on_batch]
    calls += [lambda x: model.predict(x, verbose=0), lambda x: model.encode(tf.constant(x))]
    if wrong.dtype != np.uint8:  # a functional network takes floats: masks pass as black and white
        calls += [model.encoder, lambda x: model.encoder.predict(x, verbose=0)]
    for call in calls:
        with pytest.raises(ValueError, match=words):
            call(wrong)


def test_black_images_are_images():
    model, black = compiled(), np.zeros_like(PIXELS)
    assert np.isfinite(model.fit(black, verbose=0).history["loss"]).all()
    assert np.isfinite(model.reconstruct(black)).all()


def test_fit_gives_the_hint_of_a_shape():
    with pytest.raises(ValueError, match=r"use x\.reshape\(-1, 8, 8, 1\)"):
        compiled().fit(PIXELS.reshape(6, 64), verbose=0)


def test_labels_are_no_target():
    model = compiled()
    pairs = tf.data.Dataset.from_tensor_slices((GRAY, np.arange(6))).batch(2)
    with pytest.raises(ValueError, match=r"dataset.map\(lambda x, y: x\)"):
        model.fit(pairs, verbose=0, shuffle=False)
    history = model.fit(pairs.map(lambda x, y: x), verbose=0, shuffle=False).history
    assert np.isfinite(history["loss"]).all()


def test_a_memory_needs_images():
    with pytest.raises(ValueError, match=r"y must be the images.*fit\(codes, images\)"):
        compiled("Memory").fit(CODES, verbose=0)


def test_a_function_of_your_own_takes_no_other_dtype():
    """Whole numbers that aren't bytes would not be divided by 255."""
    with pytest.raises(TypeError, match="x must be uint8 or floating"):
        tf.function(compiled())(tf.constant(PIXELS, tf.int32))


def test_after_batches_of_several_ranks():
    """TensorFlow then traces for tensors of any rank."""
    model = compiled()
    for images in (PIXELS, GRAY, GRAY[:3], PIXELS[:5]):
        assert np.isfinite(model.fit(images, verbose=0).history["loss"]).all()


def test_the_layer_is_saved_with_its_shape():
    layer = Pixels.from_config(Pixels((8, 8, 1)).get_config())
    assert layer.image_shape == (8, 8, 1)
    assert np.array_equal(layer(PIXELS), layer(GRAY))
