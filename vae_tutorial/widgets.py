"""The interactive pictures of the notebooks, each an ``Explorer`` around a pure function."""

import numpy as np

from vae_tutorial import arguments, arrays, plots
from vae_tutorial.data import Images, as_floats
from vae_tutorial.explorer import Explorer
from vae_tutorial.gaussians import gaussian_dial, noisy_line
from vae_tutorial.maps import code_map_explorer, digit_pad
from vae_tutorial.stops import steps


def dataset_browser(images):
    """Browse a data set (``data.Images``): 40 images of one class at a time."""

    def draw(label, page):
        members = np.flatnonzero(images.y_train == images.class_names.index(label))
        shown = members[np.arange(40 * page, 40 * page + 40) % len(members)]
        sentence = f"Class {label}, page {page + 1}: 40 of its {len(members):,} training images."
        return plots.mosaic(images.x_train[shown], columns=10), sentence

    arguments.instance("images", images, Images, "load them by load_images()")
    names = list(images.class_names)
    controls = {"label": ("class", names, names[0]), "page": ("page", range(10), 0)}
    return Explorer(draw, controls, width=720)


def training_scrubber(snapshots, target):
    """Run through a training: {step: pictures (1, h, w, c)} beside the picture (h, w, c) wanted."""

    _checked_dict("snapshots", snapshots, "see train's snapshot_steps")
    wanted = as_floats(target[np.newaxis])[0]
    for pictures in snapshots.values():
        arrays.pictures("snapshots", pictures, wanted.shape)

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
    arguments.as_many("names", names, "the model's slots", keys)

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
    codes = arrays.codes("codes", codes, model.latent_dim)
    arguments.as_many("names", names, "codes", codes)
    if len(codes) < 2:
        arguments.refuse(ValueError, "codes", "be at least 2", "1", "a path needs two ends")
    stops = [round(i / 20, 2) for i in range(20 * (len(codes) - 1) + 1)]

    def draw(place):
        first = min(int(place), len(codes) - 2)
        share = place - first
        code = (1 - share) * codes[first] + share * codes[first + 1]
        sentence = f"{share:.0%} of the way from {names[first]} to {names[first + 1]}."
        return model.decode(code[np.newaxis].astype(np.float32))[0], sentence

    return Explorer(draw, {"place": ("place on the path", stops, stops[0])})


def code_sliders(model, code, reach=3.0):
    """One slider for each number of a code, starting at ``code``, float (k,)."""
    code = arrays.codes("code", np.asarray(code)[np.newaxis], model.latent_dim)[0]
    reach = arguments.positive_number("reach", reach)
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

    _checked_dict("models", models, "write {latent_dim: model}")
    x = arrays.pictures("x", x)[..., 0]
    if x.dtype != np.uint8:
        arguments.refuse(TypeError, "x", "be uint8", x, "use (255 * x).astype(np.uint8)")

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
    return Explorer(draw, controls, width=720)


def epoch_scrubber(snapshots, x, steps_per_epoch):
    """Originals above, reconstructions below, after each epoch of a training.

    Args:
        snapshots: {step: pictures (n, h, w, c)}, as ``training.train`` returns them.
        x: uint8 (n, h, w), the originals.
        steps_per_epoch: how many steps one pass over the images took.
    """
    _checked_dict("snapshots", snapshots, "see train's snapshot_steps")
    steps_per_epoch = arguments.whole_number("steps_per_epoch", steps_per_epoch)
    originals = as_floats(x)
    for pictures in snapshots.values():
        arguments.as_many("x", x, "snapshots", arrays.pictures("snapshots", pictures))
    by_epoch = {round(step / steps_per_epoch): copies for step, copies in snapshots.items()}

    def draw(epoch):
        copies = by_epoch[epoch]
        error = np.square(copies - originals).sum(axis=(1, 2, 3)).mean()
        sheet = plots.mosaic(np.concatenate([originals, copies]), columns=len(originals))
        return sheet, f"After epoch {epoch}: squared error {error:.3g} per image."

    return Explorer(draw, {"epoch": ("epoch", sorted(by_epoch), max(by_epoch))}, width=720)


def _checked_dict(name, values, way_out):
    arguments.instance(name, values, dict, way_out)
    if not values:
        arguments.refuse(ValueError, name, "hold at least one", "none", way_out)


__all__ = [
    "code_map_explorer",
    "code_path",
    "code_sliders",
    "dataset_browser",
    "digit_pad",
    "epoch_scrubber",
    "gaussian_dial",
    "input_scale",
    "latent_sizes",
    "mixing_board",
    "noisy_line",
    "training_scrubber",
]
