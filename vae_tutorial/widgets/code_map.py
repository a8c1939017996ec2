"""A map of two-dimensional codes with a point to drag, and the image decoded there."""

import numpy as np

from vae_tutorial import _validation, plots
from vae_tutorial._validation import error
from vae_tutorial.widgets.explorer import Choice, Explorer, Slider, Sliders, Value, decoder


class CodeMap(Explorer):
    """Drag a point over the map of codes, and see what is decoded there.

    Args:
        model: a model with a ``decoder`` and latent_dim 2.
        codes: float (n, 2), the codes of real images, drawn as dots.
        labels: (n,) class indices from 0, for a color and a name of each class.
        low: (2,), the lower left corner of the map; by default the smallest codes.
        high: (2,), the upper right corner; by default the largest codes.
        z: the point at first; by default the middle of the map.
        noise: stddev of noise at first, from 0 to 1.5; with noise, nine images are decoded around
            the point. None for no such control.
        show: what is on the map: "codes", "pictures" (the plane, decoded), or "both".
    """

    z, noise, show = Value(), Value(), Value()

    def __init__(
        self, model, codes, labels=None, *, low=None, high=None, z=None, noise=None, show="codes"
    ):
        data = map_data(codes, labels, low=low, high=high)
        if model.latent_dim != 2:
            raise error("model", "have latent_dim 2", f"{model.latent_dim}", "use a flat one")
        epsilon = np.random.default_rng(0).normal(size=(9, 2))
        data |= {"decoder": decoder(model), "epsilon": epsilon}
        steps = ((np.array(data["high"]) - data["low"]) / 100).tolist()
        parts = {
            "z": Sliders(["z[0]", "z[1]"], data["low"], data["high"], steps),
            "show": Choice("on the map", ["codes", "pictures", "both"]),
        }
        first = {"z": np.add(data["low"], data["high"]) / 2 if z is None else z, "show": show}
        if noise is not None:
            parts["noise"] = Slider("noise (stddev)", 0, 1.5, 0.05)
            first["noise"] = noise
        super().__init__(parts, data, **first)


def map_data(codes, labels=None, class_names=None, *, low=None, high=None):
    """What ``codeMap`` in ``explorer.js`` draws: dots, and each class's name where it is clearest.

    Args:
        codes: float (n, 2).
        labels: (n,) class indices from 0, or None.
        class_names: what the classes are called; their indices by default.
        low: (2,), the lower left corner; by default the smallest of each latent.
        high: (2,), the upper right corner; by default the largest.
    """
    codes = _validation.codes("codes", codes, 2)
    if labels is not None:
        labels = _validation.labels("labels", labels, plots.MAX_CLASSES)
        _validation.same_length("labels", labels, "codes", codes)
    for name, corner in (("low", low), ("high", high)):
        if corner is not None and (np.shape(corner) != (2,) or not np.isfinite(corner).all()):
            raise error(name, "be two finite numbers", corner, "write for example (-3.5, -3.5)")
    alike = 0.5 * (codes.min(axis=0) == codes.max(axis=0))  # a map has some width
    low = codes.min(axis=0) - alike if low is None else np.array(low, float)
    high = codes.max(axis=0) + alike if high is None else np.array(high, float)
    if not (low < high).all():
        raise error("low", f"lie below high, {high}", f"{low}", "give other corners")
    inside = ((codes >= low) & (codes <= high)).all(axis=1)
    names = [] if labels is None else np.unique(labels[inside]).tolist()
    return {
        "codes": codes,
        "labels": None if labels is None else labels.tolist(),
        "names": [
            {
                "name": f"{label if class_names is None else class_names[label]}",
                "label": label,
                "z": plots.name_position(label, labels[inside], codes[inside]).tolist(),
            }
            for label in names
        ],
        "low": low.tolist(),
        "high": high.tolist(),
    }
