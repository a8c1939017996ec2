"""A data set, one page of one class at a time."""

import numpy as np

from vae_tutorial import _validation, plots
from vae_tutorial.data import Images
from vae_tutorial.widgets.explorer import Explorer

PAGE, COLUMNS = 40, 10  # images


def dataset_browser(images):
    """Browse a data set (``data.Images``): up to 40 training images of one class at a time."""
    _validation.instance("images", images, Images, "load them with load_images()")
    names = list(images.class_names)

    def draw(label, page):
        members = np.flatnonzero(images.y_train == names.index(label))
        tiles = np.full((PAGE, *images.x_train.shape[1:]), 255, np.uint8)
        count = min(PAGE, len(members))
        if count == 0:
            return plots.image_grid(tiles, COLUMNS), f"Class {label} has no training images."
        # The last page goes on with the first images.
        tiles[:count] = images.x_train[members[(PAGE * page + np.arange(count)) % len(members)]]
        sentence = (
            f"Class {label}, page {page + 1}: {count} of its {len(members):,} training images."
        )
        return plots.image_grid(tiles, COLUMNS), sentence

    controls = {"label": ("class", names, names[0]), "page": ("page", range(10), 0)}
    return Explorer(draw, controls, width=720)
