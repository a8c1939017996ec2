"""The metric switch: the same images, copied by models that were trained with different metrics."""

import numpy as np

from vae_tutorial import _validation, plots
from vae_tutorial._validation import error
from vae_tutorial.widgets.explorer import Explorer


def metric_switch(x, copies, samples, scores):
    """Originals, their copies, and samples, of one model after another.

    Args:
        x: (n, h, w) or (n, h, w, c), the originals.
        copies: {model's name: images (n, h, w, c)}.
        samples: {model's name: images (n, h, w, c)}, for the same models.
        scores: {model's name: a sentence}, what was measured.
    """
    _validation.instance("copies", copies, dict, "write {name: images}")
    if not copies:
        raise error("copies", "hold at least one model", "none", "write {name: images}")
    for name, given in (("samples", samples), ("scores", scores)):
        if set(given) != set(copies):
            hint = "give one for each model"
            raise error(name, f"have the models {', '.join(copies)}", list(given), hint)
    x = plots.as_rgb(x)
    for name in copies:
        _validation.same_length("copies", copies[name], "x", x)
        _validation.same_length("samples", samples[name], "x", x)

    def draw(model):
        rows = [x, plots.as_rgb(copies[model]), plots.as_rgb(samples[model])]
        image = plots.image_grid(np.concatenate(rows), columns=len(x))
        return image, f"Originals, copies, samples. {scores[model]}"

    names = list(copies)
    return Explorer(draw, {"model": ("model", names, names[0])}, width=720)
