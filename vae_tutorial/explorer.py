"""The one shell of all widgets: sliders, a picture, and a line that says what it shows.

``draw(**state)`` is a pure function from the sliders' values to the picture and the line;
``still`` draws the same pictures as a static figure for pages where no kernel runs.
"""

import base64
import html
import io

import ipywidgets
import numpy as np
from PIL import Image

from vae_tutorial import plots


class Explorer(ipywidgets.VBox):
    """Sliders, a picture, and a line that says what the picture shows.

    Args:
        draw: function of the controls' names to (picture, sentence); the picture is uint8 or float
            in [0, 1], (h, w) or (h, w, c).
        controls: {name: (label, values, first)}; ``values`` are the slider's stops in order,
            numbers or texts, ``first`` the one it starts at.
        width: of the picture on the screen, in pixels.
    """

    def __init__(self, draw, controls, width=320):
        self.draw = draw
        self._width = width
        self._stops = {name: list(values) for name, (_, values, _) in controls.items()}
        self.sliders = {name: _slider(*control) for name, control in controls.items()}
        self.picture = ipywidgets.HTML()
        self.sentence = ipywidgets.HTML()
        for slider in self.sliders.values():
            slider.observe(self._redraw, "value")
        self._redraw()
        super().__init__([*self.sliders.values(), self.picture, self.sentence])

    @property
    def state(self):
        """{name: value} of the controls as they stand."""
        return {name: slider.value for name, slider in self.sliders.items()}

    def __repr__(self):
        labels = "; ".join(slider.description for slider in self.sliders.values())
        return f"A widget; it needs a running kernel. Sliders: {labels}."

    def _redraw(self, _change=None):
        picture, sentence = self.draw(**self.state)
        alt = html.escape(sentence, quote=True)
        self.picture.value = (
            f'<img alt="{alt}" src="data:image/png;base64,{_png(picture)}" '
            f'style="width:{self._width}px;max-width:100%;image-rendering:pixelated">'
        )
        self.sentence.value = f'<p style="font-size:115%;margin:4px 0">{html.escape(sentence)}</p>'

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
        count = max(len(values) for values in states.values())
        pictures, texts = [], []
        for i in range(count):
            chosen = {name: values[i] for name, values in states.items()}
            pictures.append(plots.as_bytes(self.draw(**{**self.state, **chosen})[0][np.newaxis])[0])
            texts.append(", ".join(self._title(name, chosen) for name in chosen))
        height, width = pictures[0].shape[:2]
        # Pictures that are boards themselves need a wider gap around them than within.
        gap = 5 if width > height else 0
        sheet = np.pad(pictures, ((0, 0), (0, 0), (gap, gap), (0, 0)), constant_values=255)
        scale = 1.3 * width / height
        return plots.board(sheet, columns=columns, titles=titles or texts, scale=scale)

    def _title(self, name, chosen):
        value = _text(chosen[name])
        return value if len(chosen) == 1 else f"{self.sliders[name].description} {value}"


def _text(value):
    return f"{value:g}" if isinstance(value, float) else f"{value}"


def steps(low, high, count):
    """Slider stops from low to high, rounded so that they read well."""
    return [round(float(value), 3) for value in np.linspace(low, high, count)]


def _slider(label, values, first):
    return ipywidgets.SelectionSlider(
        options=[(_text(value), value) for value in values],
        value=first,
        description=label,
        continuous_update=True,
        style={"description_width": "11em"},
        layout={"width": "36em", "max_width": "100%"},
    )


def _png(picture):
    buffer = io.BytesIO()
    # Pillow's fastest compression: a picture of this size is a few kilobytes all the same.
    Image.fromarray(plots.as_bytes(picture[np.newaxis])[0]).save(buffer, "png", compress_level=1)
    return base64.b64encode(buffer.getvalue()).decode()
