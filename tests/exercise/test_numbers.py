"""Numbers as students write them, and when one counts as right."""

import math

import numpy as np
import pytest

from graphtrace.errors import AnswersError
from graphtrace.exercise.closeness import Closeness
from graphtrace.exercise.numbers import is_blank, read_answer, read_number

READ = {
    "40.171": 40.171,
    "-.5": -0.5,
    "1.": 1.0,
    "1e-3": 0.001,
    "2.5e3": 2500.0,
    "3/4": 0.75,
    "-3 / 4": -0.75,
    r"\frac{3}{4}": 0.75,
    r"-\tfrac12": -0.5,
    r"\dfrac{1}{3}\cdot 6": 2.0,
    r"2\cdot 10^{-3}": 0.002,
    "2×10⁻³": 0.002,
    "1.2·10^5": 120000.0,
    r"$1{,}5$": 1.5,
    "−7": -7.0,
    "= 7": 7.0,
    r"\approx 20.09": 20.09,
    "e^3": math.e**3,
    "2e^{-1}": 2 / math.e,
    "2*exp(3)": 2 * math.exp(3),
    r"2\ln 2": 2 * math.log(2),
    "√2": math.sqrt(2),
    r"\left(1 + \sqrt{4}\right)^2": 9.0,
    "-2^2": -4.0,
    "2^-1": 0.5,
    "1 - 1/3": 2 / 3,
    "π/2": math.pi / 2,
    r"-\infty": -math.inf,
    "inf": math.inf,
    "0": 0.0,
    "True": 1.0,
}
REFUSED = [
    "abc", "1,5", "1,000", "1{,}234", "2 3", "x+1", "1/0", "9^9^9", "ln(-1)", "(1", "1)", "{1)",
    "--", "e3", "\\frac{1}", "2**", "__import__('os')", "exp", "(" * 5000,
    "1+1+", "[1, 2", "[1, 2]]", "[1, [2, 3]]", "[" * 500, "nan()", "a.b", "1_000", "",
]  # fmt: skip


@pytest.mark.parametrize("text", READ)
def test_a_number_is_read(text):
    assert read_number(text) == pytest.approx(READ[text], rel=1e-15)


def test_not_a_number_is_a_number():
    assert math.isnan(read_number("NaN"))


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_number_is_refused_in_one_line(text):
    with pytest.raises(AnswersError) as caught:
        read_answer(text, "sheet.csv: line 3: grads.y")
    message = str(caught.value)
    assert message.startswith("sheet.csv: line 3: grads.y")
    assert "\n" not in message
    assert len(message) < 300


@pytest.mark.parametrize(
    "answer",
    [
        [[1, 2], [3, 4]],
        "[[1, 2], [3, 4]]",
        "[1, 2; 3, 4]",
        [["1", "4/2"], [3.0, "2^2"]],
        r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}",
        np.array([[1, 2], [3, 4]]),
    ],
)
def test_a_matrix_is_read(answer):
    assert np.array_equal(read_answer(answer, "c").value, [[1, 2], [3, 4]])


@pytest.mark.parametrize("answer", [None, "", " ", "?", "____", "–", [1, None], [[1], [""]]])
def test_a_blank_is_no_answer(answer):
    assert is_blank(answer)


@pytest.mark.parametrize("answer", [{}, object(), 1j, [1, [2]], np.array(["a"]), 10**400])
def test_other_things_are_refused(answer):
    with pytest.raises(AnswersError):
        read_answer(answer, "values.h")


TRUTH = 40.171073846375336


@pytest.mark.parametrize(
    ("text", "truth", "right"),
    [
        ("40.171", TRUTH, True),
        (40.171, TRUTH, True),
        ("40.17", TRUTH, True),
        ("40", TRUTH, True),
        (40, TRUTH, True),
        ("40.2", TRUTH, True),
        ("4.0e1", TRUTH, True),
        ("4.017·10^1", TRUTH, True),
        ("2e^3", TRUTH, True),
        ("40.17107384637534", TRUTH, True),
        ("40.170", TRUTH, False),
        ("40.18", TRUTH, False),
        ("41", TRUTH, False),
        ("4e1", TRUTH, False),
        ("1", 1.0004, True),
        ("1", 0.99996, True),
        ("1", 1.04, False),
        ("1.0", 1.04, True),
        ("0", 0.3, False),
        ("0.3", 0.3, True),
        ("1/3", 1 / 3, True),
        ("0.33", 1 / 3, True),
        ("0.3", 1 / 3, False),
        ("0", 1e-17, True),
        ("1e-17", 0.0, True),
        ("NaN", math.nan, True),
        ("NaN", 1.0, False),
        ("0", math.nan, False),
        ("inf", math.inf, True),
        ("-inf", math.inf, False),
        ("2.5", 2.45, True),
        ("2.4", 2.45, True),
    ],
)
def test_rounding_to_the_digits_given_is_right(text, truth, right):
    assert Closeness().is_right(read_answer(text, "c"), truth) is right


def test_tolerance_and_digits_are_choices():
    answer = read_answer("41", "c")
    assert Closeness(tolerance=0.05).is_right(answer, TRUTH)
    assert Closeness(digits=1).is_right(read_answer("4e1", "c"), TRUTH)
    assert not Closeness(digits=3).is_right(read_answer("40", "c"), TRUTH)


def test_digits_of_an_array_are_those_of_its_largest_element():
    answer = read_answer("[0.98, 0.02]", "c")
    assert Closeness().is_right(answer, np.array([0.9820, 0.0180]))
    assert not Closeness().is_right(answer, np.array([0.9820, 0.0280]))


@pytest.mark.parametrize("choice", [{"tolerance": -1}, {"tolerance": math.nan}, {"digits": 0}])
def test_choices_without_sense_are_refused(choice):
    with pytest.raises(AnswersError, match="at least"):
        Closeness(**choice)
