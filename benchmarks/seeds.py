"""How far the learned results of notebooks 03 to 14, and the VAE, depend on the seed.

Run as ``python -m benchmarks.seeds [--data mnist|digits] [--seeds 5]``; prints one table, smallest
to largest over the seeds.
"""

import argparse
import tempfile
import time

import keras
import numpy as np
import tensorflow as tf
from scipy.ndimage import gaussian_filter
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture

from benchmarks import likelihood, weights
from vae_tutorial import pretrained
from vae_tutorial.data import as_floats, example_folder, load_folder, load_images
from vae_tutorial.evaluation import (
    class_probabilities,
    effective_sample_size,
    frechet_distance,
    gray_share,
    importance_weighted_bound,
    log_weights,
    mean_image,
    pca_errors,
    reconstruction_errors,
    sharpness,
    train_classifier,
)
from vae_tutorial.latent import active_units, find_codes
from vae_tutorial.losses import (
    kl_divergence,
    kl_per_latent,
    reconstruction_loss,
    squared_error,
)
from vae_tutorial.models import VAE, Autoencoder, Memory, NoiselessVAE
from vae_tutorial.training import OneCycle, batches, binarize, set_seed
from vae_tutorial.variants import ConditionalVAE, ConvVAE

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


def fitted(
    kind, images, seed, steps, *, batch_size=200, learning_rate=5e-3, callbacks=(), **options
):
    """A model with 20 latents, trained as in notebooks 06, 08 and 09."""
    set_seed(seed)
    model = kind(20, initial_image=mean_image(images.x_train), **options)
    model.compile(keras.optimizers.Adam(OneCycle(learning_rate, steps)), jit_compile=True)
    data = batches(images.x_train, batch_size=batch_size, steps=steps)
    model.fit(data, shuffle=False, verbose=0, callbacks=list(callbacks))
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


def place(model, images):
    """Rate and distortion of the held-out images, in nats, and how many latents are active."""
    gaussians = model.encode(images.x_test)
    losses = model.evaluate(images.x_test, batch_size=500, verbose=0, return_dict=True)
    rate = kl_divergence(*gaussians).numpy().mean()
    return rate, losses["reconstruction_loss"], active_units(gaussians[0]).sum()


