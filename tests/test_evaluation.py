"""Measurements on held-out images, each against another way to compute it."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from tests.test_models import BAD_PICTURES, fingerprint
from vae_tutorial import data, evaluation
from vae_tutorial.models import Autoencoder

RNG = np.random.default_rng(0)
TRAIN = RNG.integers(0, 256, (60, 5, 4), np.uint8)
TEST = RNG.integers(0, 256, (23, 5, 4), np.uint8)


@pytest.mark.parametrize("sizes", [[1], [3, 1, 8], range(1, 21), [20], np.array([2, 4])], ids=str)
def test_pca_errors_are_scikit_learns(sizes):
    rows, held_out = TRAIN.reshape(60, -1) / 255, TEST.reshape(23, -1) / 255
    wanted = []
    for size in sizes:
        pca = PCA(size, svd_solver="full").fit(rows)
        copies = pca.inverse_transform(pca.transform(held_out))
        wanted.append(np.square(held_out - copies).sum(axis=1).mean())
    found = evaluation.pca_errors(TRAIN, TEST, sizes)
    assert found.shape == (len(sizes),)
    assert np.allclose(found, wanted, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("sizes", [[0, 5], [5, -1], [-1], [21], [2.5], []], ids=str)
def test_pca_of_impossible_sizes_is_refused(sizes):
    """And not counted from the end of the components."""
    with pytest.raises((TypeError, ValueError)):
        evaluation.pca_errors(TRAIN, TEST, sizes)


@pytest.mark.parametrize(
    "images",
    [
        TRAIN,
        TRAIN[:1],
        TRAIN[..., None],
        np.stack([TRAIN] * 3, axis=-1),
        TRAIN / 255,
        (TRAIN / 255).astype(np.float32),
    ],
    ids=["uint8", "one", "with channel", "colour", "float64", "float32"],
)
def test_mean_image(images):
    wanted = images.astype(float).mean(axis=0) / (255 if images.dtype == np.uint8 else 1)
    found = evaluation.mean_image(images)
    assert found.dtype == np.float32 and found.ndim == 3
    assert np.allclose(found, wanted.reshape(found.shape), atol=1e-6)


@pytest.mark.parametrize("chunk", [1, 4, 1000])
@pytest.mark.parametrize("images", [TEST, TEST[..., None], TEST / 255], ids=["3d", "4d", "float"])
def test_reconstruction_errors(images, chunk, monkeypatch):
    monkeypatch.setattr(evaluation, "_CHUNK", chunk)
    seen = []

    def halved(x):
        seen.append(len(x))
        assert (x.dtype, x.shape[1:]) == (np.float32, (5, 4, 1))
        return x / 2

    found = evaluation.reconstruction_errors(halved, images)
    wanted = np.square(TEST / 255 / 2).sum(axis=(1, 2))
    assert (found.dtype, found.shape) == (np.float32, (23,))
    assert np.allclose(found, wanted, rtol=1e-5)
    assert max(seen) <= chunk and sum(seen) == 23


def test_reconstruction_errors_of_an_autoencoder_leave_it_as_it_was():
    model = Autoencoder(2, (4, 4, 1), units=(4,), filters=(2,))
    before = fingerprint(model)
    found = evaluation.reconstruction_errors(model.reconstruct, TEST[:, :4])
    wanted = np.square(TEST[:, :4, :, None] / 255 - model.reconstruct(TEST[:, :4])).sum((1, 2, 3))
    assert np.allclose(found, wanted, rtol=1e-4) and fingerprint(model) == before


def test_a_reconstruction_of_another_shape_is_refused():
    with pytest.raises(ValueError, match="must have one shape"):
        evaluation.reconstruction_errors(lambda x: x[:1], TEST)


@pytest.mark.parametrize(
    "case", [name for name in BAD_PICTURES if name not in ("colour", "too large")]
)
@pytest.mark.parametrize(
    "call",
    [evaluation.mean_image, lambda x: evaluation.reconstruction_errors(lambda y: y, x)],
    ids=["mean_image", "reconstruction_errors"],
)
def test_bad_images_are_refused(call, case):
    bad, kind, words = BAD_PICTURES[case]
    with pytest.raises(kind, match=f"^images must .*{words}"):
        call(bad)


@pytest.fixture(scope="module")
def digits():
    """The embedded ones, which need no network."""
    return data.load_images("digits")


@pytest.fixture(scope="module")
def classifier(digits):
    """A judge that has learned for a short time."""
    return evaluation.train_classifier(digits, steps=150)


def test_the_classifier_is_far_better_than_chance(classifier, digits):
    found = evaluation.judge(classifier, digits.x_test)
    assert (found.argmax(axis=1) == digits.y_test).mean() > 0.8
    assert np.bincount(found.argmax(axis=1), minlength=10).min() > 5


def test_the_same_seed_gives_the_same_classifier(digits):
    first, second = (
        fingerprint(evaluation.train_classifier(digits, steps=3, seed=1))[1] for _ in range(2)
    )
    assert first == second


@pytest.mark.parametrize("chunk", [10, 1000])
def test_judge_gives_probabilities(classifier, digits, chunk, monkeypatch):
    monkeypatch.setattr(evaluation, "_CHUNK", chunk)
    x = digits.x_test[:25]
    found = evaluation.judge(classifier, x)
    assert (found.dtype, found.shape) == (np.float32, (25, 10))
    assert np.allclose(found.sum(axis=1), 1, atol=1e-6) and found.min() >= 0
    logits = classifier(data.as_floats(x)).numpy().astype(float)
    wanted = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert np.allclose(found, wanted, atol=1e-5)
    assert np.allclose(found, evaluation.judge(classifier, x / 255), atol=1e-6)


@pytest.mark.parametrize("bad", [np.zeros((2, 8, 8), np.uint8), np.full((2, 28, 28), 255.0), None])
def test_judge_refuses_other_pictures(classifier, bad):
    before = fingerprint(classifier)
    with pytest.raises((TypeError, ValueError), match="^pictures must"):
        evaluation.judge(classifier, bad)
    assert fingerprint(classifier) == before


@pytest.mark.parametrize(("n", "m", "k"), [(1, 1, 1), (7, 30, 2), (20, 500, 16), (5, 40, 40)])
def test_nearest_distances_by_brute_force(n, m, k):
    samples, codes = RNG.normal(size=(n, k)), RNG.normal(size=(m, k))
    wanted = np.sqrt(np.square(samples[:, None] - codes).sum(axis=-1)).min(axis=1)
    found = evaluation.nearest_distances(samples, codes)
    assert found.shape == (n,) and np.allclose(found, wanted)
    assert np.allclose(evaluation.nearest_distances(codes, codes), 0, atol=1e-6)


def test_active_units_are_those_whose_mean_varies():
    rng = np.random.default_rng(1)
    spread = np.array([1.0, 0.0, 0.05, 0.2, 3.0])
    z_mean = 5 + spread * rng.normal(size=(5000, 5))
    assert evaluation.active_units(z_mean).tolist() == [True, False, False, True, True]
    assert evaluation.active_units(z_mean, threshold=0.001).tolist()[2]
    with pytest.raises(ValueError, match="threshold"):
        evaluation.active_units(z_mean, threshold=0)
    with pytest.raises(ValueError, match="z_mean"):
        evaluation.active_units(z_mean[:, 0])


def test_latent_channels_by_hand():
    """One latent sends -1 and 1 through a stddev of a half, the other only noise of the prior."""
    z_mean = np.array([[-1.0, 0.0], [1.0, 0.0]])
    z_log_var = np.log(np.array([[0.25, 1.0], [0.25, 1.0]]))
    found = evaluation.latent_channels(z_mean, z_log_var)
    nats = 0.5 * (1 + 0.25 - 1 - np.log(0.25))
    assert np.allclose(found["signal"], [1, 0]) and np.allclose(found["stddev"], [0.5, 1])
    assert np.allclose(found["bits"], [nats / np.log(2), 0], atol=1e-6)
    with pytest.raises(ValueError, match="z_log_var"):
        evaluation.latent_channels(z_mean, z_log_var[:, :1])
