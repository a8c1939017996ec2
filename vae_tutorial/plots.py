"""Static figures: arrays in, ``Axes`` out. Readable in grey and without red-green vision."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import ticker
from matplotlib.axes import Axes

from vae_tutorial import arguments, arrays

# Okabe and Ito's colours (jfly.uni-koeln.de/color), each with a dash and a marker of its own.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)))
MARKERS = ("o", "s", "^", "D", "v", "P")
GAP = 2  # pixels between the pictures of a board


def as_bytes(images):
    """Pictures ready to show: uint8 (n, h, w, 3), from uint8 or float in [0, 1], grey or colour.

    Floats outside [0, 1] are clipped.
    """
    images = arrays.shown("images", images)
    if images.dtype != np.uint8:
        images = np.round(np.clip(images, 0, 1) * 255).astype(np.uint8)
    if images.ndim == 3:
        images = images[..., np.newaxis]
    return np.broadcast_to(images, (*images.shape[:3], 3))


def as_picture(image):
    """One picture, as ``as_bytes`` shows many: uint8 (h, w, 3)."""
    return as_bytes(np.asarray(image)[np.newaxis])[0]


def mosaic(images, columns=None):
    """Many pictures as one, row by row, with white gaps.

    Args:
        images: (n, h, w) or (n, h, w, c), uint8 or float in [0, 1].
        columns: pictures in a row; all in one row by default.

    Returns:
        uint8 array (height, width, 3).
    """
    tiles = as_bytes(images)
    count, height, width, _ = tiles.shape
    columns = _columns(columns, count)
    rows = -(-count // columns)
    sheet = np.full((rows * (height + GAP) - GAP, columns * (width + GAP) - GAP, 3), 255, np.uint8)
    for place, tile in enumerate(tiles):
        y, x = (place // columns) * (height + GAP), (place % columns) * (width + GAP)
        sheet[y : y + height, x : x + width] = tile
    return sheet


def board(images, *, columns=None, titles=None, rows=None, scale=1.0, ax=None):
    """A board of pictures in one ``Axes``.

    Args:
        images: (n, h, w) or (n, h, w, c), uint8 or float in [0, 1].
        columns: pictures in a row; all in one row by default.
        titles: a text above each picture of the first row, or above every picture.
        rows: a text to the left of each row.
        scale: 1.0 draws a picture about 1.1 inches wide where the page has room.
        ax: where to draw; a new figure by default.
    """
    count, height, width = arrays.shown("images", images).shape[:3]
    columns = _columns(columns, count)
    lines = -(-count // columns)
    if titles is not None and len(titles) not in (columns, count):
        way_out = "give one to each"
        expected = f"be {columns} (a row) or {count} (all)"
        arguments.refuse(ValueError, "titles", expected, f"{len(titles)}", way_out)
    if rows is not None and len(rows) != lines:
        found = f"{len(rows)}"
        arguments.refuse(ValueError, "rows", f"be {lines} texts", found, "give one to each row")
    scale = arguments.positive_number("scale", scale)
    _checked_axes(ax)
    every = titles is not None and len(titles) > columns
    inches = min(1.15 * scale, 9.5 / columns)
    # Titles above every picture need room for a line of text between the rows.
    pad = int(np.ceil(0.24 / inches * width)) if every else 0
    tiles = np.pad(as_bytes(images), ((0, 0), (pad, 0), (0, 0), (0, 0)), constant_values=255)
    sheet = mosaic(tiles, columns)
    if ax is None:
        tall = inches * (height + pad) / width * lines + (0.3 if titles is not None else 0.05)
        _, ax = plt.subplots(figsize=(inches * columns, tall))
    # Large pictures are shown smaller than they are, and would lose their thin lines.
    ax.imshow(sheet, interpolation="auto" if width > 200 else "nearest")
    for place, title in enumerate(() if titles is None else titles):
        x = (place % columns) * (width + GAP) + width / 2
        y = (place // columns) * (height + pad + GAP) + pad - 0.03 / inches * width
        ax.text(x, y, title, ha="center", va="bottom", fontsize=11)
    ax.set_xticks([])
    ax.set_yticks([])
    if rows is not None:
        ax.set_yticks(
            [i * (height + pad + GAP) + pad + height / 2 for i in range(lines)], rows, fontsize=11
        )
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return ax


def _columns(columns, count):
    return count if columns is None else min(arguments.whole_number("columns", columns), count)


def _checked_axes(ax):
    if ax is not None:
        arguments.instance("ax", ax, Axes, "make one by plt.subplots()")


def _checked_curves(x, lines, baselines, log_x, log_y):
    for name, mapping in (("lines", lines), ("baselines", baselines)):
        arguments.instance(name, mapping, dict, "write {label: values}")
    arrays.numbers("x", x, positive=log_x)
    for label, values in lines.items():
        name = f"lines[{label!r}]"
        arguments.as_many(name, arrays.numbers(name, values, positive=log_y), "x", x)
    for label, value in baselines.items():
        arrays.numbers(f"baselines[{label!r}]", [value], positive=log_y)


def curves(x, lines, *, xlabel, ylabel, baselines=None, log_x=False, log_y=False, ax=None):
    """Lines over a common x, with baselines (what a simpler method reaches) as dashed levels.

    Args:
        x: (n,) numbers.
        lines: {label: (n,) numbers}.
        xlabel: what the horizontal axis shows, with the unit.
        ylabel: what the vertical axis shows, with the unit.
        baselines: {label: one number}.
        log_x: a logarithmic axis with a tick at every x.
        log_y: a logarithmic axis.
        ax: where to draw; a new figure by default.
    """
    _checked_axes(ax)
    _checked_curves(x, lines, baselines or {}, log_x, log_y)
    if ax is None:
        _, ax = plt.subplots(figsize=(6.5, 3.6))
    for i, (label, values) in enumerate(lines.items()):
        marker = MARKERS[i % len(MARKERS)] if len(x) <= 12 else None
        style = {"color": COLOURS[i % len(COLOURS)], "linestyle": DASHES[i % len(DASHES)]}
        ax.plot(x, values, label=label, marker=marker, linewidth=2, **style)
    for i, (label, value) in enumerate((baselines or {}).items()):
        ax.axhline(value, color="0.35", linestyle=DASHES[(3 + i) % 6], linewidth=1.6, label=label)
    if log_x:
        ax.set_xscale("log", base=2)
        ax.set_xticks(x, [f"{value:g}" for value in x])
        ax.minorticks_off()
    if log_y:
        ax.set_yscale("log")
        ax.yaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
        ax.yaxis.set_major_formatter(ticker.StrMethodFormatter("{x:,g}"))
        ax.yaxis.set_minor_formatter(ticker.NullFormatter())
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.grid(alpha=0.25)
    ax.spines[["top", "right"]].set_visible(False)
    if len(lines) + len(baselines or {}) > 1:
        ax.legend(frameon=False)
    return ax


def code_map(codes, labels, *, samples=None, samples_label="samples", ax=None):
    """Two-dimensional codes, each drawn as the digit it stands for.

    Args:
        codes: float (n, 2).
        labels: (n,) whole numbers 0 to 9.
        samples: float (m, 2), drawn as red crosses with a white edge.
        samples_label: what they are.
        ax: where to draw; a new figure by default.
    """
    arrays.codes("codes", codes, 2)
    arguments.as_many("labels", arrays.labels("labels", labels, 10), "codes", codes)
    if samples is not None:
        arrays.codes("samples", samples, 2)
    _checked_axes(ax)
    if ax is None:
        _, ax = plt.subplots(figsize=(6.5, 5.6))
    palette = [*COLOURS, "#000000", "#7A5195", "#8C6D1F", "#666666"]
    for digit in np.unique(labels):
        chosen = codes[labels == digit]
        ax.scatter(*chosen.T, marker=f"${digit}$", s=28, color=palette[digit], linewidths=0.2)
    if samples is not None:
        look = {"marker": "X", "s": 90, "color": "#C00000", "edgecolors": "white"}
        ax.scatter(*samples.T, label=samples_label, **look)
        ax.legend(loc="best")
    ax.set(xlabel="z[0]", ylabel="z[1]")
    ax.spines[["top", "right"]].set_visible(False)
    return ax
