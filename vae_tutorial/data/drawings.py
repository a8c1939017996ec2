"""The four drawings of the story, made by code: a cat, a dog, an apple, a banana.

Each is drawn on a 256 x 256 canvas with y pointing down and reduced with antialiasing, so it is the
same on every machine and needs no file.
"""

import numpy as np

from vae_tutorial import _validation

_CANVAS = 256


def _disc(draw, x, y, rx, ry, fill):
    draw.ellipse([x - rx, y - ry, x + rx, y + ry], fill=fill)


def _mirrored(points):
    return [(_CANVAS - x, y) for x, y in points]


def _cat(draw):
    orange, dark, cream, ink, pink = "#f2963a", "#c96f1e", "#fff3df", "#3b2a20", "#ef8fa0"
    ear, inner = [(34, 118), (46, 16), (118, 72)], [(52, 92), (57, 42), (94, 70)]
    for points, color in ((ear, orange), (inner, pink)):
        draw.polygon(points, fill=color)
        draw.polygon(_mirrored(points), fill=color)
    _disc(draw, 128, 146, 104, 90, orange)
    for x in (104, 128, 152):
        draw.line([(x, 60), (128 + (x - 128) * 0.8, 96)], fill=dark, width=12)
    for side in (-1, 1):
        _disc(draw, 128 + 26 * side, 184, 34, 30, cream)
        _disc(draw, 128 + 46 * side, 130, 23, 26, "#fdfdf2")
        _disc(draw, 128 + 44 * side, 132, 13, 20, "#3f8f4f")
        _disc(draw, 128 + 44 * side, 132, 7, 17, ink)
        _disc(draw, 133 + 44 * side, 122, 5, 6, "white")
        for rise in (-10, 6):
            start = (128 + 52 * side, 180 + rise / 2)
            draw.line([start, (128 + 118 * side, 176 + 2 * rise)], fill=ink, width=4)
    draw.polygon([(112, 160), (144, 160), (128, 177)], fill="#d9586f")
    draw.arc([98, 168, 128, 200], 10, 150, fill=ink, width=6)
    draw.arc([128, 168, 158, 200], 30, 170, fill=ink, width=6)


def _dog(draw):
    brown, dark, cream, ink = "#a8703f", "#6b4222", "#f3e2c7", "#2b1d14"
    _disc(draw, 128, 134, 84, 98, brown)
    _disc(draw, 166, 106, 36, 40, cream)
    for side in (-1, 1):
        ear = [
            (128 + dx * side, y)
            for dx, y in ((44, 40), (86, 38), (120, 100), (112, 176), (84, 170))
        ]
        draw.polygon(ear, fill=dark)
        _disc(draw, 128 + 98 * side, 168, 17, 22, dark)
        _disc(draw, 128 + 36 * side, 108, 15, 18, ink)
        _disc(draw, 132 + 36 * side, 101, 5, 6, "white")
    _disc(draw, 128, 218, 22, 32, "#ee7d8e")
    draw.line([(128, 200), (128, 232)], fill="#c9566b", width=5)
    for side in (-1, 1):
        _disc(draw, 128 + 28 * side, 180, 40, 32, cream)
    _disc(draw, 128, 152, 28, 20, ink)
    _disc(draw, 119, 145, 8, 5, "#8a8178")
    draw.line([(128, 168), (128, 196)], fill=ink, width=6)
    draw.arc([82, 168, 128, 212], 15, 120, fill=ink, width=6)
    draw.arc([128, 168, 174, 212], 60, 165, fill=ink, width=6)


def _apple(draw):
    red, shade = "#d8343a", "#ad1f2d"
    for shift, color in ((8, shade), (-6, red)):
        for x in (94, 162):
            _disc(draw, x + shift, 138, 66, 74, color)
        _disc(draw, 128 + shift, 166, 78, 70, color)
        for x in (106, 150):
            _disc(draw, x + shift, 212, 32, 28, color)
    _disc(draw, 128, 66, 26, 12, "#8d1522")
    draw.line([(128, 74), (132, 46), (146, 20)], fill="#5b3a1e", width=13, joint="curve")
    draw.polygon([(140, 50), (164, 22), (206, 14), (228, 22), (202, 50), (166, 60)], fill="#4f9e3a")
    draw.line([(144, 50), (214, 24)], fill="#2f6f24", width=5)
    _disc(draw, 72, 122, 14, 26, "#f4908e")
    _disc(draw, 70, 116, 7, 14, "#fde3df")


def _banana(draw):
    yellow, shade, tip = "#f6d03c", "#d9a520", "#6a4a1c"
    angles = np.linspace(0.02, 0.80, 60) * np.pi
    middle = np.stack([100 + 100 * np.cos(angles), 70 + 122 * np.sin(angles)], axis=1)
    outward = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    width = 13 + 31 * np.sin(np.linspace(0.06, 0.97, 60) * np.pi)[:, None] ** 0.8
    edge = {d: [tuple(p) for p in middle + d * width * outward] for d in (-1.0, 0.35, 0.55, 1.0)}
    draw.polygon(edge[-1.0] + edge[1.0][::-1], fill=yellow)
    draw.polygon(edge[0.35] + edge[1.0][::-1], fill=shade)
    draw.line(edge[-1.0][8:-6], fill="#fbe58a", width=6)
    draw.polygon([(186, 80), (216, 78), (218, 40), (194, 36)], fill="#8a9a32")
    draw.polygon([(193, 46), (219, 48), (218, 32), (194, 30)], fill=tip)
    _disc(draw, *(middle[-1] + (-2, 2)), 13, 15, tip)


_PAINTERS = {
    "cat": (_cat, "#bfe0f2"),
    "dog": (_dog, "#cfe8bf"),
    "apple": (_apple, "#fdf1c9"),
    "banana": (_banana, "#d9cdf0"),
}
DRAWINGS = tuple(_PAINTERS)


def load_drawings(size=64):
    """The four in the order of ``DRAWINGS``: uint8 array (4, size, size, 3), size 8 to 4,096."""
    from PIL import Image, ImageDraw

    size, drawings = _validation.whole_number("size", size, minimum=8, maximum=4096), []
    for paint, background in _PAINTERS.values():
        # Drawn large, then reduced: Pillow's shapes have no antialiasing of their own.
        canvas = Image.new("RGB", (_CANVAS, _CANVAS), background)
        paint(ImageDraw.Draw(canvas))
        drawings.append(np.array(canvas.resize((size, size), Image.Resampling.LANCZOS)))
    return np.stack(drawings)
