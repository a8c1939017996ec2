"""Measurements on held-out images, each against another way to compute it."""

import numpy as np
import pytest
import scipy.linalg
from scipy.special import logsumexp
from sklearn.decomposition import PCA

from tests.small_models import GRAY, PIXELS, SHAPE, fingerprint, small_vae
from vae_tutorial import data, evaluation
from vae_tutorial.losses import reconstruction_loss
from vae_tutorial.models import VAE
from vae_tutorial.training import set_seed

RNG = np.random.default_rng(0)
TRAIN = RNG.integers(0, 256, (60, 5, 4), np.uint8)
TEST = RNG.integers(0, 256, (23, 5, 4), np.uint8)


# Principal components.


@pytest.mark.parametrize("sizes", [[1], [3, 1, 8], range(1, 21), np.array([2, 4])], ids=str)
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


def test_pca_of_fewer_images_than_pixels_agrees_with_a_singular_value_decomposition():
    x = RNG.integers(0, 256, (250, 40, 40, 3), np.uint8)
    rows = x.reshape(250, -1) / 255
    mean, held_out = rows[:200].mean(axis=0), rows[200:]
    directions = np.linalg.svd(rows[:200] - mean, full_matrices=False)[2]
    wanted = []
    for size in (1, 20, 199):
        codes = (held_out - mean) @ directions[:size].T
        wanted.append(np.square(held_out - mean - codes @ directions[:size]).sum(axis=1).mean())
    found = evaluation.pca_errors(x[:200], x[200:], [1, 20, 199])
    assert np.allclose(found, wanted, rtol=1e-4)


# The mean, and errors.


@pytest.mark.parametrize(
    "images",
    [TRAIN, TRAIN[:1], TRAIN[..., None], np.stack([TRAIN] * 3, axis=-1), TRAIN / 255],
    ids=["uint8", "one", "with channel", "color", "float64"],
)
def test_mean_image(images):
    wanted = images.astype(float).mean(axis=0) / (255 if images.dtype == np.uint8 else 1)
    found = evaluation.mean_image(images)
    assert found.dtype == np.float32 and found.ndim == 3
    assert np.allclose(found, wanted.reshape(found.shape), atol=1e-6)


@pytest.mark.parametrize("chunk", [1, 4, 1000])
@pytest.mark.parametrize("images", [TEST, TEST[..., None], TEST / 255], ids=["3d", "4d", "float"])
def test_reconstruction_errors(images, chunk, monkeypatch):
    monkeypatch.setattr(evaluation, "CHUNK", chunk)
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


# The classifier.


@pytest.fixture(scope="module")
def digits():
    """The embedded ones, which need no network."""
    return data.load_images("digits")


@pytest.fixture(scope="module")
def classifier(digits):
    """One that has learned for a short time."""
    set_seed(0)
    return evaluation.train_classifier(digits, steps=150)


def test_the_classifier_is_far_better_than_chance(classifier, digits):
    found = evaluation.class_probabilities(classifier, digits.x_test).argmax(axis=1)
    assert (found == digits.y_test).mean() > 0.8
    assert np.bincount(found, minlength=10).min() > 5


def test_the_same_seed_gives_the_same_classifier(digits):
    ends = []
    for seed in (1, 1, 2):
        set_seed(seed)
        ends.append(fingerprint(evaluation.train_classifier(digits, steps=3))[1])
    assert ends[0] == ends[1] != ends[2]


def test_there_may_be_many_classes_and_colors():
    """Thirteen shades of red, blue and so on, each of one color."""
    colors = RNG.integers(0, 256, (13, 1, 1, 3), np.uint8)
    labels = np.arange(130) % 13
    x = np.broadcast_to(colors[labels], (130, 4, 4, 3)).copy()
    set_seed(0)
    classifier = evaluation.train_classifier(
        data.Images("colors", x, labels, x[:13], labels[:13]), steps=300
    )
    found = evaluation.class_probabilities(classifier, x)
    assert found.shape == (130, 13) and (found.argmax(axis=1) == labels).mean() > 0.9


@pytest.mark.parametrize("chunk", [10, 1000])
def test_probabilities_are_the_softmax_of_the_logits(classifier, digits, chunk, monkeypatch):
    monkeypatch.setattr(evaluation, "CHUNK", chunk)
    x = digits.x_test[:25]
    found = evaluation.class_probabilities(classifier, x)
    assert (found.dtype, found.shape) == (np.float32, (25, 10))
    assert np.allclose(found.sum(axis=1), 1, atol=1e-6) and found.min() >= 0
    logits = classifier(data.as_floats(x)).numpy().astype(float)
    wanted = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert np.allclose(found, wanted, atol=1e-5)
    assert np.allclose(found, evaluation.class_probabilities(classifier, x / 255), atol=1e-6)


# Tighter bounds.


@pytest.fixture(scope="module", params=[None, 1.0], ids=["Bernoulli", "Gaussian"])
def one_latent(request):
    """A VAE whose evidence can be summed on a grid, and that evidence: (n,)."""
    set_seed(0)
    vae = VAE(1, SHAPE, units=(8,), decoder_units=(8,), noise_stddev=request.param)
    last = vae.encoder.layers[-1]  # clouds wider than the prior, so that no tail is missed
    last.set_weights([0.1 * last.get_weights()[0], np.array([0.3, 0.4])])
    z = np.linspace(-8, 8, 1601, dtype=np.float32)[:, np.newaxis]
    log_prior = -0.5 * z[:, 0] ** 2 - 0.5 * np.log(2 * np.pi)
    x_logits = vae.decoder(z)
    same = [np.broadcast_to(x, x_logits.shape) for x in GRAY]
    log_p = [-reconstruction_loss(x, x_logits, vae.noise_log_var).numpy() for x in same]
    return vae, logsumexp(np.array(log_p, float) + log_prior, axis=1) + np.log(z[1, 0] - z[0, 0])


