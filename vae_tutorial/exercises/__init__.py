"""The exercises that close each notebook: ``check`` says whether an answer is right, or why not."""

from vae_tutorial import _validation
from vae_tutorial.exercises.answers import EXERCISES


def verdict(name, answer):
    """Say whether an answer is right: "right", "not answered yet", or "wrong: " and why.

    Args:
        name: the exercise, such as "00.1".
        answer: a number or a function; ``...`` means not answered yet.

    Raises:
        ValueError: for an unknown exercise.
    """
    _validation.choice("name", name, EXERCISES)
    return EXERCISES[name].grade(answer)


def check(name, answer):
    """Print the ``verdict`` on an answer; takes and raises the same."""
    print(f"{name}: {verdict(name, answer)}")


__all__ = ["check", "verdict"]
