"""The alarm board: what a score catches, for as many false alarms as you put up with."""

import numpy as np

from vae_tutorial import _validation
from vae_tutorial._validation import error
from vae_tutorial.widgets.explorer import Choice, Explorer, Value


class AlarmBoard(Explorer):
    """Set an alarm: what does it catch, and at how many false alarms?

    Args:
        x: (n, h, w) or (n, h, w, c), a picture of each kind.
        names: of the kinds.
        normal: {score's name: float (m,)}, of normal pictures; higher means more suspicious.
        others: {score's name: n arrays, each of the pictures of one kind}, for the same scores.
        score: the score at first.
        false_alarms: the share of normal pictures that set off the alarm, too.
    """

    score, false_alarms = Value(), Value()

    def __init__(self, x, names, normal, others, score=None, false_alarms=0.05):
        x = _validation.displayable("x", x)
        _validation.same_length("names", names, "x", x)
        for name, one in (("normal", normal), ("others", others)):
            _validation.instance(name, one, dict, "write {score's name: numbers}")
        if not normal or set(others) != set(normal):
            expected = f"have the scores {', '.join(normal) or 'that normal has, at least one'}"
            raise error("others", expected, list(others), "give each score in both")
        for kinds in others.values():
            _validation.same_length("others", kinds, "x", x)
        shares = [0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5]
        parts = {"score": Choice("score", list(normal))}
        parts["false_alarms"] = Choice("false alarms", shares)
        data = {"x": x, "names": [f"{name}" for name in names]}
        data["normal"] = {n: np.sort(np.asarray(one, float)) for n, one in normal.items()}
        data["others"] = {n: [np.asarray(k, float) for k in one] for n, one in others.items()}
        score = next(iter(normal)) if score is None else score
        super().__init__(parts, data, score=score, false_alarms=false_alarms)
