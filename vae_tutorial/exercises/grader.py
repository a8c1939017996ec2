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
        reminder: what is true of the inputs, and worth knowing where a function stumbles over them.
    """

    solution: Any
    mistakes: dict
    inputs: Callable | None = None
    tolerance: float = 0.01
    reminder: str = ""

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
            words = f"wrong: your function raised {type(error).__name__}: {error}"
            stumbled = self.reminder and isinstance(error, ValueError)  # over a shape
            return f"{words}; {self.reminder}" if stumbled else words
        if value is ...:
            return "not answered yet"
        if value is None and self.inputs is not None:
            return "wrong: your function returned nothing; its last line should say return"
        if isinstance(value, str):
            return "wrong: that is text; write numbers, without quotation marks"
        try:
            np.asarray(value, float)
        except (TypeError, ValueError, OverflowError):
            return f"wrong: the answer must be numbers, not {type(value).__name__}"
        if self.agrees(value, self.solution):
            return "right"
        return "wrong: " + self._explanation(value)

    def _explanation(self, value):
        value = np.asarray(value, float)
        for explanation, mistake in self.mistakes.items():
            if self.agrees(value, mistake):
                return explanation
        solution = np.asarray(self.value(self.solution), float)
        if value.ndim == 2 and self.agrees(value.T, self.solution):
            return "rows and columns are swapped"
        if value.shape != solution.shape:
            return f"its shape must be {solution.shape}, not {value.shape}"
        if self.agrees(value / 100, self.solution):
            return "that is in percent, or off by a factor of 100"
        if self.agrees(-value, self.solution):
            return "the sign is wrong"
        return "the value is off; read the section again, then open the worked answer"
