"""The inversion stepper: a search for the noise of an image, step by step, against an encoder."""

import numpy as np

from vae_tutorial import _validation, plots
from vae_tutorial.data import as_floats
from vae_tutorial.widgets.drawing import WIDTH, Plane, full_width, power_labels
from vae_tutorial.widgets.explorer import Explorer

HEIGHT = 300  # pixels of the curve


def inversion_stepper(x, found, encoded):
    """What a search for an image's code has found after so many steps, beside one encoder pass.

    Above, the image, what the search has found, and what an encoder and its decoder make of it;
    below, the error of the search against its steps, with the encoder's as a dashed line.

    Args:
        x: uint8 (n, h, w) or (n, h, w, c), the images.
        found: {step: images (n, h, w, c)}, from step 1 on.
        encoded: (n, h, w, c), the reconstructions.
    """
    hint = "write {step: images}"
    _validation.instance("found", found, dict, hint)
    if not found or min(found) < 1:
        raise _validation.error("found", "hold steps from 1 on", list(found), hint)
    x, encoded = as_floats(x), as_floats(encoded)
    _validation.same_length("encoded", encoded, "x", x)
    for images in found.values():
        _validation.same_length("found", images, "x", x)
    steps = sorted(found)
    errors = {s: np.square(as_floats(found[s]) - x).sum(axis=(1, 2, 3)) for s in steps}
    level = np.square(encoded - x).sum(axis=(1, 2, 3))

    def draw(image, step):
        i = image - 1
        three = full_width(plots.image_grid(np.stack([x[i], found[step][i], encoded[i]])))
        points = [(np.log10(s), errors[s][i]) for s in steps]
        curve = draw_search(points, (np.log10(step), errors[step][i]), level[i])
        sentence = (
            f"Image {image}; the search after {step:,} steps, squared error {errors[step][i]:.1f}; "
            f"one pass of the encoder, {level[i]:.1f}."
        )
        return np.vstack([three, curve]), sentence

    numbers = list(range(1, len(x) + 1))
    controls = {"image": ("image", numbers, 1), "step": ("step of the search", steps, steps[0])}
    return Explorer(draw, controls, width=WIDTH)


def draw_search(points, here, level):
    """Steps to the right on a logarithmic axis, the error upwards: uint8 (h, w, 3)."""
    top = 1.1 * max(level, *(error for _, error in points))
    plane = Plane(HEIGHT, (-0.1, points[-1][0] + 0.1), (0, max(top, 1e-3)))
    rows = {0: "0", level: f"{level:.1f}"} if level > 0.1 * top else {0: "0"}
    plane.label(power_labels(10 ** points[-1][0]), rows, "steps", "squared error")
    plane.level(level)
    plane.curve(points, here)
    return plane.array()
