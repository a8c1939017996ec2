"""The exercises: what is right, what is wrong and why, and that no answer breaks the grader."""

import itertools
import warnings

import numpy as np
import pytest

from vae_tutorial.exercises import check
from vae_tutorial.exercises.answers import EXERCISES
from vae_tutorial.exercises.grader import Exercise

NUMBERS = [name for name, exercise in EXERCISES.items() if exercise.inputs is None]
FUNCTIONS = [name for name in EXERCISES if name not in NUMBERS]
MISTAKES = [(name, words) for name, exercise in EXERCISES.items() for words in exercise.mistakes]


@pytest.fixture
def graded(capsys):
    """The one line that check prints, without the exercise's name; warnings are errors."""

    def grade(name, answer):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert check(name, answer) is None
        output = capsys.readouterr()
        assert output.err == "" and output.out.count("\n") == 1
        assert output.out.startswith(f"{name}: ")
        return output.out.strip().removeprefix(f"{name}: ")

    return grade


@pytest.mark.parametrize("name", EXERCISES)
def test_the_right_answer_is_right_and_the_ellipsis_not_answered_yet(name, graded):
    assert graded(name, EXERCISES[name].solution) == "right"
    assert graded(name, ...) == "not answered yet"


@pytest.mark.parametrize(("name", "words"), MISTAKES)
def test_each_known_mistake_is_explained(name, words, graded):
    assert graded(name, EXERCISES[name].mistakes[words]) == f"wrong: {words}"


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_no_two_answers_are_taken_for_one_another(exercise):
    for one, other in itertools.permutations([exercise.solution, *exercise.mistakes.values()], 2):
        assert not exercise.agrees(exercise.value(one), other)


def raising(*_):
    """A reader's function with a mistake in it."""
    raise KeyError("the mistake")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_any_answer_to_a_function_exercise_gets_one_line(name, graded):
    assert graded(name, lambda *_: ...) == "not answered yet"
    for answer in (3, None, "text", np.zeros(3), [lambda x, y: x]):
        words = f"wrong: the answer must be a function, not {type(answer).__name__}"
        assert graded(name, answer) == words
    assert graded(name, raising) == "wrong: your function raised KeyError: 'the mistake'"
    assert graded(name, lambda: 3).startswith("wrong: your function raised TypeError")
    odd = [None, "text", [], {}, [[1], [2, 3]], np.zeros((2, 3, 4, 5)), 7.0, np.nan]
    for returned in (*odd, np.zeros((0, 2))):
        assert graded(name, lambda *_, value=returned: value).startswith("wrong: ")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_answer_of_the_wrong_shape_is_told_the_right_one(name, graded):
    shape = np.shape(EXERCISES[name].value(EXERCISES[name].solution))
    found = graded(name, lambda *_: np.full((2, *shape), 0.123))
    assert found.startswith("wrong: ") and str(shape) in found


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_inputs_are_made_anew(name, graded):
    """A function that overwrites its inputs spoils no other grading."""

    def overwriting(*inputs):
        result = EXERCISES[name].solution(*inputs)
        for array in inputs:
            if isinstance(array, np.ndarray):
                array[:] = 0
        return result

    for answer in (overwriting, EXERCISES[name].solution) * 2:
        assert graded(name, answer) == "right"


@pytest.mark.parametrize("name", NUMBERS)
def test_any_answer_to_a_number_exercise_gets_one_line(name, graded):
    odd = [None, "two", [], {}, [1, 2], np.zeros((3, 2)), lambda: 2.0, 1j, np.nan, np.inf]
    for answer in (*odd, -1e300, 12345.6):
        assert graded(name, answer).startswith("wrong: ")
    for kind in (float, np.float32, np.float64, np.array):
        assert graded(name, kind(EXERCISES[name].solution)) == "right"


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_near_the_right_one_counts_only_where_it_may(name, graded):
    right, tolerance = EXERCISES[name].solution, EXERCISES[name].tolerance
    for factor in (1 + 0.5 * tolerance, 1 - 0.5 * tolerance):
        assert graded(name, right * factor) == "right"
    for wrong in (right * (1 + 2 * tolerance) + 1e-6, right * (1 - 2 * tolerance) - 1e-6):
        assert graded(name, wrong).startswith("wrong: ")


OTHERS = [  # answers that no list of mistakes holds, and what is said of them
    ("00.2", lambda x, r: None, "returned nothing; its last line should say return"),
    ("00.2", lambda x, r: "2.0", "text; write numbers, without quotation marks"),
    ("02.1", lambda slots, length: np.eye(length)[:, slots], "rows and columns are swapped"),
    ("03.1", 9.97, "signs come whole: round up"),
    ("04.2", lambda x, mean, parts: (x - mean) @ parts, "parts.T leads to the code"),
    ("05.1", 0.004, "right"),
    ("05.1", 0.39, "in percent, or off by a factor of 100"),
    ("05.2", lambda drawn, codes: drawn - codes, "drawn[:, np.newaxis] pairs each with each"),
    ("06.1", "4.5", "text; write numbers, without quotation marks"),
    ("07.1", 15.9, "in percent, or off by a factor of 100"),
    ("07.1", -0.159, "the sign is wrong"),
    ("08.1", 32, "right"),
    ("10.1", 2.8, "right"),
    ("10.2", lambda z, without, having, share: z + share * (having - without), "their means"),
]


@pytest.mark.parametrize(("name", "answer", "words"), OTHERS)
def test_answers_on_no_list_are_told_what_is_true(name, answer, words, graded):
    assert words in graded(name, answer)


def test_names_are_a_notebook_and_a_number():
    for name, exercise in EXERCISES.items():
        notebook, number = name.split(".")
        assert len(notebook) == 2 and notebook.isdigit() and number in "123"
        assert len(exercise.mistakes) >= 3
        assert all(words == words.strip() and words[-1] != "." for words in exercise.mistakes)


def test_an_unknown_mistake_is_sent_back_to_the_section():
    exercise = Exercise(solution=1.0, mistakes={"twice": 2.0})
    assert exercise.grade(5.0).startswith("wrong: the value is off; read the section again")
    assert exercise.grade([1.0, 1.0]) == "wrong: its shape must be (), not (2,)"
