"""The table of docs/kinks.md: every row is what the backward pass uses, in every form."""

import re
from pathlib import Path

import numpy as np
import pytest

import graphtrace as gt

PAGE = Path(__file__).parents[1] / "docs" / "kinks.md"
ROWS = re.findall(r"^\| `(.+?)` \| `(.+?)` \| `(.+?)` \|", PAGE.read_text("utf-8"), re.MULTILINE)


def number(text):
    """Read a number or nested list of the table."""
    if text.startswith("["):
        inner = re.findall(r"\[[^\[\]]*\]|[^\[\],\s]+", text[1:-1])
        return np.array([number(part) for part in inner])
    return float(text)


def test_the_table_was_read():
    assert len(ROWS) > 35


@pytest.mark.parametrize("row", range(len(ROWS)))
def test_each_row_of_the_table_is_the_number_used(row):
    expression, at, expected = ROWS[row]
    x = number(at)
    g = gt.parse(f"sum({expression})", x=x).backward()
    np.testing.assert_allclose(g["x"].grad, number(expected), rtol=1e-15)
    assert g.check().ok, str(g.check())
    if np.ndim(x) == 0:
        many = gt.parse(f"sum({expression})", x=np.array([x, x])).backward()
        np.testing.assert_allclose(many["x"].grad, [number(expected)] * 2, rtol=1e-15)
        assert many.check().ok
