"""Two widgets of Gaussians on a line: the dial of one latent, and the noisy number line.

They are drawn pixel by pixel: fast enough to follow a slider, which axes aren't.
"""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from vae_tutorial import channel
from vae_tutorial.explorer import Explorer, steps
from vae_tutorial.plots import COLOURS

WIDTH, HEIGHT = 1280, 420  # twice the size on the screen, so that text is sharp on fine displays
BASE, TOP = HEIGHT - 70, 50  # where the line lies, and how high a curve may rise
GREY = (110, 110, 110)


class Scene:
    """A number line from ``low`` to ``high`` with curves, ticks and names above it."""

    def __init__(self, low, high):
        self._low, self._scale = low, (WIDTH - 80) / (high - low)
        self.x = np.linspace(low, high, WIDTH - 80)
        self.image = Image.new("RGB", (WIDTH, HEIGHT), "white")
        self._draw = ImageDraw.Draw(self.image, "RGBA")
        self._draw.line([(40, BASE), (WIDTH - 40, BASE)], fill=GREY, width=3)
        for number in range(int(np.ceil(low)), int(np.floor(high)) + 1):
            column = self.column(number)
            self._draw.line([(column, BASE), (column, BASE + 10)], fill=GREY, width=3)
            self.write(number, BASE + 36, f"{number}", GREY)

    def column(self, number):
        """Pixels from the left of a place on the line."""
        return 40 + (number - self._low) * self._scale

    def curve(self, heights, colour, fill=True):
        """A curve over ``self.x``; a height of one reaches the top."""
        rows = BASE - np.clip(heights, 0, 1) * (BASE - TOP)
        points = list(zip(40 + np.arange(len(rows)), rows.tolist(), strict=True))
        red, green, blue = bytes.fromhex(colour[1:])
        if fill:
            corners = [(40, BASE), *points, (40 + len(rows) - 1, BASE)]
            self._draw.polygon(corners, fill=(red, green, blue, 60))
        self._draw.line(points, fill=(red, green, blue), width=5, joint="curve")

    def stick(self, number, colour, top=TOP, width=4):
        """A vertical line from the number line up to a row."""
        column = self.column(number)
        self._draw.line([(column, BASE), (column, top)], fill=colour, width=width)

    def write(self, number, row, text, colour):
        """A text centred at a place on the line."""
        place = (self.column(number), row)
        self._draw.text(place, text, fill=colour, anchor="mm", font=FONT)

    def picture(self):
        """What was drawn: uint8 array (height, width, 3)."""
        return np.asarray(self.image)


FONT = ImageFont.load_default(30)


def bell(x, mean, stddev):
    """The Gaussian's shape with its top at one: array like ``x``."""
    return np.exp(-0.5 * np.square((x - mean) / stddev))


def dial(mean, stddev, epsilon):
    """A latent's Gaussian beside the unit Gaussian, and samples epsilon * stddev + mean.

    Areas under both curves are equal, as densities are; the unit Gaussian reaches a third of the
    height, and a narrow one is cut off at the top.

    Args:
        mean: a number.
        stddev: a number above 0.
        epsilon: float (n,), standard normal numbers.

    Returns:
        uint8 array (height, width, 3).
    """
    scene = Scene(-5, 5)
    scene.curve(bell(scene.x, 0, 1) / 3, "#777777", fill=False)
    scene.curve(bell(scene.x, mean, stddev) / 3 / stddev, COLOURS[0])
    for sample in np.clip(epsilon * stddev + mean, -5, 5):
        scene.stick(sample, COLOURS[1], top=BASE - 30)
    return scene.picture()


def line(positions, names, noise, low=0.0, high=10.0):
    """Names on a line, each with what the noise makes of it, and the borders between them.

    Args:
        positions: float (n,), where the names stand.
        names: n texts.
        noise: stddev of the noise, above 0.
        low: left end of the line.
        high: right end.

    Returns:
        uint8 array (height, width, 3).
    """
    scene, margin = Scene(low - 1, high + 1), 0.8
    order = np.argsort(positions)
    middles = (positions[order][1:] + positions[order][:-1]) / 2
    for border in middles:
        scene.stick(border, GREY, width=2)
    for place, i in enumerate(order):
        colour = COLOURS[i % len(COLOURS)]
        scene.curve(margin * bell(scene.x, positions[i], noise), colour)
        # Two rows, so that the names of neighbours don't cover each other.
        scene.write(positions[i], TOP / 2 + 34 * (place % 2) - 4, names[i], colour)
    return scene.picture()


def gaussian_dial(samples=12, seed=0):
    """Mean and stddev of one latent: its Gaussian, samples, and its KL divergence.

    Args:
        samples: how many, drawn as epsilon times stddev plus mean; epsilon stays the same.
        seed: decides epsilon.
    """
    epsilon = np.random.default_rng(seed).normal(size=samples)

    def draw(mean, stddev):
        nats = 0.5 * (mean**2 + stddev**2 - 1) - np.log(stddev)
        sentence = (
            f"Mean {mean:g}, stddev {stddev:g}: KL divergence from the unit Gaussian "
            f"{nats:.3g} nats, {nats / np.log(2):.3g} bits."
        )
        return dial(mean, stddev, epsilon), sentence

    stddevs = [0.01, 0.02, *steps(0.05, 3, 60)]
    controls = {"mean": ("mean", steps(-4, 4, 81), 1.0), "stddev": ("stddev", stddevs, 0.5)}
    return Explorer(draw, controls, width=640)


def noisy_line(positions, names, noise=0.5):
    """Names on a number line: move them, raise the noise, and see who is taken for whom.

    Args:
        positions: numbers from 0 to 10, where the names stand at first.
        names: a text for each.
        noise: stddev of the noise at first.
    """
    keys = [f"place_{i}" for i in range(len(names))]

    def draw(noise, **places):
        standing = np.array([places[key] for key in keys], float)
        picture = line(standing, names, noise)
        if len(set(standing)) < len(standing):
            return picture, "Two names stand on the same place: nobody can tell them apart."
        taken = channel.confusion(standing, noise)
        error = channel.error_rate(standing, noise)
        np.fill_diagonal(taken, 0)
        worst = np.unravel_index(taken.argmax(), taken.shape)
        sentence = (
            f"Noise {noise:g}: {error:.3g} of the messages are misunderstood; most often "
            f"{names[worst[0]]} is taken for {names[worst[1]]} ({taken[worst]:.3g} of the time)."
        )
        return picture, sentence

    noises = [0.01, 0.02, *steps(0.05, 4, 80)]
    places = [round(i / 100, 2) for i in range(1001)]
    controls = {"noise": ("noise (stddev)", noises, noise)}
    controls |= {
        key: (name, places, float(place))
        for key, name, place in zip(keys, names, positions, strict=True)
    }
    return Explorer(draw, controls, width=640)
