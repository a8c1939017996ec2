"""Two widgets that run through a training: what a model showed after each step or epoch."""

import numpy as np

from vae_tutorial import _validation, plots
from vae_tutorial._validation import error
from vae_tutorial.data import as_floats
from vae_tutorial.widgets.explorer import Explorer


def training_scrubber(snapshots, target):
    """Run through a training: the model's image after each step, and its error.

    Args:
        snapshots: {step: images (1, h, w, c)}, such as the ``values`` of ``training.Snapshots``.
        target: uint8 or float (h, w, c), the image that the model is to show.
    """
    target = as_floats(np.asarray(target)[np.newaxis])[0]
    snapshots = _as_floats(snapshots, 1, target.shape)

    def draw(step):
        image = snapshots[step][0]
        squared_error = np.square(image - target).sum()
        return image, f"After {step} steps of training: squared error {squared_error:.3g}."

    steps = sorted(snapshots)
    return Explorer(draw, {"step": ("training step", steps, steps[-1])})


def epoch_scrubber(snapshots, x, steps_per_epoch):
    """Originals above, reconstructions below, after each epoch of a training.

    Args:
        snapshots: {step: images (n, h, w, c)}, such as the ``values`` of ``training.Snapshots``.
        x: uint8 (n, h, w), the originals.
        steps_per_epoch: how many steps one pass over the images took.
    """
    steps_per_epoch = _validation.whole_number("steps_per_epoch", steps_per_epoch)
    originals = as_floats(x)
    snapshots = _as_floats(snapshots, len(originals), originals.shape[1:])
    by_epoch = {round(step / steps_per_epoch): copies for step, copies in snapshots.items()}

    def draw(epoch):
        copies = by_epoch[epoch]
        squared_error = np.square(copies - originals).sum(axis=(1, 2, 3)).mean()
        image = plots.image_grid(np.concatenate([originals, copies]), columns=len(originals))
        return image, f"After epoch {epoch}: squared error {squared_error:.3g} per image."

    return Explorer(draw, {"epoch": ("epoch", sorted(by_epoch), max(by_epoch))}, width=720)


def _as_floats(snapshots, count, image_shape):
    hint = "pass the values of a Snapshots callback"
    _validation.instance("snapshots", snapshots, dict, hint)
    if not snapshots:
        raise error("snapshots", "hold at least one", "none", hint)
    for images in snapshots.values():
        if len(_validation.images("snapshots", images, image_shape)) != count:
            hint = "take snapshots of the images that you pass"
            raise error("snapshots", f"hold {count} images for each step", f"{len(images)}", hint)
    return {step: as_floats(images) for step, images in snapshots.items()}
