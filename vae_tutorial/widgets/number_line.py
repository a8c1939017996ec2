"""The noisy number line: names that are moved, and taken for one another."""

import numpy as np

from vae_tutorial import _validation, channel
from vae_tutorial.plots import COLORS
from vae_tutorial.widgets._values import evenly_spaced
from vae_tutorial.widgets.drawing import FONT, GRAY, HEIGHT, MARGIN, WIDTH, Drawing, number_at
from vae_tutorial.widgets.explorer import Explorer

LOW, HIGH = 0, 10
SENT = 1000  # messages of each name that are counted
ROW = 26  # height of a bar, in pixels


def noisy_line(positions, names, noise=0.5):
    """Names on a number line: move them, raise the noise, and see who is taken for whom.

    The names can be dragged.

    Args:
        positions: where the names are at first: numbers from 0 to 10, in steps of 0.01.
        names: a text for each.
        noise: stddev of the noise at first.
    """
    positions = _validation.positions(positions)
    _validation.same_length("names", names, "positions", positions)
    names = [str(name) for name in names]
    keys = [f"position_{i}" for i in range(len(names))]

    def draw(noise, **values):
        current = np.array([values[key] for key in keys], float)
        if len(set(current)) < len(current):
            sentence = "Two names are at the same position: nobody can tell them apart."
            return draw_line(current, names, noise), sentence
        confusion = channel.confusion(current, noise)
        counted = 1 - channel.simulate(current, noise, SENT).diagonal().mean()
        image = draw_line(current, names, noise, confusion)
        np.fill_diagonal(confusion, 0)
        sent, received = np.unravel_index(confusion.argmax(), confusion.shape)
        return image, (
            f"Noise {noise:g}: {channel.error_rate(current, noise):.3g} of the messages are "
            f"misunderstood in theory, {counted:.3g} of {SENT * len(names):,} sent; most often "
            f"{names[sent]} is taken for {names[received]} "
            f"({confusion[sent, received]:.3g} of the time)."
        )

    def drag(state, start, here):
        first, now = (number_at(point, LOW - 1, HIGH + 1) for point in (start, here))
        key = min(keys, key=lambda key: abs(state[key] - first))
        return {key: state[key] + now - first}

    values = evenly_spaced(LOW, HIGH, 1001)
    controls = {"noise": ("noise (stddev)", evenly_spaced(0.01, 4, 400), noise)}
    controls |= {
        key: (name, values, float(position))
        for key, name, position in zip(keys, names, positions, strict=True)
    }
    return Explorer(draw, controls, width=WIDTH, drag=drag)


def draw_line(positions, names, noise, confusion=None):
    """Names on a line, each with the Gaussian of its noise, and the borders between them.

    Args:
        positions: float (n,), where the names are.
        names: n texts.
        noise: stddev of the noise, above 0.
        confusion: float (n, n), how often each name is taken for each other; drawn as a bar for
            each name, below the line.

    Returns:
        uint8 array (height, width, 3).
    """
    order = np.argsort(positions, kind="stable")
    drawing = Drawing(LOW - 1, HIGH + 1, below=ROW * (len(names) + 1))
    for border in (positions[order][1:] + positions[order][:-1]) / 2:
        drawing.tick(border, GRAY)
    for rank, i in enumerate(order):
        drawing.gaussian(positions[i], noise, 0.8, _color(i))
        # Two rows, so that the names of neighbors don't cover each other.
        drawing.write(drawing.column(positions[i]), 11 + 22 * (rank % 2), names[i], _color(i))
    if confusion is not None:
        drawing.write(MARGIN, HEIGHT + ROW / 2, "sent, and taken for", GRAY, "lm")
        for rank, i in enumerate(order):
            _bar(drawing, HEIGHT + ROW * (rank + 1), i, order, confusion[i], names)
    return drawing.array()


def _bar(drawing, top, sent, order, shares, names):
    """One name's row: what is understood when it is sent, as shares of the width."""
    drawing.write(MARGIN, top + ROW / 2, names[sent], _color(sent), "lm")
    left = start = 150
    for i in order:
        right = left + shares[i] * (WIDTH - MARGIN - start)
        box = [round(left), top + 3, round(right) - 1, top + ROW - 4]
        if box[2] >= box[0]:
            drawing.ink.rectangle(box, fill=_color(i))
        text = f"{names[i]} {shares[i]:.0%}"
        if drawing.ink.textlength(text, FONT) + 8 < right - left:
            # Black or white, whichever stands out against the color's brightness.
            red, green, blue = bytes.fromhex(_color(i)[1:])
            ink = "black" if 0.3 * red + 0.6 * green + 0.1 * blue > 110 else "white"
            drawing.write((left + right) / 2, top + ROW / 2, text, ink)
        left = right


def _color(i):
    return COLORS[i % len(COLORS)]