def test_the_bound_meets_the_evidence_of_a_model_that_can_be_solved(one_latent):
    vae, evidence = one_latent
    weights = evaluation.log_weights(vae, PIXELS, 20_000).astype(float)
    found = evaluation.importance_weighted_bound(weights)
    shares = np.exp(weights - weights.max(axis=1, keepdims=True))
    error = shares.std(axis=1) / shares.mean(axis=1) / np.sqrt(20_000)
    assert (error < 0.05).all() and (np.abs(found - evidence) < 3 * error + 1e-3).all()


def test_the_bound_never_falls_with_more_codes_and_begins_at_the_elbo(one_latent):
    vae, evidence = one_latent
    weights = evaluation.log_weights(vae, PIXELS, 4096).astype(float)
    bounds = []
    for k in (1, 4, 16, 64, 4096):  # each block of k holds whole blocks of the k before
        blocks = evaluation.importance_weighted_bound(weights.reshape(-1, k))
        bounds.append(blocks.reshape(6, -1).mean(axis=1))
    assert (np.diff(bounds, axis=0) >= 0).all() and (bounds[0] < evidence).all()
    z_mean, z_log_var = vae.encode(GRAY)
    epsilon = np.random.default_rng(0).normal(size=(4096, 6, 1)).astype(np.float32)
    parts = [vae.loss_parts(GRAY, e) for e in epsilon[:500]]
    elbo = -np.mean([loss + kl for loss, kl in parts], axis=0)
    assert np.allclose(bounds[0], elbo, atol=5 * weights.std() / np.sqrt(500))


@pytest.mark.parametrize("k", [1, 50, 130])
def test_weights_follow_the_seed_and_leave_the_model_as_it_was(k):
    vae = small_vae()
    before, many = fingerprint(vae), np.concatenate([PIXELS] * 20)
    one, again, other = (evaluation.log_weights(vae, many, k, seed=s) for s in (1, 1, 2))
    assert one.shape == (120, k) and np.array_equal(one, again) and (one != other).mean() > 0.99
    assert len(np.unique(one)) > 0.98 * one.size, "each code is drawn once"
    assert fingerprint(vae) == before


@pytest.mark.parametrize(("x", "k"), [(PIXELS, 0), (PIXELS, 2.5), (PIXELS[0], 5), (255 * GRAY, 5)])
def test_bad_arguments_of_weights_are_refused(x, k):
    with pytest.raises((TypeError, ValueError), match="^(k|images) must"):
        evaluation.log_weights(small_vae(), x, k)


@pytest.mark.parametrize("level", [0.0, -1e4, 1e4])
def test_effective_sample_size(level):
    """Of equal weights all count; of two that outweigh the rest, two."""
    two = np.full(100, -50.0)
    two[[3, 70]] = 0
    found = evaluation.effective_sample_size(np.stack([np.zeros(100), two]) + level)
    assert np.allclose(found, [100, 2])


# The Frechet distance.


def test_frechet_distance_of_numbers_is_that_of_means_and_stddevs():
    a, b = RNG.normal(0, 1, (500, 1)), RNG.normal(3, 0.5, (400, 1))
    wanted = (a.mean() - b.mean()) ** 2 + (a.std(ddof=1) - b.std(ddof=1)) ** 2
    assert evaluation.frechet_distance(a, b) == pytest.approx(wanted)


@pytest.mark.parametrize("count", [300, 8], ids=["many", "fewer than features"])
def test_frechet_distance_agrees_with_a_matrix_root(count):
    a = RNG.normal(size=(count, 12)) @ RNG.normal(size=(12, 12))
    b = RNG.normal(size=(count, 12)) @ RNG.normal(size=(12, 12)) + 1
    cov_a, cov_b = np.cov(a.T), np.cov(b.T)
    root = np.real(scipy.linalg.sqrtm(cov_a @ cov_b + 1e-9 * np.eye(12)))
    gap = np.square(a.mean(axis=0) - b.mean(axis=0)).sum()
    wanted = gap + np.trace(cov_a + cov_b - 2 * root)
    assert evaluation.frechet_distance(a, b) == pytest.approx(wanted, rel=1e-3)
    assert evaluation.frechet_distance(b, a) == pytest.approx(wanted, rel=1e-3)
    assert evaluation.frechet_distance(a, a) == pytest.approx(0, abs=1e-5 * wanted)


def test_sharpness_and_gray_share_by_hand():
    dot, blank = np.zeros((2, 5, 5, 1))
    dot[2, 2] = 1
    around = [0, -1, 0, -1, 4, -1, 0, -1, 0]  # the Laplacian of the nine inner pixels
    assert np.allclose(evaluation.sharpness(np.stack([dot, blank])), [np.var(around), 0])
    blank[0, :5, 0] = 0.05, 0.5, 0.85, 0.95, 1  # no ink, two grays, two whites
    assert np.allclose(evaluation.gray_share(np.stack([dot, blank])), [0, 0.5])
