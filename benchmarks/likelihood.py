"""How close a VAE comes to the published likelihood of its network in about ten CPU minutes.

Run as ``python -m benchmarks.likelihood [--steps 40000] [--units 200] [--seed 0]``. Trains 784-200-
200-50 on MNIST, binarized anew at each step, and prints bounds of ln p of binarized test digits.
Burda et al. 2016 (arXiv 1509.00519, table 1) report 86.76 nats for this network, from 5,000 draws.
"""

import argparse
import time

import keras
import numpy as np

from vae_tutorial.data import load_images
from vae_tutorial.evaluation import (
    effective_sample_size,
    importance_weighted_bound,
    log_weights,
    mean_image,
)
from vae_tutorial.models import VAE
from vae_tutorial.training import OneCycle, batches, binarize, set_seed

PUBLISHED, DRAWS = 86.76, (1, 10, 100, 1000, 5000)


def trained(images, steps, units, seed):
    """The model of notebook 11, trained for longer."""
    set_seed(seed)
    sizes = {"units": (units, units), "decoder_units": (units, units)}
    vae = VAE(50, initial_image=mean_image(images.x_train), **sizes)
    vae.compile(keras.optimizers.Adam(OneCycle(5e-3, steps)), jit_compile=True)
    data = batches(images.x_train, batch_size=200, steps=steps).map(lambda x: (binarize(x),))
    vae.fit(data, shuffle=False, verbose=0)
    return vae


def main():
    """Train, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--steps", type=int, default=40_000)
    parser.add_argument("--units", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    arguments, images = parser.parse_args(), load_images("mnist")
    if images.name != "mnist":
        parser.error("this needs MNIST: go online, or name its folder")
    wall, cpu = time.perf_counter(), time.process_time()
    vae = trained(images, arguments.steps, arguments.units, arguments.seed)
    wall, cpu = (time.perf_counter() - wall) / 60, (time.process_time() - cpu) / 60
    print(f"{vars(arguments)}: {cpu:.1f} CPU minutes in {wall:.1f} minutes", flush=True)
    set_seed(0)
    x = binarize(images.x_test).numpy()
    found = log_weights(vae, x, max(DRAWS))
    for k in DRAWS:
        bound = -importance_weighted_bound(found[:, :k])
        error = bound.std() / len(bound) ** 0.5  # of the mean over digits
        size = np.median(effective_sample_size(found[:, :k]))
        gap = bound.mean() - PUBLISHED
        print(
            f"k = {k:>4}: {bound.mean():.2f} nats, standard error {error:.2f}; "
            f"{gap:+.2f} to the published {PUBLISHED}; median effective sample size {size:.1f}"
        )


if __name__ == "__main__":
    main()
