"""Four widgets around a decoder: what it shows for a code that is scaled, mixed, moved or set."""

import numpy as np

from vae_tutorial import _validation
from vae_tutorial._validation import error
from vae_tutorial.widgets._values import evenly_spaced, nearest
from vae_tutorial.widgets.explorer import Explorer


def input_scale(model):
    """What a ``Memory`` of one image shows when its ones are multiplied by a number."""
    ones = np.ones((1, model.latent_dim), np.float32)

    def draw(scale):
        return model.decode(scale * ones)[0], f"Input: {scale:g} (trained with 1)."

    return Explorer(draw, {"scale": ("input", evenly_spaced(-1, 3, 41), 1.0)})


def mixing_board(model, names):
    """One slider for each slot of a one-hot ``Memory``: blend what it remembers."""
    keys = [f"slot_{i}" for i in range(model.latent_dim)]
    _validation.same_length("names", names, "the model's slots", keys)

    def draw(**slots):
        code = np.array([[slots[key] for key in keys]], np.float32)
        parts = [f"{value:g} {name}" for name, value in zip(names, code[0], strict=True) if value]
        return model.decode(code)[0], f"Code: {' + '.join(parts) or 'all zeros'}."

    controls = {
        key: (name, evenly_spaced(0, 1, 21), float(i == 0))
        for i, (key, name) in enumerate(zip(keys, names, strict=True))
    }
    return Explorer(draw, controls)


def code_path(model, codes, names):
    """Walk in a straight line from one code to the next: float (n, k), with a name for each."""
    codes = _validation.codes("codes", codes, model.latent_dim)
    _validation.same_length("names", names, "codes", codes)
    if len(codes) < 2:
        raise error("codes", "be at least 2", "1", "add the code at the other end of the path")

    def draw(position):
        first = min(int(position), len(codes) - 2)
        share = position - first
        code = (1 - share) * codes[first] + share * codes[first + 1]
        sentence = f"{share:.0%} of the way from {names[first]} to {names[first + 1]}."
        return model.decode(code[np.newaxis].astype(np.float32))[0], sentence

    values = [round(i / 20, 2) for i in range(20 * (len(codes) - 1) + 1)]
    return Explorer(draw, {"position": ("position on the path", values, values[0])})


def code_sliders(model, code, reach=3.0):
    """One slider for each number of a code, starting at ``code``, float (k,).

    They go from minus ``reach`` to ``reach``.
    """
    code = _validation.codes("code", np.asarray(code)[np.newaxis], model.latent_dim)[0]
    reach = _validation.positive_number("reach", reach)
    keys = [f"z_{i}" for i in range(len(code))]

    def draw(**numbers):
        z = np.array([[numbers[key] for key in keys]], np.float32)
        sentence = f"z = ({', '.join(f'{value:.1f}' for value in z[0])})"
        return model.decode(z)[0], sentence

    values = evenly_spaced(-reach, reach, 61)
    controls = {
        key: (f"z[{i}]", values, nearest(float(code[i]), values)) for i, key in enumerate(keys)
    }
    return Explorer(draw, controls)
