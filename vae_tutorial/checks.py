"""The judges of the exercises: right, not answered yet, or wrong and why."""

from vae_tutorial.arguments import choice
from vae_tutorial.exercises import EXERCISES


def check(name, answer):
    """Print whether an answer is right, and if not, why.

    Args:
        name: the exercise's name, such as "00.1".
        answer: a number or a function; ``...`` means not answered yet.

    Raises:
        ValueError: for an unknown exercise.
    """
    choice("name", name, EXERCISES)
    print(f"{name}: {EXERCISES[name].verdict(answer)}")
