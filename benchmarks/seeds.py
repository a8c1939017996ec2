"""How far the learned results of notebooks 03, 04 and 05, and the VAE, depend on the seed.

Run as ``python -m benchmarks.seeds [--data mnist|digits] [--seeds 5]``; prints one table, smallest
to largest over the seeds.
"""

import argparse

import keras
import numpy as np
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture

from vae_tutorial.data import as_floats, load_images
from vae_tutorial.evaluation import (
    class_probabilities,
    mean_image,
    pca_errors,
    reconstruction_errors,
    train_classifier,
)
from vae_tutorial.latent import active_units
from vae_tutorial.losses import squared_error
from vae_tutorial.models import VAE, Autoencoder, Memory
from vae_tutorial.training import OneCycle, batches, set_seed

COUNT, STEPS, SIZES = 1000, 600, (2, 4, 8, 16, 32)


def train(model, *arrays, steps, batch_size=100, learning_rate=3e-3):
    """Train a model as the notebooks do."""
    optimizer = keras.optimizers.Adam(OneCycle(learning_rate, steps), beta_2=0.99)
    model.compile(optimizer, jit_compile=True)
    data = batches(*arrays, batch_size=batch_size, steps=steps)
    model.fit(data, shuffle=False, verbose=0)


def fitting_codes(images, seed):
    """Notebook 03: error with fitting codes, and with the same codes dealt at random."""
    many = images.x_train[:512]
    fitting = PCA(8, whiten=True, random_state=0).fit_transform(as_floats(many).reshape(512, -1))
    codes = {
        "fitting codes": fitting,
        "dealt codes": np.random.default_rng(seed).permutation(fitting),
    }
    found = {}
    for name, z in codes.items():
        set_seed(seed)
        memory = Memory(8)
        recipe = {"batch_size": 64, "learning_rate": 0.01}
        train(memory, z.astype(np.float32), many, steps=300, **recipe)
        error = squared_error(as_floats(many), memory.decode(z.astype(np.float32)))
        found[f"03 error, {name}"] = error.numpy().mean()
    return found


def against_pca(images, seed):
    """Notebook 04: held-out error as a multiple of PCA's, by length of the code."""
    linear = pca_errors(images.x_train, images.x_test, SIZES)
    found = {}
    for size, floor in zip(SIZES, linear, strict=True):
        set_seed(seed)
        model = Autoencoder(size)
        train(model, images.x_train, steps=STEPS)
        error = reconstruction_errors(model.reconstruct, images.x_test).mean()
        found[f"04 error / PCA's, length {size}"] = error / floor
    return found


def draws(codes, rng, seed):
    """Codes drawn in the four ways of notebook 05."""
    mixture = GaussianMixture(40, reg_covar=1.0, tol=0.02, random_state=seed).fit(codes[:10_000])
    return {
        "plain Gaussian": rng.normal(size=(COUNT, 8)),
        "box": rng.uniform(codes.min(axis=0), codes.max(axis=0), (COUNT, 8)),
        "fitted Gaussian": rng.multivariate_normal(codes.mean(axis=0), np.cov(codes.T), COUNT),
        "fitted mixture": mixture.sample(COUNT)[0],
    }


def confident_images(images, seed):
    """Notebook 05: share of confident images by the way the codes were drawn."""
    set_seed(seed)
    classifier = train_classifier(images, steps=STEPS)
    set_seed(seed)
    model = Autoencoder(8)
    train(model, images.x_train, steps=STEPS)
    samples = draws(
        model.encode(images.x_train[:20_000]).astype(float), np.random.default_rng(seed), seed
    )
    samples["held-out codes"] = model.encode(images.x_test[:COUNT])
    decoded = {name: model.decode(z) for name, z in samples.items()}
    return {
        f"05 confident, {n}": (class_probabilities(classifier, x).max(axis=1) > 0.9).mean()
        for n, x in decoded.items()
    }


def variational(images, seed):
    """The default VAE, four epochs of MNIST: test loss, its parts, and how many units it uses."""
    set_seed(seed)
    model = VAE(initial_image=mean_image(images.x_train))
    train(model, images.x_train, steps=2400)
    losses = model.evaluate(images.x_test, batch_size=500, verbose=0, return_dict=True)
    if not all(np.isfinite(weight).all() for weight in model.get_weights()):
        raise RuntimeError(f"seed {seed}: expected finite weights, found NaN or infinity")
    found = {f"VAE {name}": value for name, value in sorted(losses.items())}
    return found | {"VAE active units of 20": active_units(model.encode(images.x_test)[0]).sum()}


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", choices=("mnist", "digits"), default="mnist")
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    images, runs = load_images(options.data), []
    for seed in range(options.seeds):
        runs.append({})
        for measure in (fitting_codes, against_pca, confident_images, variational):
            runs[-1] |= measure(images, seed)
    print(f"{images.name}, {options.seeds} seeds: smallest to largest")
    for name in runs[0]:
        values = [run[name] for run in runs]
        print(f"{name:32} {min(values):6.3g} to {max(values):6.3g}")


if __name__ == "__main__":
    main()
