"""The collapse slider: trained models from a large beta to a small one."""

import numpy as np

from vae_tutorial import _validation
from vae_tutorial._validation import error
from vae_tutorial.widgets.explorer import Choice, Explorer, Value


class CollapseSlider(Explorer):
    """Go from a large beta to a small one, through trained models.

    Args:
        models: {beta: a model with ``reconstruct``}.
        x: uint8 (n, h, w) or (n, h, w, c), the images that they copy.
        points: {beta: (rate, distortion)}, in nats, for the same betas.
        beta: the one shown first; the largest by default.
    """

    beta = Value()

    def __init__(self, models, x, points, beta=None):
        hint = "write {beta: model}"
        _validation.instance("models", models, dict, hint)
        if not models:
            raise error("models", "hold at least one", "none", hint)
        if set(points) != set(models):
            expected = f"have the betas {', '.join(f'{one:g}' for one in models)}"
            raise error("points", expected, points, "give (rate, distortion) for each model")
        _validation.finite("points", np.array(list(points.values()), float))
        x = _validation.images("x", x)
        betas = sorted(models, reverse=True)
        data = {"x": x, "betas": betas}
        data["copies"] = np.stack([models[one].reconstruct(x) for one in betas])
        data["points"] = [[float(number) for number in points[one]] for one in betas]
        first = betas[0] if beta is None else beta
        super().__init__({"beta": Choice("beta", betas)}, data, beta=first)
