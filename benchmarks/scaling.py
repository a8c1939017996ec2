"""What training costs with more images and with longer codes: time for an image, and memory.

``python -m benchmarks.scaling [--steps 300]``; about five minutes on two cores.

- 6,000, 60,000 and 600,000 images, the same 2,000 steps of 300 each time: one pass over the most.
  These are MNIST's, each at ten places, made batch by batch from their number alone: they are
  nowhere as a whole. What making them costs is in their time.
- Codes of length 2 to 128, from 60,000 images, ``--steps`` steps.

Each case has a process of its own, one after the other. Seconds are those between a tenth of the
steps and the last, so that compiling is left out. Peak MB is the most memory that the process ever
had; MB early and late, what it has at these two steps, would differ if anything piled up. Ratios
are to the first case of each group.
"""

import argparse
import json
import resource
import sys
import time

import keras
import psutil
import tensorflow as tf

from benchmarks.peers import in_own_process, mnist
from vae_tutorial.evaluation import mean_image
from vae_tutorial.models import VAE
from vae_tutorial.training import OneCycle, Snapshots, batches, set_seed

BATCH, PASS_STEPS = 300, 2000
IMAGES, LATENTS = (6_000, 60_000, 600_000), (2, 8, 32, 128)
PLACES = [(down, right) for down in (0, 1) for right in (-2, -1, 0, 1, 2)]
MARGIN = 2  # the furthest of these


def shifted(x_train, steps, batch_size=BATCH, seed=0):
    """Batches of each image at each of the ten places, in an order that the seed decides.

    Args:
        x_train: uint8 (n, 28, 28).
        steps: number of batches.
        batch_size: images in each.
        seed: decides the order.

    Returns:
        ``tf.data.Dataset`` of ``steps`` tensors float32 (batch_size, 28, 28, 1) in [0, 1]; the
        first 10 * n images are all different.
    """
    originals, places = tf.constant(x_train), tf.constant(PLACES, tf.int64)
    height, width = x_train.shape[1:]

    def batch(step):
        numbers = step * batch_size + tf.range(batch_size, dtype=tf.int64)
        last = len(x_train) * len(PLACES) - 1
        chosen = tf.random.experimental.index_shuffle(numbers % (last + 1), [seed, 0], last)
        images = tf.gather(originals, chosen // len(PLACES))
        images = tf.pad(images, ((0, 0), (MARGIN, MARGIN), (MARGIN, MARGIN)))
        place = tf.gather(places, chosen % len(PLACES))
        rows = MARGIN - place[:, :1] + tf.range(height, dtype=tf.int64)
        columns = MARGIN - place[:, 1:] + tf.range(width, dtype=tf.int64)
        images = tf.gather(images, rows, axis=1, batch_dims=1)
        images = tf.gather(images, columns, axis=2, batch_dims=1)
        return tf.cast(images[..., tf.newaxis], tf.float32) / 255.0

    return tf.data.Dataset.range(steps).map(batch).prefetch(2)


def run(images, latent_dim, steps):
    """Trains on so many images; returns seconds for 1,000 of them, and memory in MB."""
    x_train = mnist().x_train
    set_seed(0)
    model = VAE(latent_dim, initial_image=mean_image(x_train))
    model.compile(keras.optimizers.Adam(OneCycle(3e-3, steps), beta_2=0.99), jit_compile=True)
    if images > len(x_train):
        data = shifted(x_train, steps)
    else:
        data = batches(x_train[:images], batch_size=BATCH, steps=steps)
    early = max(1, steps // 10)

    def now():
        return time.perf_counter(), psutil.Process().memory_info().rss / 2**20

    snapshots = Snapshots(now, at=[early, steps])
    model.fit(data, shuffle=False, callbacks=[snapshots], verbose=0)
    (began, early_memory), (ended, late_memory) = snapshots.values[early], snapshots.values[steps]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "seconds": (ended - began) / ((steps - early) * BATCH / 1000),
        "peak": peak / (2**20 if sys.platform == "darwin" else 2**10),  # there bytes, here kB
        "early": early_memory,
        "late": late_memory,
    }


def measure(title, cases):
    """Prints a group of cases, each when it is measured."""
    heads = "s/1,000 images", "ratio", "peak MB", "ratio", "MB early", "MB late"
    print(f"\n{title:16}", *(f"{head:>14}" for head in heads), flush=True)
    first = None
    for name, case in cases:
        found = in_own_process("benchmarks.scaling", **case)
        first = first or found
        cells = [f"{found['seconds']:.4f}", f"{found['seconds'] / first['seconds']:.2f}"]
        cells += [f"{found['peak']:.0f}", f"{found['peak'] / first['peak']:.2f}"]
        cells += [f"{found['early']:.0f}", f"{found['late']:.0f}"]
        print(f"{name:>16}", *(f"{cell:>14}" for cell in cells), flush=True)


def main():
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--steps", type=int, default=300, help="of 300 images, for each length")
    # To see quickly that all of it works; and what the processes are told.
    parser.add_argument("--pass-steps", type=int, default=PASS_STEPS, help=argparse.SUPPRESS)
    parser.add_argument("--task", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.task:
        print(json.dumps(run(**options.task)))
        return
    if min(options.steps, options.pass_steps) < 2:
        parser.error("--steps: expected at least 2, to have one to begin and one to end with")
    mnist()  # or the message, before time is lost
    measure(
        "images",
        [(f"{n:,}", dict(images=n, latent_dim=20, steps=options.pass_steps)) for n in IMAGES],
    )
    measure(
        "length of code",
        [(str(k), dict(images=60_000, latent_dim=k, steps=options.steps)) for k in LATENTS],
    )


if __name__ == "__main__":
    main()
