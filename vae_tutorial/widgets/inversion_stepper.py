"""The inversion stepper: a search for the noise of an image, step by step, against an encoder."""

import numpy as np

from vae_tutorial import _validation
from vae_tutorial.widgets.explorer import Choice, Explorer, Value


class InversionStepper(Explorer):
    """Follow a search for an image's code, beside one pass of an encoder.

    Above, the image, what the search has found, and what an encoder and its decoder make of it;
    below, the error of the search against its steps, with the encoder's as a dashed line.

    Args:
        x: uint8 (n, h, w) or (n, h, w, c), the images.
        found: {step: images (n, h, w, c)}, from step 1 on.
        encoded: (n, h, w, c), the reconstructions.
        image: the image at first, from 1 on.
        step: the step at first; the first one by default.
    """

    image, step = Value(), Value()

    def __init__(self, x, found, encoded, image=1, step=None):
        hint = "write {step: images}"
        _validation.instance("found", found, dict, hint)
        if not found or min(found) < 1:
            raise _validation.error("found", "hold steps from 1 on", list(found), hint)
        _validation.same_length("encoded", encoded, "x", x)
        for images in found.values():
            _validation.same_length("found", images, "x", x)
        steps = sorted(found)
        data = {"x": _validation.displayable("x", x), "steps": steps}
        data["encoded"] = _validation.displayable("encoded", encoded)
        data["found"] = np.stack([_validation.displayable("found", found[one]) for one in steps])
        parts = {"image": Choice("image", list(range(1, len(x) + 1)))}
        parts["step"] = Choice("step of the search", steps)
        super().__init__(parts, data, image=image, step=steps[0] if step is None else step)
