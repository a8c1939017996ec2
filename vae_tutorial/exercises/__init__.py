"""The exercises that close each notebook: ``check`` says whether an answer is right, or why not."""

from vae_tutorial import _validation
from vae_tutorial.exercises.answers import EXERCISES


def check(name, answer):
    """Print whether an answer is right and, if it isn't, why.

    Args:
        name: the exercise, such as "00.1".
        answer: a number or a function; ``...`` means not answered yet.

    Raises:
        ValueError: for an unknown exercise.
    """
    _validation.choice("name", name, EXERCISES)
    print(f"{name}: {EXERCISES[name].grade(answer)}")


__all__ = ["check"]
