"""What looking after a training costs: `training.train` against Keras's bare fit; at most 3 %.

``python -m benchmarks.recipe [--rounds 12] [--steps 600]``; about three minutes on two cores.

The same VAE, optimizer, schedule and batches, three times over: by Keras's fit alone; by ``train``,
which looks at its arguments, notes losses and stops at one that is not finite; and by ``train``
with ``run``, which also hashes the data and writes everything down. They take turns in one process,
in another order each round. The fastest of each are compared, since what else the machine does can
only add; and, for the spread, each with the bare fit of its round. Compiling is in the time, since
every training does it.
"""

import argparse
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

LIMIT = 1.03


def bare(model, x, steps, batch_size, learning_rate):
    """Train as ``train`` does, with nothing that looks after it."""
    from vae_tutorial.batches import batches
    from vae_tutorial.runtime import keras
    from vae_tutorial.training import schedule

    optimizer = keras.optimizers.Adam(schedule(steps, learning_rate), beta_2=0.99)
    model.compile(optimizer=optimizer)
    data = batches(x, batch_size=batch_size, steps=steps)
    keras.Model.fit(model, data, epochs=1, steps_per_epoch=steps, shuffle=False, verbose=0)


def measure(rounds, steps):
    """{way: [(wall seconds, processor seconds), ...]}, a pair for each round."""
    from vae_tutorial.data import load_images
    from vae_tutorial.evaluation import mean_image
    from vae_tutorial.training import train
    from vae_tutorial.vae import VAE

    x = load_images("mnist").x_train
    mean, recipe = mean_image(x), dict(steps=steps, batch_size=200, learning_rate=5e-3)
    with tempfile.TemporaryDirectory() as folder:
        quiet = {"show_progress": False}
        ways = {
            "bare fit": lambda model, turn: bare(model, x[..., None], **recipe),
            "train": lambda model, turn: train(model, x, **recipe, **quiet),
            "train, run kept": lambda model, turn: train(
                model, x, **recipe, **quiet, run=Path(folder, f"{turn}.npz")
            ),
        }
        found, weights = {name: [] for name in ways}, set()
        for turn in range(-1, rounds):  # the first round warms up, and doesn't count
            for name in random.Random(turn).sample(list(ways), len(ways)):
                model = VAE(20, mean=mean, seed=0)
                wall, processor = time.perf_counter(), time.process_time()
                ways[name](model, turn)
                cost = time.perf_counter() - wall, time.process_time() - processor
                weights.add(b"".join(w.tobytes() for w in model.get_weights()))
                if turn >= 0:
                    found[name].append(cost)
    assert len(weights) == 1, "all of them must end in the same weights, bit for bit"
    return found


def main():
    """Print the table; 1 if the limit is not kept."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--steps", type=int, default=600, help="of 200 images")
    options = parser.parse_args()
    if options.rounds < 3 or options.steps < 10:
        parser.error("--rounds: expected at least 3, and --steps at least 10, to compare")
    found, kept = measure(options.rounds, options.steps), True
    print(f"{options.rounds} rounds of {options.steps} steps; ratios to the bare fit of the round")
    heads = "fastest s", "ratio", "median ratio", "quartiles"
    for kind, clock in enumerate(("wall", "processor")):
        print(f"\n{clock:16}", *(f"{head:>14}" for head in heads))
        first = min(cost[kind] for cost in found["bare fit"])
        for name, costs in found.items():
            fastest = min(cost[kind] for cost in costs)
            ratios = [c[kind] / b[kind] for c, b in zip(costs, found["bare fit"], strict=True)]
            low, middle, high = statistics.quantiles(ratios, n=4)
            cells = f"{fastest:.2f}", f"{fastest / first:.3f}", f"{middle:.3f}"
            print(f"{name:>16}", *(f"{cell:>14}" for cell in (*cells, f"{low:.3f}-{high:.3f}")))
            kept &= fastest / first <= LIMIT
    print("kept" if kept else "NOT KEPT", f"(limit {LIMIT} for the fastest of each)")
    return int(not kept)


if __name__ == "__main__":
    sys.exit(main())
