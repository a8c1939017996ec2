"""A data set, one page of one class at a time."""

import numpy as np

from vae_tutorial import _validation
from vae_tutorial.data import Images
from vae_tutorial.widgets.explorer import Choice, Explorer, Value

PAGE, PAGES = 40, 10  # images on a page, and pages at most
BUDGET = 4_000_000  # bytes sent to the browser, or one page of each class if that is more


class DatasetBrowser(Explorer):
    """Browse a data set: its training images, class by class.

    Args:
        images: a ``data.Images``.
        label, page: the class and the page, from 1 on, that are shown first.
    """

    label, page = Value(), Value()

    def __init__(self, images, label=None, page=1):
        _validation.instance("images", images, Images, "load them with load_images()")
        names, x = list(images.class_names), _validation.images("x_train", images.x_train)
        members = [np.flatnonzero(images.y_train == i) for i in range(len(names))]
        full = -(-max(1, *map(len, members)) // PAGE)
        pages = min(max(BUDGET // (len(names) * PAGE * x[:1].nbytes), 1), PAGES, full)
        super().__init__(
            {"label": Choice("class", names), "page": Choice("page", list(range(1, pages + 1)))},
            {
                "names": names,
                "counts": [len(one) for one in members],
                "image_shape": list(x.shape[1:]),
                "pictures": [x[one[: PAGE * pages]] for one in members],
            },
            label=names[0] if label is None else label,
            page=page,
        )
