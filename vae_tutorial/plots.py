"""Static figures: arrays in, ``Axes`` out. Readable in gray and without red-green vision."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import patheffects, ticker

from vae_tutorial import _validation
from vae_tutorial._validation import error

# Okabe and Ito's colors (jfly.uni-koeln.de/color), each with a dash and a marker of its own.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)))
MARKERS = ("o", "s", "^", "D", "v", "P")
CLASS_COLORS = (*COLORS, "#000000", "#7A5195", "#8C6D1F", "#666666")
GAP = 2  # pixels between the images of a grid
MAX_CLASSES = 1000


def class_color(label):
    """The color of a class, by its index. The colors repeat after ten classes."""
    return CLASS_COLORS[label % len(CLASS_COLORS)]


def as_rgb(images):
    """Images ready to show.

    Args:
        images: (n, h, w) or (n, h, w, c) with 1 or 3 channels; uint8, or floats in [0, 1]. Floats
            a little outside are clipped.

    Returns:
        uint8 array (n, h, w, 3).

    Raises:
        TypeError: for another dtype.
        ValueError: for another shape, and for floats on another scale, such as 0 to 255.
    """
    images = _validation.displayable("images", images)
    if images.dtype != np.uint8:
        images = np.round(np.clip(images, 0, 1) * 255).astype(np.uint8)
    return np.broadcast_to(images, (*images.shape[:3], 3))


def show_images(images, *, columns=None, titles=None, row_labels=None, scale=1.0, ax=None):
    """A grid of images in one ``Axes``.

    Args:
        images: (n, h, w) or (n, h, w, c), uint8 or float in [0, 1].
        columns: images in a row; by default all are in one row.
        titles: a text above each image of the first row, or above every image.
        row_labels: a text to the left of each row.
        scale: 1.0 draws an image about 1.1 inches wide where the page has room.
        ax: where to draw; a new figure by default.
    """
    count, height, width = _validation.displayable("images", images).shape[:3]
    columns = count if columns is None else _validation.whole_number("columns", columns)
    columns = min(columns, count)
    rows = -(-count // columns)
    if titles is not None and len(titles) not in (columns, count):
        expected = f"be {columns} texts (one row) or {count} (all images)"
        raise error("titles", expected, f"{len(titles)}", "give one for each")
    inches = min(1.15 * scale, 9.5 / columns)
    # Titles above every image need room for a line of text between the rows.
    every = titles is not None and len(titles) > columns
    pad = int(np.ceil(0.24 / inches * width)) if every else 0
    margins = ((0, rows * columns - count), (pad, GAP), (0, GAP), (0, 0))
    tiles = np.pad(as_rgb(images), margins, constant_values=255)  # white, as where none is
    tiles = tiles.reshape(rows, columns, *tiles.shape[1:])
    grid = np.concatenate(np.concatenate(tiles, axis=1), axis=1)[:-GAP, :-GAP]
    if ax is None:
        tall = inches * (height + pad) / width * rows + (0.3 if titles is not None else 0.05)
        _, ax = plt.subplots(figsize=(inches * columns, tall))
    # Large images are shown smaller than they are, and would lose their thin lines.
    interpolation = "auto" if width > 200 else "nearest"
    ax.imshow(grid, interpolation=interpolation)
    for i, title in enumerate(() if titles is None else titles):
        x = (i % columns) * (width + GAP) + width / 2
        y = (i // columns) * (height + pad + GAP) + pad - 0.03 / inches * width
        ax.text(x, y, title, ha="center", va="bottom", fontsize=11)
    ax.set_xticks([])
    ax.set_yticks([])
    if row_labels is not None:
        middles = [i * (height + pad + GAP) + pad + height / 2 for i in range(rows)]
        ax.set_yticks(middles, row_labels, fontsize=11)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return ax


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
    baselines = {} if baselines is None else baselines
    if ax is None:
        _, ax = plt.subplots(figsize=(6.5, 3.6))
    for i, (label, values) in enumerate(lines.items()):
        marker = MARKERS[i % len(MARKERS)] if len(x) <= 12 else None
        style = {"color": COLORS[i % len(COLORS)], "linestyle": DASHES[i % len(DASHES)]}
        ax.plot(x, values, label=label, marker=marker, linewidth=2, **style)
    for i, (label, value) in enumerate(baselines.items()):
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
    if len(lines) + len(baselines) > 1:
        ax.legend(frameon=False)
    return ax


def code_map(codes, labels, *, samples=None, samples_label="samples", ax=None):
    """Two-dimensional codes as dots, and the number of each class where it is most by itself.

    Args:
        codes: float (n, 2).
        labels: (n,) class indices from 0.
        samples: float (m, 2), drawn as red crosses with a white edge.
        samples_label: their name in the legend.
        ax: where to draw; a new figure by default.
    """
    codes = _validation.codes("codes", codes, 2)
    labels = _validation.labels("labels", labels, MAX_CLASSES)
    _validation.same_length("labels", labels, "codes", codes)
    if ax is None:
        _, ax = plt.subplots(figsize=(6.5, 5.6))
    large = {"fontsize": 20, "ha": "center", "va": "center", "weight": "bold", "zorder": 3}
    edge = [patheffects.withStroke(linewidth=4, foreground="white")]
    for label in np.unique(labels):
        style = {"s": 12, "color": class_color(label), "alpha": 0.6, "linewidths": 0}
        ax.scatter(*codes[labels == label].T, **style)
        place = name_position(label, labels, codes)
        ax.text(*place, f"{label}", color=class_color(label), path_effects=edge, **large)
    if samples is not None:
        style = {"marker": "X", "s": 90, "color": "#C00000", "edgecolors": "white", "zorder": 4}
        ax.scatter(*samples.T, label=samples_label, **style)
        ax.legend(loc="best")
    ax.set(xlabel="z[0]", ylabel="z[1]")
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def name_position(label, labels, codes):
    """Where a class is most by itself, (2,), so that names on a map don't cover each other."""
    low, high = codes.min(axis=0), codes.max(axis=0)
    cells = np.floor(12 * (codes - low) / np.maximum(high - low, 1e-9))
    _, cells = np.unique(cells, axis=0, return_inverse=True)
    own = np.bincount(cells[labels == label], minlength=cells.max() + 1)
    best = (own**2 / np.bincount(cells)).argmax()
    return codes[(cells == best) & (labels == label)].mean(axis=0)
