"""The draws slider: how a bound rises with the number of draws, and how few of them do the work."""

import numpy as np
from PIL import Image, ImageDraw

from vae_tutorial import _validation, plots
from vae_tutorial.widgets.drawing import CURVE, FONT, GRAY, WIDTH, Plane, power_labels
from vae_tutorial.widgets.explorer import Explorer

SIDE, HEIGHT = 120, 300  # pixels of the image, and of the curve
SHADES = (CURVE, "#8FC1E3")  # of neighboring draws
REST = "#DDDDDD"  # those that are too thin to see


def draws_slider(x, log_weights, evidence):
    """The importance-weighted bound of an image, draw by draw, below its evidence.

    Above, the image and a bar in which each draw's share of the total weight is as wide as it
    counts; below, the bound against the number of draws, up to a dashed line, the evidence.

    Args:
        x: (n, h, w) or (n, h, w, c), the images.
        log_weights: float (n, k), see ``evaluation.log_weights``.
        evidence: float (n,), ln p(x) of each image, in nats.
    """
    # Here, because it loads TensorFlow, which the other widgets do without.
    from vae_tutorial.evaluation import effective_sample_size, importance_weighted_bound

    x = plots.as_rgb(x)
    _validation.same_length("log_weights", log_weights, "x", x)
    _validation.same_length("evidence", evidence, "x", x)
    most = len(log_weights[0])
    counts = [k for k in (1, 2, 5, 10, 20, 50, 100, 200, 500) if k < most] + [most]
    bounds = {k: importance_weighted_bound(log_weights[:, :k]) for k in counts}
    sizes = {k: effective_sample_size(log_weights[:, :k]) for k in counts}

    def draw(image, draws):
        chosen = log_weights[image - 1, :draws]
        points = [(np.log10(k), bounds[k][image - 1]) for k in counts]
        bound, size = bounds[draws][image - 1], sizes[draws][image - 1]
        here = np.log10(draws), bound
        sentence = (
            f"With {draws:,} draws the bound of image {image} is {bound:.1f} nats; the evidence is "
            f"{evidence[image - 1]:.1f}. They count for as much as {size:.1f} equal draws."
        )
        curve = draw_bounds(points, here, evidence[image - 1])
        return np.vstack([draw_shares(x[image - 1], chosen), curve]), sentence

    numbers = list(range(1, len(x) + 1))
    controls = {"image": ("image", numbers, 1), "draws": ("draws", counts, 1)}
    return Explorer(draw, controls, width=WIDTH)


def draw_shares(image, log_weights):
    """The image, and beside it the draws' shares of the weight, largest first: (h, w, 3)."""
    canvas = Image.new("RGB", (WIDTH, SIDE + 20), "white")
    canvas.paste(Image.fromarray(image).resize((SIDE, SIDE), Image.Resampling.NEAREST), (10, 10))
    ink, left, width = ImageDraw.Draw(canvas), SIDE + 40, WIDTH - SIDE - 64
    ink.text((left, 30), "each draw's share of the weight", fill=GRAY, anchor="lm", font=FONT)
    shares = np.sort(np.exp(log_weights - log_weights.max()))[::-1]
    ends = width * np.cumsum(shares) / shares.sum()
    draws = np.searchsorted(ends, np.arange(width) + 0.5)  # which each column of pixels belongs to
    for column, draw in enumerate(draws.tolist()):
        seen = width * shares[draw] / shares.sum() >= 1  # of a pixel
        line = [(left + column, 50), (left + column, SIDE)]
        ink.line(line, fill=SHADES[draw % 2] if seen else REST)
    ink.rectangle([left, 50, left + width, SIDE], outline=GRAY, width=2)
    return np.asarray(canvas)


def draw_bounds(points, here, evidence):
    """Draws to the right on a logarithmic axis, the bound upwards: uint8 (h, w, 3)."""
    lowest = min(bound for _, bound in points)
    highest = max(evidence, *(bound for _, bound in points))
    room = 0.15 * max(highest - lowest, 1)
    plane = Plane(HEIGHT, (-0.1, points[-1][0] + 0.1), (lowest - room, highest + room))
    rows = {evidence: f"{evidence:.1f}"}
    if evidence - lowest > room:  # else the two numbers would overlap
        rows[lowest] = f"{lowest:.1f}"
    plane.label(power_labels(10 ** points[-1][0]), rows, "draws", "bound (nats)")
    plane.level(evidence)
    plane.curve(points, here)
    return plane.array()
