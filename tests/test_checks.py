"""The exercises: what is right, what is wrong and why, and that no answer breaks the judge."""

import itertools
import warnings

import numpy as np
import pytest

from vae_tutorial.checks import check
from vae_tutorial.exercises import EXERCISES
from vae_tutorial.judging import Exercise

NUMBERS = [name for name, exercise in EXERCISES.items() if exercise.inputs is None]
FUNCTIONS = [name for name in EXERCISES if name not in NUMBERS]
WRONG = [(name, reason) for name, exercise in EXERCISES.items() for reason in exercise.wrong]
CLASHES = [
    (name, *pair)
    for name, exercise in EXERCISES.items()
    for pair in itertools.permutations([None, *exercise.wrong], 2)
]


def answer_to(name, reason=None):
    """The right answer, or the wrong one of that reason."""
    exercise = EXERCISES[name]
    return exercise.right if reason is None else exercise.wrong[reason]


def verdict(capsys, name, answer):
    """The one line that check prints."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert check(name, answer) is None
    output = capsys.readouterr()
    assert output.err == "" and output.out.startswith(f"{name}: ") and output.out.count("\n") == 1
    return output.out.strip().removeprefix(f"{name}: ")


@pytest.mark.parametrize("name", EXERCISES)
def test_the_right_answer_is_right(name, capsys):
    assert verdict(capsys, name, answer_to(name)) == "right"


@pytest.mark.parametrize(("name", "reason"), WRONG)
def test_each_known_wrong_answer_hears_its_reason(name, reason, capsys):
    assert verdict(capsys, name, answer_to(name, reason)) == f"wrong: {reason}"


@pytest.mark.parametrize(("name", "first", "second"), CLASHES)
def test_no_two_answers_are_taken_for_one_another(name, first, second):
    """None stands for the right one."""
    exercise = EXERCISES[name]
    value = exercise.value(answer_to(name, first))
    assert not exercise.agrees(value, answer_to(name, second))


@pytest.mark.parametrize("name", EXERCISES)
def test_the_ellipsis_is_not_answered_yet(name, capsys):
    assert verdict(capsys, name, ...) == "not answered yet"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_that_returns_the_ellipsis_is_not_answered_yet(name, capsys):
    assert verdict(capsys, name, lambda *_: ...) == "not answered yet"


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("answer", [3, None, "text", np.zeros(3), [lambda x, y: x]], ids="abcde")
def test_what_is_no_function_is_wrong(name, answer, capsys):
    words = f"wrong: a function is asked for; got {type(answer).__name__}"
    assert verdict(capsys, name, answer) == words


def raising(*_):
    """A reader's function with a mistake in it."""
    raise KeyError("the mistake")


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (raising, "raised KeyError: 'the mistake'"),
        (lambda: 3, "raised TypeError"),
    ],
    ids=["raises", "no arguments"],
)
def test_a_function_that_raises_is_wrong(name, answer, words, capsys):
    assert verdict(capsys, name, answer).startswith(f"wrong: your function {words}")


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize(
    "returned",
    [None, "text", [], {}, [[1], [2, 3]], np.zeros((2, 3, 4, 5)), 7.0, np.nan, np.zeros((0, 2))],
    ids=repr,
)
def test_a_function_that_returns_something_odd_is_wrong(name, returned, capsys):
    assert verdict(capsys, name, lambda *_: returned).startswith("wrong: ")


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize(
    "answer",
    [
        None,
        "two",
        [],
        {},
        [1, 2],
        np.zeros((3, 2)),
        lambda: 2.0,
        1j,
        np.nan,
        np.inf,
        -1e300,
        12345.6,
    ],
)
def test_what_is_not_the_number_is_wrong(name, answer, capsys):
    assert verdict(capsys, name, answer).startswith("wrong: ")


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("kind", [float, np.float32, np.float64, np.array])
def test_the_right_number_may_be_of_any_kind(name, kind, capsys):
    assert verdict(capsys, name, kind(answer_to(name))) == "right"


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_near_the_right_one_counts_only_where_it_may(name, capsys):
    right, tolerance = answer_to(name), EXERCISES[name].tolerance
    for factor in (1 + 0.5 * tolerance, 1 - 0.5 * tolerance):
        assert verdict(capsys, name, right * factor) == "right"
    for wrong in (right * (1 + 2 * tolerance) + 1e-6, right * (1 - 2 * tolerance) - 1e-6):
        assert verdict(capsys, name, wrong).startswith("wrong: ")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_wrong_shape_hears_the_right_one(name, capsys):
    value = np.asarray(EXERCISES[name].value(answer_to(name)))
    answer = lambda *_: np.full((2, *value.shape), 0.123)  # noqa: E731
    found = verdict(capsys, name, answer)
    assert found.startswith("wrong: ") and str(value.shape) in found


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_inputs_are_made_anew(name, capsys):
    """A function that spoils its inputs spoils nobody else's, and each call judges the same."""

    def spoiling(*inputs):
        result = answer_to(name)(*inputs)
        for array in inputs:
            if isinstance(array, np.ndarray):
                array[:] = 0
        return result

    for _ in range(2):
        assert verdict(capsys, name, spoiling) == "right"
        assert verdict(capsys, name, answer_to(name)) == "right"


@pytest.mark.parametrize("name", ["00.9", "", None, 0.1, 1, ["00.1"]], ids=repr)
def test_an_unknown_exercise(name):
    with pytest.raises(ValueError, match=r"^name must be one of 00\.1, 00\.2.*not"):
        check(name, 2.0)


def test_names_are_a_notebook_and_a_number():
    for name, exercise in EXERCISES.items():
        notebook, number = name.split(".")
        assert len(notebook) == 2 and notebook.isdigit() and number in "12"
        assert len(exercise.wrong) >= 3
        assert all(reason == reason.strip() and reason[-1] != "." for reason in exercise.wrong)


def test_an_exercise_cannot_be_changed():
    with pytest.raises(AttributeError):
        EXERCISES["00.1"].right = 3


def test_an_unknown_wrong_answer_is_sent_back_to_the_section():
    exercise = Exercise(right=1.0, wrong={"twice": 2.0})
    assert exercise.verdict(5.0).startswith("wrong: not the value; read the section again")
    assert exercise.verdict([1.0, 1.0]) == "wrong: its shape should be (), and is (2,)"
