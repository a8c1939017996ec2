"""A pad to draw a digit on: what a VAE makes of it."""

import numpy as np
from PIL import Image, ImageDraw

from vae_tutorial import _validation, plots
from vae_tutorial.data import Images, as_floats
from vae_tutorial.widgets.code_map import INK, SIDE, SMALL, CodeMap, enlarge
from vae_tutorial.widgets.explorer import Explorer
from vae_tutorial.widgets.strokes import Strokes, digit

NEIGHBORS = 8
LARGE_TILE, SMALL_TILE = 168, 84  # pixels


def digit_pad(images, flat, deep, count=5000):
    """Draw a digit: see its Gaussian on the map, its copy, and the training images nearest to it.

    Args:
        images: ``data.Images``, whose first ``count`` training images are searched for neighbors.
        flat: a ``VAE`` with latent_dim 2, for the map.
        deep: a ``VAE`` with more latents, for the copy and the neighbors.
        count: how many images are encoded, once, when the widget is made.
    """
    _validation.instance("images", images, Images, "load them with load_images()")
    count = _validation.whole_number("count", count, minimum=NEIGHBORS)
    x, labels = images.x_train[:count], images.y_train[:count]
    code_map = CodeMap(
        flat.encode(x)[0], labels, images.class_names, low=(-3.5, -3.5), high=(3.5, 3.5)
    )
    known = deep.encode(x)[0]

    def draw(strokes):
        seen = as_image(digit(strokes), deep.image_shape)
        sheet = Image.new("RGB", (2 * SIDE, SIDE), "white")
        if not strokes:
            sheet.paste(code_map.image, (0, 0))
            return np.asarray(sheet), "Draw a digit, and see its cloud, its copy, its neighbors."
        batch = seen[np.newaxis]
        z_mean, z_log_var = (numbers[0] for numbers in flat.encode(batch))
        stddev, z = np.exp(z_log_var / 2), deep.encode(batch)[0]
        copy = deep.decode(z)[0]
        nearest = np.argsort(np.square(known - z).sum(axis=1))[:NEIGHBORS]
        sheet.paste(Image.fromarray(code_map.mark(z_mean, stddev=stddev)), (0, 0))
        ink = ImageDraw.Draw(sheet)
        for left, image, title in ((410, seen, "what the network sees"), (610, copy, "its copy")):
            sheet.paste(Image.fromarray(enlarge(image, LARGE_TILE)), (left, 26))
            ink.text((left, 2), title, fill=INK, font=SMALL)
        ink.text((410, 204), "the training images nearest to it", fill=INK, font=SMALL)
        tiles = np.stack([enlarge(image, SMALL_TILE) for image in x[nearest]])
        sheet.paste(Image.fromarray(plots.image_grid(tiles, columns=4)), (410, 228))
        error = np.square(copy - as_floats(batch)[0]).sum()
        most = np.bincount(labels[nearest]).argmax()
        sentence = (
            f"Of the {len(nearest)} training images nearest to it "
            f"{(labels[nearest] == most).sum()} are a {images.class_names[most]}. Its copy through "
            f"{deep.latent_dim} numbers: squared error {error:.3g}. Its cloud on the map: mean "
            f"({z_mean[0]:.2f}, {z_mean[1]:.2f}), stddev ({stddev[0]:.2f}, {stddev[1]:.2f})."
        )
        return np.asarray(sheet), sentence

    return Explorer(draw, {"strokes": ("your digit", Strokes(), [])}, width=800)


def as_image(drawn, image_shape):
    """A drawing, uint8 (28, 28), in the shape of a model's images: uint8 (h, w, c)."""
    height, width, channels = image_shape
    if drawn.shape != (height, width):
        resized = Image.fromarray(drawn).resize((width, height), Image.Resampling.LANCZOS)
        drawn = np.asarray(resized)
    return np.repeat(drawn[..., np.newaxis], channels, axis=-1)
