"""Literals in displayed formulas are folded, and nothing else changes."""

import pytest

import graphtrace as gt


@pytest.mark.parametrize(
    ("expression", "rule"),
    [
        ("x**2", "2*x"),
        ("x**3", "3*x**2"),
        ("x**1", "1"),
        ("x**-1", "-x**(-2)"),
        ("2*x", "2"),
        ("x/4", "1/4"),
        ("2**x", "2**x*ln(2)"),
        ("x*0", "0"),
        ("leaky_relu(x, 0.1)", "where(x > 0, 1, 0.1)"),
    ],
)
def test_the_rule_reads_as_one_would_write_it(expression, rule):
    g = gt.parse(expression, x=1.5)
    assert g["x"].uses[0].formula == rule


def test_formulas_of_variables_are_left_alone():
    g = gt.parse("y = x**n", x=2, n=3)
    assert [edge.formula for edge in g.edges] == [
        "n*x**(n - 1 + 1[n == 0])",
        "x**n*ln(x + 1[x == 0])",
    ]
