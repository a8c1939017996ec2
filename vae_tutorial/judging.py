"""How an answer to an exercise is judged.

It is compared with the right answer, and with the wrong ones that are easy to fall for, each with
its reason. A function is judged by what it returns for the inputs given.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np


@dataclasses.dataclass(frozen=True)
class Exercise:
    """One exercise.

    Attributes:
        right: the right answer, a number or a function.
        wrong: {reason: wrong answer of the same kind}.
        inputs: the arguments to call functions with; None where the answer is a number.
        tolerance: relative difference that still counts as the same.
    """

    right: Any
    wrong: dict
    inputs: Callable | None = None
    tolerance: float = 0.01

    def value(self, answer):
        """What there is to compare: the number, or what the function returns."""
        return answer if self.inputs is None else answer(*self.inputs())

    def agrees(self, value, answer):
        """Is ``value`` the value of ``answer``, in shape and numbers?"""
        value, wanted = np.asarray(value, float), np.asarray(self.value(answer), float)
        if value.shape != wanted.shape:
            return False
        return np.allclose(value, wanted, rtol=self.tolerance, atol=1e-9)

    def verdict(self, answer):
        """One sentence for the reader."""
        if answer is ...:
            return "not answered yet"
        if self.inputs is not None and not callable(answer):
            return f"wrong: a function is asked for; got {type(answer).__name__}"
        try:
            value = self.value(answer)
        except (Exception, SystemExit) as error:
            return f"wrong: your function raised {type(error).__name__}: {error}"
        if value is ...:
            return "not answered yet"
        try:
            np.asarray(value, float)
        except (TypeError, ValueError, OverflowError):
            return f"wrong: numbers are asked for; got {type(value).__name__}"
        if self.agrees(value, self.right):
            return "right"
        return "wrong: " + self._reason(value)

    def _reason(self, value):
        for reason, wrong in self.wrong.items():
            if self.agrees(value, wrong):
                return reason
        shape, wanted = np.shape(value), np.shape(self.value(self.right))
        if shape != wanted:
            return f"its shape should be {wanted}, and is {shape}"
        return "not the value; read the section again, then open the worked answer"