def tradeoff(images, seed):
    """Notebook 09: the sweep that ships (seed 0), and the same with other seeds."""
    found, before = {}, None
    for beta in pretrained.BETAS:
        name = f"beta_{beta:g}"
        kept = pretrained.load_pretrained(name) if seed == 0 else None
        model = kept or weights.train(name, images, seed)
        rate, distortion, active = place(model, images)
        found |= {f"09 beta {beta:g}, rate": rate, f"09 beta {beta:g}, distortion": distortion}
        found[f"09 beta {beta:g}, active units of 20"] = active
        if before:
            found[f"09 slope down to beta {beta:g}"] = (before[1] - distortion) / (rate - before[0])
        before = rate, distortion
    recipe = weights.SWEEP | {"beta": 4, "learning_rate": weights.TRAINING["learning_rate"]}
    steps, size = weights.TRAINING["steps"], recipe.pop("latent_dim")
    model = fitted(VAE, images, seed, steps, callbacks=[WarmUp(steps // 2)], **recipe)
    rate, distortion, active = place(model, images)
    found["09 beta 4 with warm-up, loss"] = distortion + 4 * rate
    found[f"09 beta 4 with warm-up, active units of {size}"] = active
    return found


class ClosedForm(VAE):
    """Its pixels' noise is as large as the batch's error."""

    def log_variance(self, error):
        return tf.math.log(tf.reduce_mean(error))

    def loss_parts(self, x, epsilon):
        z_mean, z_log_var = self.encode(x)
        x_logits = self.decoder(self.reparameterize(z_mean, z_log_var, epsilon))
        log_variance = self.log_variance(tf.square(x - tf.sigmoid(x_logits)))
        return reconstruction_loss(x, x_logits, log_variance), kl_divergence(z_mean, z_log_var)


class Quick(ClosedForm):
    """Its noise is learned with ten times the step."""

    def log_variance(self, error):
        return 10 * self.noise_log_var


def test_loss(model, images):
    """Loss of the held-out images, in nats."""
    return model.evaluate(images.x_test, batch_size=500, verbose=0, return_dict=True)["loss"]


def pixel_error(model, images):
    """Root of a pixel's mean squared error, decoded from one draw of each cloud."""
    z_mean, z_log_var = model.encode(images.x_test)
    z = z_mean + np.exp(z_log_var / 2) * np.random.default_rng(0).normal(size=z_mean.shape)
    return np.square(as_floats(images.x_test) - model.decode(z)).mean() ** 0.5


def own_noise(images, seed):
    """Notebook 09: the stddev of a decoder's noise, fixed, learned and in closed form."""
    found, losses, stddevs = {}, [], (0.08, 0.09, 0.1, 0.11, 0.12)
    for steps in (600, 3000):
        closed = fitted(ClosedForm, images, seed, steps)
        learned = fitted(VAE, images, seed, steps, noise_stddev="learned")
        found[f"09 noise, {steps} steps, closed form"] = pixel_error(closed, images)
        found[f"09 noise, {steps} steps, learned"] = np.exp(learned.noise_log_var / 2)
        found[f"09 loss, {steps} steps, closed form"] = test_loss(closed, images)
    quick = fitted(Quick, images, seed, 600, noise_stddev="learned")
    found["09 noise, 600 steps, learned ten times as quickly"] = np.exp(5 * quick.noise_log_var)
    for stddev in stddevs:
        model = fitted(VAE, images, seed, 600, noise_stddev=stddev)
        losses.append(test_loss(model, images))
    a, b, c = np.polyfit(stddevs, losses, 2)
    found["09 noise, 600 steps, the best fixed one"] = -b / (2 * a)
    found["09 loss, 600 steps, the best fixed noise"] = c - b * b / (4 * a)
    return found


class WarmUp(keras.callbacks.Callback):
    """Raises beta from 0 to its value in the first steps."""

    def __init__(self, steps):
        super().__init__()
        self.steps = steps

    def on_train_begin(self, logs=None):
        self.end, self.model.beta = self.model.beta, tf.Variable(0.0)

    def on_train_batch_begin(self, batch, logs=None):
        self.model.beta.assign(self.end * min(1, batch / self.steps))


class FreeBits(VAE):
    """Charges no latent for its first quarter of a nat."""

    def loss_parts(self, x, epsilon):
        z_mean, z_log_var = self.encode(x)
        x_logits = self.decoder(self.reparameterize(z_mean, z_log_var, epsilon))
        kl = tf.reduce_mean(kl_per_latent(z_mean, z_log_var), axis=0)
        charged = tf.reduce_sum(tf.maximum(kl, 0.25))
        return reconstruction_loss(x, x_logits), tf.fill([tf.shape(x)[0]], charged)


def tricks(images, seed):
    """Notebook 09: beta 4 plain, with warm-up and with free bits, in two sizes of network."""
    small = {"units": [64], "decoder_units": [64, 64]}  # as in the sweep
    found = {}
    for size, steps, options in (("small", 900, small), ("large", 600, {})):
        models = {
            "plain": fitted(VAE, images, seed, steps, beta=4, **options),
            "warm-up": fitted(
                VAE, images, seed, steps, beta=4, callbacks=[WarmUp(steps // 2)], **options
            ),
            "free bits": fitted(FreeBits, images, seed, steps, beta=4, **options),
        }
        for name, model in models.items():
            rate, distortion, active = place(model, images)
            found[f"09 beta 4, {size}, {name}, loss"] = distortion + 4 * rate
            found[f"09 beta 4, {size}, {name}, active units"] = active
    return found


def convolutional_classifier(images):
    """The second classifier of notebook 11."""
    classifier = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Conv2D(16, 5, strides=2, activation="relu"),
            keras.layers.Conv2D(32, 3, strides=2, activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dense(64, activation="relu"),
            keras.layers.Dense(10),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    classifier.compile(keras.optimizers.Adam(OneCycle(3e-3, STEPS)), loss, jit_compile=True)
    data = batches(as_floats(images.x_train), images.y_train, steps=STEPS)
    classifier.fit(data, shuffle=False, verbose=0)
    return classifier


def measuring(images, seed):
    """Notebook 11: nats of binarized digits, two classifiers and noise, the Fréchet distance."""
    set_seed(0)
    x = binarize(images.x_test).numpy()[::20]
    vae = likelihood.trained(images, 3000, 200, seed)
    weights, found = log_weights(vae, x, 1000), {}
    for k in (1, 10, 100, 1000):
        found[f"11 nats, k = {k}"] = -importance_weighted_bound(weights[:, :k]).mean()
    found["11 median ESS of 1,000"] = np.median(effective_sample_size(weights))
    set_seed(seed)
    dense, convolutional = train_classifier(images, steps=STEPS), convolutional_classifier(images)
    rng = np.random.default_rng(seed)
    order, half = rng.permutation(len(images.x_test)), len(images.x_test) // 2
    real, other = as_floats(images.x_test[order[:half]]), as_floats(images.x_test[order[half:]])
    pictures = {"real digits": other, "the VAE's draws": vae.sample(half)}
    pictures["draws of binary_2"] = pretrained.load_pretrained("binary_2").sample(half)
    pictures["noise"] = rng.integers(0, 2, real.shape).astype(np.float32)
    pictures["one digit"] = real[:1].repeat(half, axis=0)
    features = keras.Model(dense.inputs, dense.layers[-2].output)
    described = features.predict(real, verbose=0)
    for name, shown in pictures.items():
        for judge, classifier in (("dense", dense), ("convolutional", convolutional)):
            sure = (class_probabilities(classifier, shown).max(1) > 0.9).mean()
            found[f"11 {judge} confident, {name}"] = sure
        distance = frechet_distance(described, features.predict(shown, verbose=0))
        found[f"11 Fréchet distance, {name}"] = distance
    return found


def draws_of(name, model, images, judges):
    """What 10,000 draws look like, to two classifiers and by their edges."""
    pictures, found = model.sample(10_000), {}
    sure = [class_probabilities(judge, pictures) for judge in judges.values()]
    for (judge, classifier), p in zip(judges.items(), sure, strict=True):
        features = keras.Model(classifier.inputs, classifier.layers[-2].output)
        described = features.predict(as_floats(images.x_test), verbose=0)
        distance = frechet_distance(described, features.predict(pictures, verbose=0))
        found[f"12 {name}, Fréchet distance, {judge}"] = distance
        found[f"12 {name}, {judge} confident"] = (p.max(axis=1) > 0.9).mean()
        found[f"12 {name}, {judge} below 0.5"] = (p.max(axis=1) < 0.5).mean()
    shares = np.bincount(sure[0].argmax(axis=1), minlength=10) / len(pictures)
    found[f"12 {name}, rarest class"] = shares.min()
    found[f"12 {name}, commonest class"] = shares.max()
    found[f"12 {name}, sharpness"] = sharpness(pictures).mean()
    found[f"12 {name}, gray share"] = gray_share(pictures).mean()
    return found


def copies_of(name, model, images, judge):
    """What the copies of the held-out images are like."""
    copies = model.reconstruct(images.x_test)
    kept = class_probabilities(judge, copies).argmax(axis=1) == images.y_test
    error = squared_error(as_floats(images.x_test), copies).numpy().mean()
    return {
        f"13 {name}, squared error of copies": error,
        f"13 {name}, labels kept": kept.mean(),
        f"13 {name}, sharpness of copies": sharpness(copies).mean(),
        f"13 {name}, KL": kl_divergence(*model.encode(images.x_test)).numpy().mean(),
    }


def searched(name, model, images, seed):
    """Notebook 12: errors of codes found by search, of held-out images and of the model's own."""
    rng, found = np.random.default_rng(seed), {}
    for kind, x in (("held-out", as_floats(images.x_test[:50])), ("own", model.sample(50, seed))):
        starts = {"zeros": np.zeros((50, 20)), "ten random starts": rng.normal(size=(500, 20))}
        for start, z in starts.items():
            many = x.repeat(len(z) // 50, axis=0)
            at = find_codes(model, many, z, at=(10, 100, 500))
            for step, codes in at.items():
                errors = squared_error(many, model.decode(codes)).numpy().reshape(50, -1).min(1)
                found[f"12 {name}, {kind}, {start}, error after {step}"] = errors.mean()
            found[f"12 {name}, {kind}, {start}, found"] = (errors < 1).mean()
    return found


def ratios(name, describe, x):
    """Notebook 13: how far images move when shifted and when blurred; 1 is to other images."""
    ways = {"shifted": np.roll(x, 1, axis=2), "blurred": gaussian_filter(x, (0, 1, 1, 0))}
    here, others = describe(x), describe(np.roll(x, 1, axis=0))
    unit, found = np.square(here - others).sum(axis=1).mean(), {}
    for way, changed in ways.items():
        far = np.square(here - describe(changed)).sum(axis=1).mean()
        found[f"13 {way}, seen by {name}"] = far / unit
    return found


def rivals(images, seed):
    """Notebooks 12 and 13: the models that ship (seed 0), and the same with other seeds."""
    set_seed(seed)
    judges = {"dense": train_classifier(images), "convolutional": convolutional_classifier(images)}
    x = as_floats(images.x_test[:1000])
    found = {"12 real digits, sharpness": sharpness(images.x_test).mean()}
    found["12 real digits, gray share"] = gray_share(images.x_test).mean()
    real = class_probabilities(judges["dense"], images.x_test).max(axis=1)
    found["12 real digits, dense confident"] = (real > 0.9).mean()
    found["12 real digits, dense below 0.5"] = (real < 0.5).mean()
    found |= ratios("pixels", lambda x: x.reshape(len(x), -1), x)
    describing = {name: (judge, judge.layers[-2].output) for name, judge in judges.items()}
    for name in ("vae_20", "squared_error", "gan", "gan_without_r1", *pretrained.RIVALS):
        model = pretrained.load_pretrained(name) if seed == 0 else weights.train(name, images, seed)
        found |= draws_of(name, model, images, judges)
        if hasattr(model, "encoder"):
            found |= copies_of(name, model, images, judges["dense"])
        if name in ("vae_20", "gan"):
            found |= searched(name, model, images, seed)
        if hasattr(model, "discriminator"):
            describing[name] = model.discriminator, model.discriminator.layers[-2].output
    for name, (network, layer) in describing.items():
        features = keras.Model(network.inputs, layer)
        found |= ratios(name, lambda x, f=features: f.predict(x, verbose=0), x)
    return found


def same_seconds(images, seed):
    """Notebook 12: what a VAE draws that was given as many seconds as the GAN."""
    a_step = {}
    for name in ("vae_20", "gan"):
        spent = []
        for steps in (300, 1500):  # their difference leaves out what compiling takes
            start = time.perf_counter()
            weights.train(name, images, seed, steps)
            spent.append(time.perf_counter() - start)
        a_step[name] = (spent[1] - spent[0]) / 1200
    ratio = a_step["gan"] / a_step["vae_20"]
    set_seed(seed)
    judges = {"dense": train_classifier(images)}
    model = weights.train("vae_20", images, seed, round(ratio * weights.TRAINING["steps"]))
    drawn = draws_of("VAE, the GAN's seconds", model, images, judges)
    return {"12 seconds of a GAN's step / a VAE's": ratio} | drawn


def kept_of(name, model, x, mean):
    """How much of the gray, and of the color, copies explain, compared with the mean image."""

    def gray(images):
        return images.mean(axis=-1, keepdims=True)

    copy, found = model.reconstruct(x), {}
    for part, of in {"gray": gray, "color": lambda images: images - gray(images)}.items():
        left = np.square(of(x) - of(copy)).sum() / np.square(of(x) - of(mean)).sum()
        found[f"14 {part} kept, {name}"] = 1 - left
    return found


def own_images(_, seed):
    """Notebook 14: what copies of snapshots keep, by the pixels' noise, steps and how many."""
    with tempfile.TemporaryDirectory() as folder:
        example_folder(folder, 200, seed)
        toys = load_folder(folder, (48, 48))
    mixed = np.random.default_rng(seed).permutation(toys.x_train)
    mean, x, found = mean_image(mixed), as_floats(toys.x_test), {}
    trials = {
        "cross-entropy": (ConvVAE, None, 300, None),
        "stddev 0.2": (ConvVAE, 0.2, 300, None),
        "stddev 0.2, 100 pictures": (ConvVAE, 0.2, 300, 100),
        "cross-entropy, 1,500 steps": (ConvVAE, None, 1500, None),
        "stddev 0.2, 1,500 steps": (ConvVAE, 0.2, 1500, None),
        "stddev 0.2, 1,500 steps, 100 pictures": (ConvVAE, 0.2, 1500, 100),
        "stddev 0.2, dense": (VAE, 0.2, 300, None),
    }
    for name, (kind, stddev, steps, count) in trials.items():
        set_seed(seed)
        options = {"filters": (16, 32, 64)} if kind is ConvVAE else {}
        model = kind(16, x.shape[1:], noise_stddev=stddev, initial_image=mean, **options)
        rate = 5e-3 if kind is ConvVAE else 2e-3
        train(model, mixed[:count], steps=steps, batch_size=50, learning_rate=rate)
        found |= kept_of(name, model, x, as_floats(mean[None]))
    return found


def conditional(images, seed):
    """Notebook 14: drawings read as asked for, by beta."""
    asked, found = np.repeat(np.arange(10), 200), {}
    set_seed(seed)
    classifier = train_classifier(images)
    for beta in (1, 2, 4):
        set_seed(seed)
        model = ConditionalVAE(10, beta=beta, initial_image=mean_image(images.x_train))
        recipe = {"batch_size": 200, "learning_rate": 5e-3}
        train(model, images.x_train, images.y_train, steps=STEPS, **recipe)
        read = class_probabilities(classifier, model.sample(asked)).argmax(axis=1)
        found[f"14 read as asked, beta {beta}"] = (read == asked).mean()
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
        tradeoff,
        own_noise,
        tricks,
        measuring,
        rivals,
        same_seconds,
        own_images,
        conditional,
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
        print(f"{name:50} {min(values):6.3g} to {max(values):6.3g}")


if __name__ == "__main__":
    main()
