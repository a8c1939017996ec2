"""The interactive pictures of the notebooks, each an ``Explorer`` around a pure function."""

import numpy as np

from vae_tutorial import plots
from vae_tutorial.data import as_floats
from vae_tutorial.explorer import Explorer, steps
from vae_tutorial.gaussians import gaussian_dial, noisy_line

MARGIN = 8  # pixels of white around the map of codes, so that a cross at its edge is whole
ORANGE = (0.84, 0.37, 0.0)


def dataset_browser(images):
    """Browse a data set (``data.Images``): 40 images of one class at a time."""

    def draw(label, page):
        members = np.flatnonzero(images.y_train == images.class_names.index(label))
        shown = members[np.arange(40 * page, 40 * page + 40) % len(members)]
        sentence = f"Class {label}, page {page + 1}: 40 of its {len(members):,} training images."
        return plots.mosaic(images.x_train[shown], columns=10), sentence

    names = list(images.class_names)
    controls = {"label": ("class", names, names[0]), "page": ("page", range(10), 0)}
    return Explorer(draw, controls, width=640)


def training_scrubber(snapshots, target):
    """Run through a training: {step: pictures (1, h, w, c)} beside the picture (h, w, c) wanted."""

    wanted = as_floats(target[np.newaxis])[0]

    def draw(step):
        picture = snapshots[step][0]
        error = np.square(picture - wanted).sum()
        return picture, f"After {step} steps of training: squared error {error:.3g}."

    steps = sorted(snapshots)
    return Explorer(draw, {"step": ("training step", steps, steps[-1])})


def input_scale(model):
    """What a ``Memory`` of one picture shows if its ones are multiplied by something."""
    ones = np.ones((1, model.latent_dim), np.float32)

    def draw(scale):
        return model.decode(scale * ones)[0], f"Input: {scale:g} (trained with 1)."

    return Explorer(draw, {"scale": ("input", steps(-1, 3, 41), 1.0)})


def mixing_board(model, names):
    """One slider for each slot of a one-hot ``Memory``: blend what it remembers."""
    keys = [f"slot_{i}" for i in range(model.latent_dim)]

    def draw(**slots):
        code = np.array([[slots[key] for key in keys]], np.float32)
        parts = [f"{value:g} {name}" for name, value in zip(names, code[0], strict=True) if value]
        return model.decode(code)[0], f"Code: {' + '.join(parts) or 'all zeros'}."

    controls = {
        key: (name, steps(0, 1, 21), float(i == 0))
        for i, (key, name) in enumerate(zip(keys, names, strict=True))
    }
    return Explorer(draw, controls)


def code_path(model, codes, names):
    """Walk the straight line from one code to the next: codes float (n, k), a name for each."""
    stops = [round(i / 20, 2) for i in range(20 * (len(codes) - 1) + 1)]

    def draw(place):
        first = min(int(place), len(codes) - 2)
        share = place - first
        code = (1 - share) * codes[first] + share * codes[first + 1]
        sentence = f"{1 - share:.0%} {names[first]}, {share:.0%} {names[first + 1]}."
        return model.decode(code[np.newaxis].astype(np.float32))[0], sentence

    return Explorer(draw, {"place": ("place on the path", stops, stops[0])})


def code_sliders(model, code, reach=3.0):
    """One slider for each number of a code, starting at ``code``, float (k,)."""
    keys = [f"z_{i}" for i in range(len(code))]
    stops = steps(-reach, reach, 61)
    first = [min(stops, key=lambda stop, value=value: abs(stop - value)) for value in code]

    def draw(**numbers):
        z = np.array([[numbers[key] for key in keys]], np.float32)
        sentence = f"z = ({', '.join(f'{value:.1f}' for value in z[0])})"
        return model.decode(z)[0], sentence

    controls = {key: (f"z[{i}]", stops, first[i]) for i, key in enumerate(keys)}
    return Explorer(draw, controls)


