"""What looking after a training costs: `training.train` against Keras's bare fit; at most 3 %.

``python -m benchmarks.recipe [--rounds 12] [--steps 600]``; about seven minutes on two cores.

The same VAE, optimizer, schedule and batches, three times over: by Keras's fit alone; by ``train``,
which looks at its arguments, notes losses and stops at one that is not finite; and by ``train``
with ``run``, which also hashes the data and writes everything down. They take turns in one process,
in another order each round, and are compared within a round: the machine's speed varies more from
minute to minute than they do. Compiling is in the time, since every training does it.
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
    heads = "wall s", "ratio", "quartiles", "processor s", "ratio", "quartiles"
    print(f"{'':16}", *(f"{head:>14}" for head in heads))
    for name, costs in found.items():
        cells = []
        for kind in (0, 1):
            ratios = [c[kind] / b[kind] for c, b in zip(costs, found["bare fit"], strict=True)]
            low, middle, high = statistics.quantiles(ratios, n=4)
            cells += [f"{statistics.median(c[kind] for c in costs):.2f}", f"{middle:.3f}"]
            cells.append(f"{low:.3f}-{high:.3f}")
        kept &= middle <= LIMIT  # the processor's time: what else runs here is not in it
        print(f"{name:>16}", *(f"{cell:>14}" for cell in cells), flush=True)
    print("kept" if kept else "NOT KEPT", f"(limit {LIMIT} of the processor's time)")
    return int(not kept)


if __name__ == "__main__":
    sys.exit(main())
