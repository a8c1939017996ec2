"""The one shell of all widgets: controls, a picture, and a line that says what it shows.

``draw(**state)`` is a pure function from the controls' values to the picture and the line;
``still`` draws the same pictures as a static figure for pages where no kernel runs. What happens
in the browser stands in ``explorer.js``; the two exchange ``places``, whole numbers that count the
stops of a control, so that no value is rounded on the way.
"""

import io
from pathlib import Path

import anywidget
import numpy as np
import traitlets
from PIL import Image

from vae_tutorial import arguments, plots
from vae_tutorial.stops import nearest, spacing, text
from vae_tutorial.strokes import Strokes, checked_strokes, is_point


class Explorer(anywidget.AnyWidget):
    """Controls, a picture, and a line that says what the picture shows.

    Args:
        draw: function of the controls' names to (picture, sentence); the picture is uint8 or float
            in [0, 1], (h, w) or (h, w, c).
        controls: {name: (label, values, first)}; ``values`` are the stops in order, numbers or
            texts, or ``Strokes()``; ``first`` is the one to begin with. Evenly spaced numbers get
            a field to type them into, others a list to choose from; both a slider.
        width: of the picture on the screen, in pixels.
        drag: what dragging on the picture does: function of (state, start, here) to {name: value};
            ``state`` is that of the moment when the pointer went down, at ``start``; ``start`` and
            ``here`` are (x, y) in shares of the picture, from its top left. A value need not be a
            stop: the nearest is taken.
    """

    _esm = Path(__file__).parent / "explorer.js"
    _css = Path(__file__).parent / "explorer.css"
    controls = traitlets.List(read_only=True).tag(sync=True)
    places = traitlets.Dict().tag(sync=True)
    png = traitlets.Bytes(read_only=True).tag(sync=True)
    sentence = traitlets.Unicode(read_only=True).tag(sync=True)
    width = traitlets.Int(read_only=True).tag(sync=True)
    draggable = traitlets.Bool(read_only=True).tag(sync=True)
    pointer = traitlets.Dict().tag(sync=True)

    def __init__(self, draw, controls, width=360, drag=None):
        self.draw, self._drag = draw, drag
        self.stops = {
            name: values if isinstance(values, Strokes) else list(values)
            for name, (_, values, _) in controls.items()
        }
        self._labels = {name: label for name, (label, _, _) in controls.items()}
        super().__init__()
        self.set_trait("controls", [self._described(name) for name in controls])
        self.set_trait("width", width)
        self.set_trait("draggable", drag is not None)
        self.move(**{name: first for name, (_, _, first) in controls.items()})
        self._redraw()
        self.observe(self._redraw, "places")
        self.observe(self._follow, "pointer")

    @property
    def state(self):
        """{name: value} of the controls as they stand."""
        return {name: self._value(name, place) for name, place in self.places.items()}

    def move(self, **values):
        """Set controls, each to one of its stops; a refused call moves nothing.

        Raises:
            ValueError: for a name or a value that the widget doesn't have.
        """
        places = dict(self.places)
        for name, value in values.items():
            arguments.choice("the control", name, self.stops)
            places[name] = self._place(name, value)
        self.places = places

    def __repr__(self):
        labels = "; ".join(self._labels.values())
        return f"A widget; it needs a running kernel. Controls: {labels}."

    def still(self, columns=None, titles=None, **states):
        """The same pictures as a static figure.

        Args:
            columns: pictures in a row.
            titles: a text for each picture; the values of the controls by default.
            states: lists of values by control, one picture for each position; a control that isn't
                named keeps its place.

        Returns:
            ``Axes``.
        """
        if not states:
            raise ValueError("states must name a control at least, not none: give it a list.")
        for name, values in states.items():
            arguments.choice("states", name, self.stops)
            arguments.as_many(name, values, *next(iter(states.items())))
            for value in values:
                self._place(name, value)
        count = len(next(iter(states.values())))
        pictures, texts = [], []
        for i in range(count):
            chosen = {name: values[i] for name, values in states.items()}
            pictures.append(plots.as_picture(self.draw(**{**self.state, **chosen})[0]))
            texts.append(", ".join(self._title(name, chosen) for name in chosen))
        height, width = pictures[0].shape[:2]
        # Pictures that are boards themselves need a wider gap around them than within.
        gap = 5 if width > height else 0
        sheet = np.pad(pictures, ((0, 0), (0, 0), (gap, gap), (0, 0)), constant_values=255)
        scale = 1.3 * (width / height) ** 2  # what is wide holds much, and needs the room
        return plots.board(sheet, columns=columns, titles=titles or texts, scale=scale)

    def _title(self, name, chosen):
        value = text(chosen[name])
        return value if len(chosen) == 1 else f"{self._labels[name]} {value}"

    def _redraw(self, _change=None):
        picture, sentence = self.draw(**self.state)
        with self.hold_sync():  # one message, so that the line never speaks of another picture
            self.set_trait("png", _png(picture))
            self.set_trait("sentence", sentence)

    def _follow(self, change):
        pointer = change["new"]
        old = change["old"] if isinstance(change["old"], dict) else {}
        if pointer["stroke"] != old.get("stroke"):
            self._held = self.state
        moved = self._drag(self._held, tuple(pointer["start"]), tuple(pointer["here"]))
        values = {name: nearest(value, self.stops[name]) for name, value in moved.items()}
        with self.hold_sync():
            self.move(**values)

    def _described(self, name):
        stops, about = self.stops[name], {"name": name, "label": self._labels[name]}
        if isinstance(stops, Strokes):
            return about | {"kind": "strokes", "width": stops.width}
        step = spacing(stops)
        if step is None:
            return about | {"kind": "choice", "texts": [text(value) for value in stops]}
        return about | {"kind": "number", "low": stops[0], "high": stops[-1], "step": step}

    def _place(self, name, value):
        stops = self.stops[name]
        if isinstance(stops, Strokes):
            return checked_strokes(value)
        if value not in stops:
            raise ValueError(
                f"{name} must be one of {text(stops[0])}, {text(stops[1])} ... "
                f"{text(stops[-1])}, not {value!r}: the nearest is {nearest(value, stops)!r}."
            )
        return stops.index(value)

    def _value(self, name, place):
        return place if isinstance(self.stops[name], Strokes) else self.stops[name][place]

    @traitlets.validate("places")
    def _checked_places(self, proposal):
        places = proposal["value"]
        try:  # a TraitError puts back what was there
            if set(places) != set(self.stops):
                raise ValueError(f"places must name {', '.join(self.stops)}")
            for name, place in places.items():
                stops = self.stops[name]
                if isinstance(stops, Strokes):
                    checked_strokes(place)
                elif type(place) is not int or not 0 <= place < len(stops):
                    raise ValueError(f"the place of {name} must be below {len(stops)}")
        except ValueError as error:
            raise traitlets.TraitError(str(error)) from error
        return places

    @traitlets.validate("pointer")
    def _checked_pointer(self, proposal):
        pointer = proposal["value"]
        if set(pointer) != {"start", "here", "stroke"} or not (
            is_point(pointer["start"]) and is_point(pointer["here"])
        ):
            raise traitlets.TraitError("pointer must hold start, here and stroke")
        return pointer


def _png(picture):
    buffer = io.BytesIO()
    # The fastest compression, with fixed codes: a picture takes a few kilobytes more, and half
    # the time, which a hand on a slider notices.
    quick = {"compress_level": 1, "compress_type": Image.core.FIXED}
    Image.fromarray(plots.as_picture(picture)).save(buffer, "png", **quick)
    return buffer.getvalue()