def latent_sizes(models, x):
    """Original, reconstruction and error of held-out pictures, by the length of the code.

    Args:
        models: {latent_dim: Autoencoder}.
        x: uint8 (n, h, w), the pictures to choose from.
    """

    def draw(latent_dim, image):
        original = x[image][..., np.newaxis] / 255
        copy = models[latent_dim].reconstruct(x[image : image + 1])[0]
        error = np.square(copy - original).sum()
        sentence = (
            f"Original, reconstruction from {latent_dim} numbers, and where they differ: "
            f"squared error {error:.3g}."
        )
        return plots.mosaic(np.stack([original, copy, np.abs(copy - original)])), sentence

    sizes = sorted(models)
    controls = {
        "latent_dim": ("length of the code", sizes, sizes[0]),
        "image": ("held-out image", range(len(x)), 0),
    }
    return Explorer(draw, controls, width=540)


def code_map_explorer(model, codes, size=112):
    """A map of two-dimensional codes with a movable point, and the picture decoded there.

    Args:
        model: an ``Autoencoder`` with latent_dim 2.
        codes: float (n, 2), the codes of real images, drawn as grey dots.
        size: height and width of the map in pixels.
    """
    low, high = codes.min(axis=0), codes.max(axis=0)
    counts = np.histogram2d(*codes.T, bins=size, range=np.stack([low, high], axis=1))[0]
    # Row 0 is drawn on top, but the largest z[1] belongs there.
    ground = np.pad(1 - np.minimum(0.35 * counts.T[::-1], 0.8), MARGIN, constant_values=1.0)

    def draw(x, y):
        z = low + (high - low) * np.array([x, y]) / 100
        column, row = (MARGIN + round(share * (size - 1)) for share in (x / 100, 1 - y / 100))
        sheet = np.repeat(ground[..., np.newaxis], 3, axis=2)
        for rows, columns in ((1, MARGIN), (MARGIN, 1)):  # the cross, three pixels thick
            sheet[row - rows : row + rows + 1, column - columns : column + columns + 1] = ORANGE
        picture = model.decode(z[np.newaxis].astype(np.float32))[0, ..., 0]
        # The decoded picture at the size of the map, beside it, with a grey line between.
        places = np.arange(len(ground)) * len(picture) // len(ground)
        zoomed = np.repeat(picture[places][:, places, np.newaxis], 3, axis=2)
        line = np.full((len(ground), 2, 3), 0.5)
        distance = np.sqrt(np.square(codes - z).sum(axis=1).min())
        sentence = f"z = ({z[0]:.3g}, {z[1]:.3g}); the nearest real code is {distance:.2g} away."
        return np.hstack([sheet, line, zoomed]), sentence

    percent = range(0, 101)
    controls = {"x": ("x (%)", percent, 50), "y": ("y (%)", percent, 50)}
    return Explorer(draw, controls, width=640)


def epoch_scrubber(snapshots, x, steps_per_epoch):
    """Originals above, reconstructions below, after each epoch of a training.

    Args:
        snapshots: {step: pictures (n, h, w, c)}, as ``training.train`` returns them.
        x: uint8 (n, h, w), the originals.
        steps_per_epoch: how many steps one pass over the images took.
    """
    originals = as_floats(x)
    by_epoch = {round(step / steps_per_epoch): copies for step, copies in snapshots.items()}

    def draw(epoch):
        copies = by_epoch[epoch]
        error = np.square(copies - originals).sum(axis=(1, 2, 3)).mean()
        sheet = plots.mosaic(np.concatenate([originals, copies]), columns=len(originals))
        return sheet, f"After epoch {epoch}: squared error {error:.3g} per image."

    return Explorer(draw, {"epoch": ("epoch", sorted(by_epoch), max(by_epoch))}, width=640)


__all__ = [
    "code_map_explorer",
    "code_path",
    "code_sliders",
    "dataset_browser",
    "epoch_scrubber",
    "gaussian_dial",
    "input_scale",
    "latent_sizes",
    "mixing_board",
    "noisy_line",
    "training_scrubber",
]
