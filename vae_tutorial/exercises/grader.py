"""How an answer to an exercise is graded.

It is compared with the right answer and with common mistakes, each of which has an explanation. A
function is graded by what it returns for given inputs.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np


@dataclasses.dataclass(frozen=True)
class Exercise:
    """One exercise.

    Attributes:
        solution: the right answer, a number or a function.
        mistakes: {explanation: wrong answer of the same kind}.
        inputs: makes the arguments to call functions with; None where the answer is a number.
        tolerance: relative difference that still counts as the same.
    """

    solution: Any
    mistakes: dict
    inputs: Callable | None = None
    tolerance: float = 0.01

    def value(self, answer):
        """What is compared: the number, or what the function returns."""
        return answer if self.inputs is None else answer(*self.inputs())

    def agrees(self, value, answer):
        """Whether ``value`` equals the value of ``answer``, in shape and numbers."""
        value, expected = np.asarray(value, float), np.asarray(self.value(answer), float)
        if value.shape != expected.shape:
            return False
        return np.allclose(value, expected, rtol=self.tolerance, atol=1e-9)

    def grade(self, answer):
        """One line for the reader: "right", "not answered yet", or "wrong: " and why."""
        if answer is ...:
            return "not answered yet"
        if self.inputs is not None and not callable(answer):
            return f"wrong: the answer must be a function, not {type(answer).__name__}"
        try:
            value = self.value(answer)
        except (Exception, SystemExit) as error:
            return f"wrong: your function raised {type(error).__name__}: {error}"
        if value is ...:
            return "not answered yet"
        try:
            np.asarray(value, float)
        except (TypeError, ValueError, OverflowError):
            return f"wrong: the answer must be numbers, not {type(value).__name__}"
        if self.agrees(value, self.solution):
            return "right"
        return "wrong: " + self._explanation(value)

    def _explanation(self, value):
        for explanation, mistake in self.mistakes.items():
            if self.agrees(value, mistake):
                return explanation
        shape, expected = np.shape(value), np.shape(self.value(self.solution))
        if shape != expected:
            return f"its shape must be {expected}, not {shape}"
        return "the value is off; read the section again, then open the worked answer"
