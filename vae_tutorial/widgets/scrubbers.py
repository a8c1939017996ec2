"""Two widgets that run through a training: what a model showed after each step or epoch."""

import numpy as np

from vae_tutorial import _validation
from vae_tutorial._validation import error
from vae_tutorial.widgets.explorer import Choice, Explorer, Value


class _Scrubber(Explorer):
    moment = Value()

    def __init__(self, label, snapshots, x, moment, single=False):
        hint = "pass the values of a Snapshots callback"
        _validation.instance("snapshots", snapshots, dict, hint)
        if not snapshots:
            raise error("snapshots", "hold at least one", "none", hint)
        x = _validation.displayable("x", x)
        for images in snapshots.values():
            if len(_validation.images("snapshots", images, x.shape[1:])) != len(x):
                hint = "take snapshots of the images that you pass"
                raise error("snapshots", f"hold {len(x)} images for each", f"{len(images)}", hint)
        moments = sorted(snapshots)
        shown = np.stack([_validation.displayable("snapshots", snapshots[one]) for one in moments])
        super().__init__(
            {"moment": Choice(label, moments)},
            {"x": x, "moments": moments, "shown": shown, "single": single},
            moment=moments[-1] if moment is None else moment,
        )


class TrainingScrubber(_Scrubber):
    """Run through a training: a model's image after each step.

    Args:
        snapshots: {step: images (1, h, w, c)}, such as the ``values`` of ``training.Snapshots``.
        target: uint8 or float (h, w, c), the image that the model is to show.
        moment: the step shown first; the last by default.
    """

    def __init__(self, snapshots, target, moment=None):
        target = np.asarray(target)[np.newaxis]
        super().__init__("training step", snapshots, target, moment, single=True)


class EpochScrubber(_Scrubber):
    """Run through a training: originals above, copies below, epoch by epoch.

    Args:
        snapshots: {step: images (n, h, w, c)}, such as the ``values`` of ``training.Snapshots``.
        x: uint8 (n, h, w), the originals.
        steps_per_epoch: how many steps one pass over the images took.
        moment: the epoch shown first; the last by default.
    """

    def __init__(self, snapshots, x, steps_per_epoch, moment=None):
        steps = _validation.whole_number("steps_per_epoch", steps_per_epoch)
        if isinstance(snapshots, dict):  # else the error is raised below
            snapshots = {round(step / steps): copies for step, copies in snapshots.items()}
        super().__init__("epoch", snapshots, x, moment)
