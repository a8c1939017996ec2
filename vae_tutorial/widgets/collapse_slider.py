"""The collapse slider: trained models from a large beta to a small one."""

import numpy as np
from PIL import Image, ImageDraw

from vae_tutorial import _validation, plots
from vae_tutorial._validation import error
from vae_tutorial.widgets.drawing import FONT, GRAY, WIDTH
from vae_tutorial.widgets.explorer import Explorer

HEIGHT, LEFT, BOTTOM, TOP = 300, 70, 50, 24  # pixels of the curve, and of the margins around it
POINT, CURVE = "#D55E00", "#0072B2"


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
        pictures = Image.fromarray(plots.image_grid(shown, columns=len(x)))
        tall = round(pictures.height * WIDTH / pictures.width)
        pictures = pictures.resize((WIDTH, tall), Image.Resampling.NEAREST)
        sentence = (
            f"Beta {beta:g}: a rate of {rate:.1f} nats, a distortion of {distortion:.1f} nats. "
            f"Originals above, copies below."
        )
        return np.vstack([pictures, draw_curve(points, beta)]), sentence

    betas = sorted(models, reverse=True)
    return Explorer(draw, {"beta": ("beta", betas, betas[0])}, width=WIDTH)


def draw_curve(points, beta):
    """Rate to the right, distortion upwards, with one model's point marked: uint8 (h, w, 3)."""
    image = Image.new("RGB", (WIDTH, HEIGHT), "white")
    ink = ImageDraw.Draw(image)
    across, up = np.array(list(points.values()), float).max(axis=0) * 1.05

    def place(rate, distortion):
        x = LEFT + rate / across * (WIDTH - LEFT - TOP)
        return x, HEIGHT - BOTTOM - distortion / up * (HEIGHT - BOTTOM - TOP)

    (left, base), (right, top) = place(0, 0), place(across, up)
    ink.line([(left, top), (left, base), (right, base)], fill=GRAY, width=2)
    for value in range(0, int(across), 20):
        ink.text((place(value, 0)[0], base + 14), f"{value}", fill=GRAY, anchor="mm", font=FONT)
    for value in range(50, int(up), 50):
        row = place(0, value)[1]
        ink.text((left - 8, row), f"{value}", fill=GRAY, anchor="rm", font=FONT)
    ink.text((right, base + 36), "rate (nats)", fill=GRAY, anchor="rm", font=FONT)
    ink.text((left + 8, top), "distortion (nats)", fill=GRAY, anchor="lm", font=FONT)
    places = [place(*point) for _, point in sorted(points.items(), reverse=True)]
    ink.line(places, fill=CURVE, width=3)
    for x, y in places:
        ink.ellipse([x - 5, y - 5, x + 5, y + 5], fill=CURVE)
    x, y = place(*points[beta])
    ink.ellipse([x - 11, y - 11, x + 11, y + 11], fill=POINT, outline="black", width=2)
    return np.asarray(image)
