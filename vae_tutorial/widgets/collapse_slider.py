"""The collapse slider: trained models from a large beta to a small one."""

import numpy as np

from vae_tutorial import _validation, plots
from vae_tutorial._validation import error
from vae_tutorial.widgets.drawing import WIDTH, Plane, full_width
from vae_tutorial.widgets.explorer import Explorer

HEIGHT = 300  # pixels of the curve


def collapse_slider(models, x, points):
    """What models trained with different betas make of some images, and where each model stands.

    Above the originals and their copies, below the curve of rate and distortion.

    Args:
        models: {beta: a model with ``reconstruct``}.
        x: uint8 (n, h, w) or (n, h, w, c), the images.
        points: {beta: (rate, distortion)}, in nats, for the same betas.
    """
    hint = "write {beta: model}"
    _validation.instance("models", models, dict, hint)
    if not models:
        raise error("models", "hold at least one", "none", hint)
    if set(points) != set(models):
        expected = f"have the betas {', '.join(f'{beta:g}' for beta in models)}"
        raise error("points", expected, points, "give (rate, distortion) for each model")
    x = _validation.images("x", x)
    copies = {beta: model.reconstruct(x) for beta, model in models.items()}

    def draw(beta):
        rate, distortion = points[beta]
        shown = np.concatenate([plots.as_rgb(x), plots.as_rgb(copies[beta])])
        pictures = full_width(plots.image_grid(shown, columns=len(x)))
        sentence = (
            f"Beta {beta:g}: a rate of {rate:.1f} nats, a distortion of {distortion:.1f} nats. "
            f"Originals above, copies below."
        )
        return np.vstack([pictures, draw_curve(points, beta)]), sentence

    betas = sorted(models, reverse=True)
    return Explorer(draw, {"beta": ("beta", betas, betas[0])}, width=WIDTH)


def draw_curve(points, beta):
    """Rate to the right, distortion upwards, with one model's point marked: uint8 (h, w, 3)."""
    across, up = np.array(list(points.values()), float).max(axis=0) * 1.05
    plane = Plane(HEIGHT, (0, across), (0, up))
    columns = {rate: f"{rate}" for rate in range(0, int(across), 20)}
    rows = {distortion: f"{distortion}" for distortion in range(50, int(up), 50)}
    plane.label(columns, rows, "rate (nats)", "distortion (nats)")
    plane.curve([point for _, point in sorted(points.items(), reverse=True)], points[beta])
    return plane.array()
