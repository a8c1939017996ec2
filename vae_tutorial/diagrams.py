"""The drawings of the series: networks, stamps, clouds. What is new in a drawing is in color.

Numbers and pictures in, ``Axes`` out. Each drawing is as wide as a page, with text that can be read
from the last row, and keeps its meaning in gray.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Circle, FancyArrowPatch, Polygon, Rectangle

from vae_tutorial import plots

NEW, OLD, EDGE = "#F2A65A", "#E4E4E4", "#444444"
TEXT = 13  # points
GAP = 0.75  # between two parts of a network


def network(*parts, captions=(), new=(), ax=None):
    """A network from left to right, with an arrow between any two parts.

    Args:
        parts: "encoder" and "decoder" become trapezoids, another text a box, "cloud" a Gaussian
            with the die that is thrown for it; an array (k,) becomes a column of numbers, an array
            (h, w) or (h, w, c) a picture.
        captions: a text below each part; may be shorter, or hold "" where there is none.
        new: the places of the parts that are new, counted from 0.
        ax: where to draw; a new figure by default.
    """
    ax = _canvas(ax, 2.7)
    right = 0.0
    for i, part in enumerate(parts):
        color = NEW if i in new else OLD
        left = right + (GAP if i else 0.0)
        if i:
            _arrow(ax, (right + 0.1, 0), (left - 0.1, 0))
        right = left + _part(ax, left, part, color)
        if i < len(captions):
            ax.text((left + right) / 2, -1.08, captions[i], ha="center", va="top", fontsize=TEXT)
    ax.set(xlim=(-0.3, right + 0.3), ylim=(-1.75, 1.15))
    return ax


def stamps(size=4, stride=2, count=3, ax=None):
    """A transposed convolution in one dimension: each number sets down a stamp, scaled by it.

    Args:
        size: width of a stamp.
        stride: from the start of one stamp to that of the next.
        count: numbers that go in; the rim of what comes out is cropped.
        ax: where to draw; a new figure by default.
    """
    ax = _canvas(ax, 3.4)
    width, rim = (count - 1) * stride + size, (size - stride) // 2
    for i in range(count):
        x, y = i * stride, 2.1 - 0.62 * i
        center = x + size / 2
        _cell(ax, center - 0.5, 3.7, f"{i + 1}", NEW)
        for k in range(size):
            _cell(ax, x + k, y, f"{i + 1}·w{k + 1}", NEW, height=0.52, size=TEXT - 3)
        for end in (x, x + size):  # its rays pass behind the other stamps
            ax.plot([center, end], [3.7, y + 0.52], color=EDGE, linewidth=1, alpha=0.5, zorder=0)
    for k in range(width):
        cropped = k < rim or k >= width - rim
        _cell(ax, k, -1.0, "" if cropped else "sum", "white" if cropped else OLD, size=TEXT - 2)
    for text, y in (("in", 4.2), ("stamps", 2.1 - 0.31 * (count - 1)), ("out", -0.5)):
        ax.text(-0.4, y, text, ha="right", va="center", fontsize=TEXT)
    ax.text(0, -1.15, "cropped", ha="left", va="top", fontsize=TEXT - 2)
    ax.set(xlim=(-2.2, width + 0.3), ylim=(-1.7, 4.9))
    return ax


def picked_row(slot, slots, columns=9, ax=None):
    """A one-hot code times a matrix of weights: it picks one row.

    Args:
        slot: the place of the one.
        slots: length of the code, and rows of the matrix.
        columns: how many columns of the matrix are drawn.
        ax: where to draw; a new figure by default.
    """
    ax = _canvas(ax, 0.55 * slots + 0.7)
    shades = np.random.default_rng(0).uniform(0.35, 0.95, (slots, columns))
    for row in range(slots):
        y, chosen = slots - 1 - row, row == slot
        _cell(ax, row - slots - 1.2, (slots - 1) / 2, f"{chosen:d}", NEW if chosen else "white")
        for column in range(columns):
            shade = shades[row, column]
            color = tuple(c * shade for c in (1.0, 0.72, 0.42)) if chosen else (shade,) * 3
            _cell(ax, column, y, "", color)
            if chosen:
                _cell(ax, 2.7 + columns + column, (slots - 1) / 2, "", color)
    middle = slots / 2
    ax.text(-0.6, middle, "×", ha="center", va="center", fontsize=TEXT + 6)
    _arrow(ax, (0.3 + columns, middle), (2.4 + columns, middle))
    below = {"code": -slots / 2 - 1.2, "weights": columns / 2, "its row": 2.7 + 1.5 * columns}
    for text, x in below.items():
        ax.text(x, -0.25, text, ha="center", va="top", fontsize=TEXT)
    ax.set(xlim=(-slots - 1.5, 3 + 2 * columns), ylim=(-1.3, slots + 0.1))
    return ax


def on_plane(positions, pictures, size=0.7, ax=None):
    """Pictures on a plane, each with its middle at its code.

    Args:
        positions: (n, 2), the codes.
        pictures: (n, h, w) or (n, h, w, c).
        size: of a picture, in units of the plane.
        ax: where to draw; a new figure by default.
    """
    if ax is None:
        _, ax = plt.subplots(figsize=(9.5, 4.2))
    for (x, y), picture in zip(positions, pictures, strict=True):
        extent = np.add((x, x, y, y), size / 2 * np.array([-1, 1, -1, 1]))
        ax.imshow(plots.as_rgb(np.asarray(picture)[None])[0], extent=extent, zorder=2)
        label = f"({x + 0:.1f}, {y + 0:.1f})"
        ax.text(x, extent[2] - 0.04, label, ha="center", va="top", fontsize=TEXT - 1)
    low, high = np.min(positions, axis=0), np.max(positions, axis=0)
    ax.set(xlim=(low[0] - 1, high[0] + 1), ylim=(low[1] - 0.8, high[1] + 0.6), aspect="equal")
    ax.set(xlabel="z[0]", ylabel="z[1]")
    ax.grid(alpha=0.25)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def _canvas(ax, height):
    if ax is None:
        _, ax = plt.subplots(figsize=(9.5, height))
    ax.set_aspect("equal")
    ax.set_axis_off()
    return ax


def _arrow(ax, start, end):
    style = dict(arrowstyle="-|>", mutation_scale=16, color=EDGE, linewidth=1.6)
    ax.add_patch(FancyArrowPatch(start, end, shrinkA=0, shrinkB=0, **style))


def _cell(ax, x, y, text, color, height=1.0, size=TEXT):
    ax.add_patch(Rectangle((x, y), 1, height, facecolor=color, edgecolor=EDGE))
    ax.text(x + 0.5, y + height / 2, text, ha="center", va="center", fontsize=size)


def _part(ax, left, part, color):
    """Draw one part of a network at ``left``; returns its width."""
    if isinstance(part, str) and part == "cloud":
        return _cloud(ax, left, color)
    if isinstance(part, str):
        low, high = {"encoder": (0.95, 0.4), "decoder": (0.4, 0.95)}.get(part, (0.6, 0.6))
        width = 1.9
        corners = [(left, -low), (left, low), (left + width, high), (left + width, -high)]
        ax.add_patch(Polygon(corners, facecolor=color, edgecolor=EDGE, linewidth=1.4))
        ax.text(left + width / 2, 0, part, ha="center", va="center", fontsize=TEXT)
        return width
    if np.ndim(part) == 1:
        return _column(ax, left, part, color)
    edge = color if color == NEW else EDGE
    ax.imshow(
        plots.as_rgb(np.asarray(part)[None])[0], extent=(left, left + 1.8, -0.9, 0.9), zorder=2
    )
    frame = Rectangle((left, -0.9), 1.8, 1.8, fill=False, edgecolor=edge, zorder=3)
    frame.set_linewidth(4 if color == NEW else 1.2)
    ax.add_patch(frame)
    return 1.8


def _column(ax, left, numbers, color):
    texts = [f"{number:.3g}" if number == int(number) else f"{number:.1f}" for number in numbers]
    texts = texts if len(texts) <= 5 else [*texts[:3], "⋮", texts[-1]]
    side = min(0.42, 1.9 / len(texts))
    for i, text in enumerate(texts):
        y = (len(texts) / 2 - i - 1) * side
        ax.add_patch(Rectangle((left, y), 0.75, side, facecolor=color, edgecolor=EDGE))
        ax.text(left + 0.375, y + side / 2, text, ha="center", va="center", fontsize=TEXT - 1)
    return 0.75


def _cloud(ax, left, color):
    y, x = np.mgrid[-1:1:60j, -1:1:60j]
    rgb = np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]) * 0.75
    alpha = np.exp(-4 * (x**2 + y**2))[..., np.newaxis]
    shade = np.concatenate([np.broadcast_to(rgb, (60, 60, 3)), alpha], axis=2)
    ax.imshow(shade, extent=(left, left + 1.8, -0.9, 0.9), zorder=2)
    ax.add_patch(Circle((left + 1.1, 0.12), 0.07, facecolor="black", zorder=3))
    ax.add_patch(Rectangle((left + 0.72, 0.72), 0.36, 0.36, facecolor="white", edgecolor=EDGE))
    for dx, dy in ((0.08, 0.08), (0.28, 0.08), (0.18, 0.18), (0.08, 0.28), (0.28, 0.28)):
        ax.add_patch(Circle((left + 0.72 + dx, 0.72 + dy), 0.035, facecolor="black"))
    return 1.8
