"""The draws slider: how a bound rises with the number of draws, and how few of them do the work."""

import numpy as np

from vae_tutorial import _validation
from vae_tutorial.widgets.explorer import Choice, Explorer, Value


class DrawsSlider(Explorer):
    """An image's importance-weighted bound, draw by draw, below its evidence.

    Above, the image and a bar in which each draw's share of the total weight is as wide as it
    counts; below, the bound against the number of draws, up to a dashed line, the evidence.

    Args:
        x: (n, h, w) or (n, h, w, c), the images.
        log_weights: float (n, k), see ``evaluation.log_weights``.
        evidence: float (n,), ln p(x) of each image, in nats.
        image: the image at first, from 1 on.
        draws: how many draws at first.
    """

    image, draws = Value(), Value()

    def __init__(self, x, log_weights, evidence, image=1, draws=1):
        x = _validation.displayable("x", x)
        _validation.same_length("log_weights", log_weights, "x", x)
        _validation.same_length("evidence", evidence, "x", x)
        images, most = list(range(1, len(x) + 1)), len(log_weights[0])
        counts = [k for k in (1, 2, 5, 10, 20, 50, 100, 200, 500) if k < most] + [most]
        data = {"x": x, "counts": counts, "weights": np.asarray(log_weights, float)}
        data["evidence"] = np.asarray(evidence, float)
        parts = {"image": Choice("image", images), "draws": Choice("draws", counts)}
        super().__init__(parts, data, image=image, draws=draws)
