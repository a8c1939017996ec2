"""The metric switch: the same images, copied by models that were trained with different metrics."""

from vae_tutorial import _validation
from vae_tutorial._validation import error
from vae_tutorial.widgets.explorer import Choice, Explorer, Value


class MetricSwitch(Explorer):
    """Originals, their copies, and samples, of one model after another.

    Args:
        x: (n, h, w) or (n, h, w, c), the originals.
        copies: {model's name: images (n, h, w, c)}.
        samples: {model's name: images (n, h, w, c)}, for the same models.
        scores: {model's name: a sentence}, what was measured.
        model: the model shown first.
    """

    model = Value()

    def __init__(self, x, copies, samples, scores, model=None):
        _validation.instance("copies", copies, dict, "write {name: images}")
        if not copies:
            raise error("copies", "hold at least one model", "none", "write {name: images}")
        for name, given in (("samples", samples), ("scores", scores)):
            if set(given) != set(copies):
                hint = "give one for each model"
                raise error(name, f"have the models {', '.join(copies)}", list(given), hint)
        for name in copies:
            _validation.same_length("copies", copies[name], "x", x)
            _validation.same_length("samples", samples[name], "x", x)
        names = [f"{name}" for name in copies]
        data = {"x": _validation.displayable("x", x), "scores": scores}
        for name, part in (("copies", copies), ("samples", samples)):
            data[name] = {key: _validation.displayable(name, one) for key, one in part.items()}
        parts = {"model": Choice("model", names)}
        super().__init__(parts, data, model=names[0] if model is None else model)
