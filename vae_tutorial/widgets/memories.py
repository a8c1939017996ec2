"""Four widgets around a decoder: what it shows for a code that is scaled, mixed, moved or set."""

import numpy as np

from vae_tutorial import _validation
from vae_tutorial._validation import error
from vae_tutorial.widgets.explorer import Explorer, Slider, Sliders, Value, decoder


class InputScale(Explorer):
    """Multiply the ones that a memory was trained with by a number.

    Args:
        model: a ``Memory`` of one image.
        scale: the number at first, from -1 to 3.
    """

    scale = Value()

    def __init__(self, model, scale=1.0):
        data = {"code": "scale", "ones": [1] * model.latent_dim, "decoder": decoder(model)}
        super().__init__({"scale": Slider("input", -1, 3, 0.1)}, data, scale=scale)


class MixingBoard(Explorer):
    """Blend what a one-hot memory remembers, by a slider for each slot.

    Args:
        model: a ``Memory``, trained with one-hot codes.
        names: a text for each slot.
        code: a number from 0 to 1 for each slot; the first image by default.
    """

    code = Value()

    def __init__(self, model, names, code=None):
        _validation.same_length("names", names, "the model's slots", range(model.latent_dim))
        names = [f"{name}" for name in names]
        code = [float(i == 0) for i in range(len(names))] if code is None else code
        data = {"code": "mix", "names": names, "decoder": decoder(model)}
        super().__init__({"code": Sliders(names, 0, 1, 0.05)}, data, code=code)


class CodePath(Explorer):
    """Walk in a straight line from one code to the next.

    Args:
        model: a model with a ``decoder``.
        codes: float (n, k), at least two.
        names: a text for each.
        position: where to begin, from 0 to n - 1.
    """

    position = Value()

    def __init__(self, model, codes, names, position=0.0):
        codes = _validation.codes("codes", codes, model.latent_dim)
        names = [f"{name}" for name in _validation.same_length("names", names, "codes", codes)]
        if len(codes) < 2:
            raise error("codes", "be at least 2", "1", "add the code at the other end of the path")
        data = {"code": "path", "names": names, "codes": codes, "decoder": decoder(model)}
        path = Slider("position on the path", 0, len(codes) - 1, 0.05)
        super().__init__({"position": path}, data, position=position)


class CodeSliders(Explorer):
    """Set each number of a code by a slider.

    Args:
        model: a model with a ``decoder``.
        z: float (k,), the code at first; what lies beyond -3 or 3 is moved there.
    """

    z = Value()

    def __init__(self, model, z):
        z = _validation.codes("z", np.asarray(z)[np.newaxis], model.latent_dim)[0]
        sliders = Sliders([f"z[{i}]" for i in range(len(z))], -3, 3, 0.1)
        data = {"code": "free", "decoder": decoder(model)}
        super().__init__({"z": sliders}, data, z=np.clip(z, -3, 3).tolist())
