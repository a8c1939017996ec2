"""What all widgets share: controls, a canvas, and a line that says what it shows.

The browser computes and draws (``explorer.js``, and a file of its own for each widget), so that a
picture follows its slider at once, and even if no kernel runs. Python keeps the state, one trait a
control, to be set, observed and linked as with any other ipywidget.
"""

from __future__ import annotations

import dataclasses
import inspect
import numbers
from pathlib import Path

import anywidget
import numpy as np
import traitlets

from vae_tutorial import _validation
from vae_tutorial._validation import error

HERE = Path(__file__).parent


@dataclasses.dataclass(frozen=True)
class Slider:
    """A control for a number from ``low`` to ``high``; Python may set any, the hand steps."""

    label: str
    low: float
    high: float
    step: float

    def check(self, name, value):
        """The value, if the control can take it."""
        real = isinstance(value, numbers.Real) and not isinstance(value, bool)
        if not real or not self.low <= value <= self.high:  # NaN lies nowhere
            expected = f"be a number from {self.low:g} to {self.high:g}"
            nearest = min(max(value, self.low), self.high) if real and value == value else self.low
            raise error(name, expected, f"{value!r:.80}", f"the nearest is {nearest:g}")
        return float(value)


@dataclasses.dataclass(frozen=True)
class Sliders:
    """A control for a list of numbers: a slider for each label, each with its own range or not."""

    labels: list[str]
    low: float | list[float]
    high: float | list[float]
    step: float | list[float]

    def check(self, name, values):
        """The values, if the control can take them."""
        if not isinstance(values, list | tuple | np.ndarray) or len(values) != len(self.labels):
            given = f"{values!r:.80}"
            raise error(name, f"be a list of {len(self.labels)} numbers", given, "give them all")
        ends = (np.broadcast_to(end, len(values)).tolist() for end in (self.low, self.high))
        each = zip(values, *ends, strict=True)
        return [
            Slider("", low, high, 0).check(f"{name}[{i}]", value)
            for i, (value, low, high) in enumerate(each)
        ]


@dataclasses.dataclass(frozen=True)
class Toggles:
    """A control for a list of texts, each one of ``values``, with a button for each label."""

    labels: list[str]
    values: list[str]

    def check(self, name, values):
        """The texts, if the control can take them."""
        if not isinstance(values, list | tuple) or len(values) != len(self.labels):
            raise error(name, f"be {len(self.labels)} texts", f"{values!r:.80}", "give them all")
        return [_validation.choice(f"{name}[{i}]", x, self.values) for i, x in enumerate(values)]


@dataclasses.dataclass(frozen=True)
class Choice:
    """A control for one of some values, numbers or texts."""

    label: str
    values: list

    def check(self, name, value):
        """The value, if the control can take it."""
        if value not in self.values:
            known = [f"{known}" for known in self.values]
            known = known if len(known) <= 4 else [*known[:2], "...", known[-1]]
            raise error(
                name, f"be one of {', '.join(known)}", f"{value!r:.80}", "pick one of these"
            )
        return packed(self.values[self.values.index(value)])  # 1 for True, and for 1.0


class Value(traitlets.TraitType):
    """What a control is set to, checked by it. Read by the browser, and set by it."""

    def __init__(self):
        super().__init__(None)  # so it stays, where a widget leaves out a control
        self.tag(sync=True)

    def validate(self, widget, value):
        """The value, if the control of this name can take it."""
        if self.name not in widget.parts and value is None:
            return value
        try:
            _validation.choice("the control", self.name, widget.parts)
            return widget.parts[self.name].check(self.name, value)
        except ValueError as problem:
            raise traitlets.TraitError(f"{problem}") from problem


class Explorer(anywidget.AnyWidget):
    """Controls, a picture, and a line that says what the picture shows.

    Args:
        parts: {trait: control}, such as ``{"mean": Slider("mean", -4, 4, 0.1)}``; each trait is
            declared in the class, ``mean = Value()``.
        data: what the browser computes with: numbers, texts, arrays, lists and dicts of them.
        first: what each control is set to at first.

    Subclasses have a JavaScript file beside theirs, of the same name.
    """

    _css = HERE / "explorer.css"
    controls = traitlets.List(read_only=True).tag(sync=True)
    data = traitlets.Dict(read_only=True).tag(sync=True)

    def __init_subclass__(cls, **kwargs):
        if "_esm" in cls.__dict__:  # the class that anywidget derives, for its traits
            return super().__init_subclass__(**kwargs)
        script = HERE / f"{cls.__module__.rpartition('.')[2]}.js"
        if script.exists():  # else the class is a reader's, derived from one that has it
            cls.script = script
            both = (HERE / "explorer.js", script)
            cls._esm = "\n".join(path.read_text("utf-8") for path in both)
        return super().__init_subclass__(**kwargs)

    def __init__(self, parts, data, **first):
        self.parts = parts
        described = [
            {"name": name, "kind": type(part).__name__.lower(), **dataclasses.asdict(part)}
            for name, part in parts.items()
        ]
        # Before the browser hears of the widget, so that it never sees one by half.
        self.set_trait("data", packed(data))
        self.set_trait("controls", packed(described))
        super().__init__(**first)

    def __repr__(self):
        does = inspect.getdoc(type(self)).partition("\n")[0]
        return f"{does} Try it in JupyterLab or on Binder."

    def save_html(self, path):
        """Write the widget as one HTML file, which needs no kernel and no network."""
        from vae_tutorial.widgets.page import write_page

        write_page(path, type(self).__name__, [self])


def packed(value):
    """Data as it is sent to the browser: arrays as dtype, shape and bytes."""
    if isinstance(value, dict):
        return {f"{name}": packed(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [packed(part) for part in value]
    if not isinstance(value, np.ndarray):
        return value.item() if isinstance(value, np.generic) else value
    if value.dtype != np.uint8:
        with np.errstate(over="ignore"):  # half as many bytes, where nothing is lost
            half = value.astype(np.float16)
        value = half if np.array_equal(half, value) else value.astype(np.float32)
    return {"dtype": value.dtype.name, "shape": list(value.shape), "$bytes": value.tobytes()}


def layers(network):
    """A decoder or encoder (a Keras model) as ``explorer.js`` runs it.

    Raises:
        ValueError: for a layer or an activation that it doesn't know.
    """
    from vae_tutorial.networks import gelu  # here, since it loads TensorFlow

    doubled, found = ((2, 2), "same"), []
    for layer in network.layers:
        kind = type(layer).__name__
        if kind in ("InputLayer", "Pixels", "Flatten", "Reshape"):  # numbers stay in their order
            continue
        function = getattr(layer, "activation", None)
        activation = getattr(function, "__name__", None)
        known = function is gelu or activation in ("linear", "leaky_relu")
        if kind == "Conv2DTranspose":
            known = known and (tuple(layer.strides), layer.padding) == doubled
        if kind not in ("Dense", "Conv2DTranspose") or not known:
            hint = "build it by vae_tutorial.networks"
            raise error("the network", "hold layers that the browser knows", f"{kind}", hint)
        one = {"kind": "dense", "activation": activation}
        if kind == "Conv2DTranspose":
            one |= {"kind": "transposed", "shape": list(layer.output.shape[1:])}
        kernel, bias = layer.get_weights()
        found.append(one | {"kernel": kernel, "bias": bias})
    return found


def decoder(model):
    """A model's decoder, with its sigmoid, as ``explorer.js`` runs it."""
    return {"layers": layers(model.decoder), "shape": list(model.image_shape)}
