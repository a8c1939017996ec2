"""A sweep on two Dask workers beside one process; notebook 09's curve; what pixels cost.

``VAE_TUTORIAL_DATA=folder python -m benchmarks.scale``; about five minutes on two cores.

Each task trains a VAE of 20 latents on MNIST and measures it on the test images. One process and
two workers run the same six short tasks, twice: the first time includes the start, in which each
process imports TensorFlow and reads the images. Their results must agree to the last bit. Then the
workers trace the curve of the tradeoff: for each beta the rate (KL divergence) and the distortion
(reconstruction loss), in nats an image, from the smallest to the largest of three seeds.
Last, what an image costs a ``ConvVAE`` in training, as its side doubles.
"""

import logging
import os
import sys
import tempfile
import time
from pathlib import Path

from vae_tutorial.scale import grid, sweep

BETAS = (0.1, 0.25, 1, 4, 10)
SEEDS = range(3)
STEPS = 600
SHORT = grid(beta=(1, 4), seed=SEEDS, steps=[100])


def train(beta, seed, steps):
    """Rate and distortion of the test images after a training, in nats an image."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import keras  # here, so that starting includes it

    from vae_tutorial.data import load_images
    from vae_tutorial.evaluation import mean_image
    from vae_tutorial.models import VAE
    from vae_tutorial.training import OneCycle, batches, set_seed

    set_seed(seed)
    images = load_images("mnist")
    mean = mean_image(images.x_train)
    vae = VAE(20, beta=beta, units=(256,), decoder_units=(256, 256), initial_image=mean)
    vae.compile(keras.optimizers.Adam(OneCycle(5e-3, steps)), jit_compile=True)
    vae.fit(batches(images.x_train, batch_size=200, steps=steps), shuffle=False, verbose=0)
    found = vae.evaluate(images.x_test, batch_size=500, verbose=0, return_dict=True)
    return {name: found[name] for name in ("kl_divergence", "reconstruction_loss")}


def timed(folder, client=None):
    """Seconds that the short tasks take, and their rows."""
    start = time.perf_counter()
    rows = sweep(train, SHORT, Path(folder, f"{start}.jsonl"), client)
    assert len(rows) == len(SHORT)
    return time.perf_counter() - start, rows


def cost_of_pixels():
    """Milliseconds that a step takes for an image, side by side; noise serves as images."""
    import keras
    import numpy as np

    from vae_tutorial.variants import ConvVAE

    first = None
    for side in (32, 64, 128):
        x = np.random.default_rng(0).random((50, side, side, 3), np.float32)
        model = ConvVAE(16, x.shape[1:], filters=(16, 32, 64), noise_stddev=0.2)
        model.compile(keras.optimizers.Adam(1e-4))
        model.train_on_batch(x)
        times = []
        for _ in range(20):
            start = time.perf_counter()
            model.train_on_batch(x)
            times.append((time.perf_counter() - start) / len(x))
        cost = 1000 * np.median(times)
        first = first or cost
        print(f"{side:4} pixels: {cost:6.2f} ms, {cost / first:5.1f}")


def spread(numbers):
    return f"{min(numbers):7.2f} - {max(numbers):6.2f}"


def main():
    """Prints the times, their ratios, and the curve."""
    with tempfile.TemporaryDirectory() as folder:
        alone = [timed(folder) for _ in range(2)]
        from distributed import Client, LocalCluster

        options = {"n_workers": 2, "threads_per_worker": 1, "host": "127.0.0.1"}
        options |= {"dashboard_address": None, "silence_logs": logging.CRITICAL}
        start = time.perf_counter()
        with LocalCluster(**options) as cluster, Client(cluster) as client:
            begun = time.perf_counter() - start
            both = [timed(folder, client) for _ in range(2)]
            print("six tasks            one process   two workers   ratio")
            for name, (one, _), (two, _), extra in zip(
                ("with the start", "once more"), alone, both, (begun, 0), strict=True
            ):
                two += extra
                print(f"{name:20} {one:9.1f} s {two:11.1f} s {one / two:7.2f}")
            same = all(rows == alone[0][1] for _, rows in alone + both)
            print("results agree to the last bit:", same, flush=True)

            rows = sweep(train, grid(beta=BETAS, seed=SEEDS, steps=[STEPS]), f"{folder}/c", client)
        print("\n beta   rate, smallest - largest   distortion, smallest - largest")
        for beta in BETAS:
            rates, distortions = (
                [row[name] for row in rows if row["beta"] == beta]
                for name in ("kl_divergence", "reconstruction_loss")
            )
            print(f"{beta:5} {spread(rates):>26} {spread(distortions):>32}")
        print("\nwhat an image costs in training, and the ratio to the smallest")
        cost_of_pixels()
        print(f"{time.perf_counter() - start + alone[0][0] + alone[1][0]:.0f} s in all")
    return 0


if __name__ == "__main__":
    sys.exit(main())
