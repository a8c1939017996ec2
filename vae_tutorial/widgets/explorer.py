"""The shell that all widgets share: controls, an image, and a line that says what it shows.

``draw(**state)`` is a pure function from the controls' values to the image and the line;
``static_figure`` draws the same images for pages where no kernel runs. The browser's half is
``explorer.js``. The two exchange ``index``: for each control the index of its value, so that no
value is rounded on the way.
"""

import io
from pathlib import Path

import anywidget
import numpy as np
import traitlets
from PIL import Image

from vae_tutorial import _validation, plots
from vae_tutorial._validation import error
from vae_tutorial.widgets._values import nearest, spacing, text
from vae_tutorial.widgets.strokes import Strokes, check_strokes, is_point


class Explorer(anywidget.AnyWidget):
    """Controls, an image, and a line that says what the image shows.

    Args:
        draw: function of the controls' names to (image, sentence); the image is uint8 or float
            in [0, 1], (h, w) or (h, w, c).
        controls: {name: (label, values, first)}; ``values`` are numbers or texts, in order, or
            ``Strokes()``; ``first`` is the one to begin with. Evenly spaced numbers get a field
            to type them into, others a list to choose from; both get a slider.
        width: of the image on the screen, in pixels.
        drag: what dragging on the image does: function of (state, start, here) to {name: value};
            ``state`` is that of the moment when the pointer went down, at ``start``; ``start`` and
            ``here`` are (x, y) as fractions of the image, from its top left. The value is rounded
            to the nearest that the control can take.
    """

    _esm = Path(__file__).parent / "explorer.js"
    _css = Path(__file__).parent / "explorer.css"
    controls = traitlets.List(read_only=True).tag(sync=True)
    index = traitlets.Dict().tag(sync=True)
    png = traitlets.Bytes(read_only=True).tag(sync=True)
    sentence = traitlets.Unicode(read_only=True).tag(sync=True)
    width = traitlets.Int(read_only=True).tag(sync=True)
    draggable = traitlets.Bool(read_only=True).tag(sync=True)
    pointer = traitlets.Dict().tag(sync=True)

    def __init__(self, draw, controls, width=360, drag=None):
        self.draw, self._drag = draw, drag
        self.values = {
            name: values if isinstance(values, Strokes) else list(values)
            for name, (_, values, _) in controls.items()
        }
        self._labels = {name: label for name, (label, _, _) in controls.items()}
        super().__init__()
        self.set_trait("controls", [self._description(name) for name in controls])
        self.set_trait("width", width)
        self.set_trait("draggable", drag is not None)
        self.set(**{name: first for name, (_, _, first) in controls.items()})
        self._redraw()
        self.observe(self._redraw, "index")
        self.observe(self._follow, "pointer")

    @property
    def state(self):
        """{name: current value} of the controls."""
        return {name: self._value(name, index) for name, index in self.index.items()}

    def set(self, **values):
        """Set controls by name; after an error all of them are as before.

        Raises:
            ValueError: for a name or a value that the widget doesn't have.
        """
        index = dict(self.index)
        for name, value in values.items():
            _validation.choice("the control", name, self.values)
            index[name] = self._index(name, value)
        self.index = index

    def __repr__(self):
        labels = "; ".join(self._labels.values())
        return f"A widget; it needs a running kernel. Controls: {labels}."

    def static_figure(self, columns=None, titles=None, **states):
        """The same images as a static figure.

        Args:
            columns: images in a row.
            titles: a text for each image; the values of the controls by default.
            states: lists of values by control, one value for each image; the other controls stay
                as they are.

        Returns:
            ``Axes``.
        """
        if not states:
            hint = f"write for example {next(iter(self.values))}=[...]"
            raise error("states", "name at least one control", "none", hint)
        for name, values in states.items():
            _validation.choice("the control", name, self.values)
            _validation.same_length(name, values, *next(iter(states.items())))
            for value in values:
                self._index(name, value)
        count = len(next(iter(states.values())))
        images, texts = [], []
        for i in range(count):
            chosen = {name: values[i] for name, values in states.items()}
            images.append(plots.as_rgb_image(self.draw(**{**self.state, **chosen})[0]))
            texts.append(", ".join(self._title(name, chosen) for name in chosen))
        height, width = images[0].shape[:2]
        # Images that are grids themselves need a wider gap around them than within.
        gap = 5 if width > height else 0
        images = np.pad(images, ((0, 0), (0, 0), (gap, gap), (0, 0)), constant_values=255)
        # What is wide holds much, and needs the room, for its text to be read from afar.
        scale = 1.3 * (width / height) ** 3 if columns != 1 else 6
        ax = plots.show_images(images, columns=columns, titles=titles or texts, scale=scale)
        ax.set_position([0, 0, 1, 1])
        return ax

    def _title(self, name, chosen):
        value = text(chosen[name])
        return value if len(chosen) == 1 else f"{self._labels[name]} {value}"

    def _redraw(self, _change=None):
        image, sentence = self.draw(**self.state)
        with self.hold_sync():  # one message, so that the line always belongs to the image
            self.set_trait("png", _png(image))
            self.set_trait("sentence", sentence)

    def _follow(self, change):
        pointer = change["new"]
        old = change["old"] if isinstance(change["old"], dict) else {}
        if pointer["stroke"] != old.get("stroke"):
            self._held = self.state
        moved = self._drag(self._held, tuple(pointer["start"]), tuple(pointer["here"]))
        values = {name: nearest(value, self.values[name]) for name, value in moved.items()}
        with self.hold_sync():
            self.set(**values)

    def _description(self, name):
        values, common = self.values[name], {"name": name, "label": self._labels[name]}
        if isinstance(values, Strokes):
            return common | {"kind": "strokes", "width": values.width}
        step = spacing(values)
        if step is None:
            return common | {"kind": "choice", "texts": [text(value) for value in values]}
        return common | {"kind": "number", "low": values[0], "high": values[-1], "step": step}

    def _index(self, name, value):
        values = self.values[name]
        if isinstance(values, Strokes):
            return check_strokes(value)
        if value not in values:
            known = [text(known) for known in values]
            known = known if len(known) <= 3 else [*known[:2], "...", known[-1]]
            hint = f"the nearest is {nearest(value, values)!r}"
            raise error(name, f"be one of {', '.join(known)}", repr(value), hint)
        return values.index(value)

    def _value(self, name, index):
        return index if isinstance(self.values[name], Strokes) else self.values[name][index]

    @traitlets.validate("index")
    def _check_index(self, proposal):
        index = proposal["value"]
        try:  # a TraitError puts back what was there
            if set(index) != set(self.values):
                raise ValueError(f"index must name {', '.join(self.values)}")
            for name, i in index.items():
                values = self.values[name]
                if isinstance(values, Strokes):
                    check_strokes(i)
                elif type(i) is not int or not 0 <= i < len(values):
                    raise ValueError(f"the index of {name} must be below {len(values)}")
        except ValueError as problem:
            raise traitlets.TraitError(str(problem)) from problem
        return index

    @traitlets.validate("pointer")
    def _check_pointer(self, proposal):
        pointer = proposal["value"]
        if set(pointer) != {"start", "here", "stroke"} or not (
            is_point(pointer["start"]) and is_point(pointer["here"])
        ):
            raise traitlets.TraitError("pointer must hold start, here and stroke")
        return pointer


def _png(image):
    buffer = io.BytesIO()
    # The fastest compression, with fixed codes: an image takes a few kilobytes more, and half
    # the time, which a hand on a slider notices.
    quick = {"compress_level": 1, "compress_type": Image.core.FIXED}
    Image.fromarray(plots.as_rgb_image(image)).save(buffer, "png", **quick)
    return buffer.getvalue()
