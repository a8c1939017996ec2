"""How far the learned results of notebooks 03 to 08, and the VAE, depend on the seed.

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
from vae_tutorial.losses import kl_divergence, reconstruction_loss, squared_error
from vae_tutorial.models import VAE, Autoencoder, Memory, NoiselessVAE
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
        "PCA's codes": fitting,
        "shuffled codes": np.random.default_rng(seed).permutation(fitting),
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
    mixture = GaussianMixture(40, reg_covar=1.0, tol=0.02, random_state=seed).fit(codes)
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
        model.encode(images.x_train[:10_000]).astype(float), np.random.default_rng(seed), seed
    )
    samples["held-out codes"] = model.encode(images.x_test[:COUNT])
    decoded = {name: model.decode(z) for name, z in samples.items()}
    return {
        f"05 confident, {n}": (class_probabilities(classifier, x).max(axis=1) > 0.9).mean()
        for n, x in decoded.items()
    }


def fitted(kind, images, seed, steps, *, batch_size=200, learning_rate=5e-3, **options):
    """A model with 20 latents, trained as in notebooks 06 and 08."""
    set_seed(seed)
    model = kind(20, initial_image=mean_image(images.x_train), **options)
    model.compile(keras.optimizers.Adam(OneCycle(learning_rate, steps)), jit_compile=True)
    data = batches(images.x_train, batch_size=batch_size, steps=steps)
    model.fit(data, shuffle=False, verbose=0)
    return model


def collapse(images, seed):
    """Notebook 06: active units and KL divergence with the error averaged and summed.

    A squared error divided by 2 s² is the loss of pixels whose noise has the stddev s.
    """
    found = {}
    for name, divisor in (("averaged", 784), ("summed", 1)):
        model = fitted(VAE, images, seed, 300, noise_stddev=(divisor / 2) ** 0.5)
        gaussians = model.encode(images.x_test)
        found[f"06 active units of 20, error {name}"] = active_units(gaussians[0]).sum()
        found[f"06 KL in nats, error {name}"] = kl_divergence(*gaussians).numpy().mean()
    return found


def sampling(images, seed):
    """Notebook 06: an autoencoder and VAEs, their parts, and the confident images they draw."""
    set_seed(seed)
    classifier = train_classifier(images, steps=STEPS)
    models = {"autoencoder": fitted(NoiselessVAE, images, seed, 600, beta=0)}
    models |= {f"VAE, beta {b}": fitted(VAE, images, seed, 600, beta=b) for b in (1, 4)}
    codes = models["autoencoder"].encode(images.x_train[:10_000])[0].astype(float)
    epsilon = np.random.default_rng(seed).normal(size=(COUNT, 20))
    decode = models["autoencoder"].decode
    drawn = {name: model.decode(epsilon) for name, model in models.items()}
    drawn["autoencoder, own scale"] = decode(codes.mean(axis=0) + codes.std(axis=0) * epsilon)
    root = np.linalg.cholesky(np.cov(codes.T))
    drawn["autoencoder, fitted Gaussian"] = decode(codes.mean(axis=0) + epsilon @ root.T)
    vae = models["VAE, beta 1"]
    z_mean, z_log_var = vae.encode(images.x_train[:10_000])
    noise = np.random.default_rng(seed).normal(size=z_mean.shape)
    clouds = {"autoencoder": codes, "VAE": z_mean + np.exp(z_log_var / 2) * noise}
    for (name, real), model in zip(clouds.items(), (models["autoencoder"], vae), strict=True):
        mixture = GaussianMixture(40, reg_covar=0.01, tol=0.02, random_state=seed).fit(real)
        drawn[f"{name}, fitted mixture"] = model.decode(mixture.sample(COUNT)[0])
        drawn[f"{name}, copies"] = model.reconstruct(images.x_test[:COUNT])
    found = {}
    for name, x in drawn.items():
        found[f"06 confident, {name}"] = (class_probabilities(classifier, x).max(1) > 0.9).mean()
    for name, model in models.items():
        parts = model.evaluate(images.x_test, batch_size=500, verbose=0, return_dict=True)
        found[f"06 reconstruction, {name}"] = parts["reconstruction_loss"]
        found[f"06 KL, {name}"] = parts["kl_divergence"]
    return found


def copy_loss(model, images):
    """Reconstruction loss of copies decoded from the means, in nats."""
    x = as_floats(images)
    return reconstruction_loss(x, model.decoder(model.encode(images)[0])).numpy().mean()


def few_images(images, seed):
    """Notebook 08: held-out copies after training on few images, at the end and stopped early."""
    found = {}
    for count, steps in ((500, 1500), (5000, 6000)):
        x, validation = images.x_train[:count], images.x_train[count : count + 1000]
        for name, kind, beta in (("autoencoder", NoiselessVAE, 0), ("VAE", VAE, 1)):
            set_seed(seed)
            model = kind(20, initial_image=mean_image(x), beta=beta)
            model.compile(keras.optimizers.Adam(1e-3), jit_compile=True)
            data, curve = batches(x, batch_size=100, steps=100), []
            for _ in range(steps // 100):
                model.fit(data, shuffle=False, verbose=0)
                curve.append((copy_loss(model, validation), copy_loss(model, images.x_test)))
            found[f"08 {count} images, {name}, {steps} steps"] = curve[-1][1]
            found[f"08 {count} images, {name}, stopped early"] = min(curve)[1]
    return found


def many_images(images, seed):
    """Notebook 08: nine epochs of all the images."""
    found, steps = {}, 9 * (len(images.x_train) // 400)
    for name, kind, beta in (("autoencoder", NoiselessVAE, 0), ("VAE", VAE, 1)):
        recipe = {"batch_size": 400, "learning_rate": 6e-3}
        model = fitted(kind, images, seed, steps, beta=beta, **recipe)
        found[f"08 all images, {name}, training"] = copy_loss(model, images.x_train[:10_000])
        found[f"08 all images, {name}, held-out"] = copy_loss(model, images.x_test)
    return found


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


MEASURES = {
    measure.__name__: measure
    for measure in (
        fitting_codes,
        against_pca,
        confident_images,
        collapse,
        sampling,
        few_images,
        many_images,
        variational,
    )
}


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", choices=("mnist", "digits"), default="mnist")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", choices=MEASURES, help="one measure instead of all")
    options = parser.parse_args()
    images, runs = load_images(options.data), []
    for seed in range(options.seeds):
        runs.append({})
        for name in [options.only] if options.only else MEASURES:
            runs[-1] |= MEASURES[name](images, seed)
    print(f"{images.name}, {options.seeds} seeds: smallest to largest")
    for name in runs[0]:
        values = [run[name] for run in runs]
        print(f"{name:32} {min(values):6.3g} to {max(values):6.3g}")


if __name__ == "__main__":
    main()
