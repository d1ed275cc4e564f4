"""The plain tables: aligned by what a terminal shows, one line a row, nothing hidden."""

import numpy as np
import pytest

from graphtrace.annotate.table import Column, Table, as_text, cell

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (2.0, "2"),
        (20.085536923, "20.09"),
        (NAN, "NaN (!)"),
        (-INF, "-∞ (!)"),
        (True, "True"),
        (np.float32(0.5), "0.5"),
        (np.array([[1.0, 2.5], [-3.0, 0.0]]), "[[1, 2.5], [-3, 0]]"),
        (np.array([1.0, NAN]), "[1, NaN] (!)"),
        (np.zeros(0), "[]"),
    ],
)
def test_a_small_value_is_shown_in_full(value, text):
    assert cell(value) == text


def test_a_large_array_is_summarised_and_its_accidents_are_counted():
    array = np.linspace(-1, 1, 64)
    array[[3, 5]] = NAN
    array[7] = INF
    text = cell(array)
    assert text.startswith("float64[64] [-1 ")
    assert "NaN×2" in text
    assert "+∞×1" in text
    assert text.endswith("(!)")
    assert cell(np.full(32, NAN)) == "float64[32] NaN×32 (!)"


def test_columns_are_aligned_by_width_on_the_terminal():
    columns = (Column("name", "name"), Column("value", "value", right=True))
    rows = (("h₁", "1"), ("重み", "20.09"), ("é", "3"))
    assert as_text(Table("T", columns, rows)).splitlines() == [
        "T",
        "name  value",
        "----  -----",
        "h₁        1",
        "重み  20.09",
        "é         3",
    ]


def test_an_empty_table_has_its_heading():
    assert as_text(Table("T", (Column("a", "name"),), ())) == "T\na\n-\n"
