"""Numbers as people write them, and tensors in few words."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from graphtrace.annotate.summary import (
    brief,
    gist,
    number,
    signature,
    sparkline,
    summarize,
    thumbnail,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (-0.0, "0"),
        (1.0, "1"),
        (20.085536923, "20.09"),
        (40.171073846, "40.17"),
        (0.5, "0.5"),
        (-0.19661, "-0.1966"),
        (9.99996, "10"),
        (12345.678, "12346"),
        (123456, "123456"),
        (1234567, "1.235×10⁶"),
        (0.00012344, "0.0001234"),
        (1.2e-5, "1.2×10⁻⁵"),
        (-1e-300, "-1×10⁻³⁰⁰"),
        (math.nan, "NaN"),
        (math.inf, "∞"),
        (-math.inf, "-∞"),
        (True, "True"),
        (np.bool_(False), "False"),
        (np.float32(0.1), "0.1"),
        (np.int64(7), "7"),
        (2**70, "1.181×10²¹"),
    ],
)
def test_a_number_has_four_significant_digits(value: float, text: str) -> None:
    assert number(value) == text


@given(st.floats(-1e300, 1e300))
def test_a_number_reads_back_to_within_its_digits(x: float) -> None:
    back = {ord(a): b for a, b in zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-", strict=True)}
    again = float(number(x).replace("×10", "e").translate(back))
    assert again == pytest.approx(x, rel=5.1e-4, abs=1e-320)
    assert number(x) != "-0"


def test_small_arrays_are_written_out_and_large_ones_named() -> None:
    assert brief(np.array([1.0, -0.5])) == "[1, -0.5]"
    assert brief(np.eye(2)) == "[[1, 0], [0, 1]]"
    assert brief(np.zeros((64, 128))) == "float64[64, 128]"
    assert brief(3.0) == "3"
    assert signature(np.zeros((2, 3), dtype=np.float32)) == "float32[2, 3]"


def test_up_to_sixteen_numbers_in_two_dimensions_are_a_grid() -> None:
    assert summarize(np.arange(4.0).reshape(2, 2)).grid == (("0", "1"), ("2", "3"))
    assert summarize(np.arange(16.0).reshape(4, 4)).grid is not None
    assert summarize(np.arange(8.0)).grid is not None
    assert summarize(np.arange(16.0)).grid is None  # too wide for a card
    assert summarize(np.arange(17.0)).grid is None
    assert summarize(np.zeros((2, 2, 2))).grid is None


def test_statistics_are_over_finite_values_and_say_so() -> None:
    x = np.arange(40.0)
    x[:4] = [np.nan, np.inf, -np.inf, np.nan]
    summary = summarize(x)
    rest = np.arange(4.0, 40.0)
    assert (summary.minimum, summary.maximum) == (4.0, 39.0)
    assert summary.mean == pytest.approx(rest.mean())
    assert summary.sd == pytest.approx(rest.std())
    assert summary.norm == pytest.approx(np.linalg.norm(rest))
    assert summary.dropped == 4
    assert summary.badges == ("NaN×2", "+∞×1", "-∞×1")


def test_counts_are_never_sampled_and_zeros_are_a_share() -> None:
    x = np.ones(1_000_000)
    x[123_456] = np.nan
    x[:410_000][x[:410_000] == 1] = 0
    assert summarize(x).badges == ("NaN×1", "zeros 40%")
    assert summarize(np.ones(100)).badges == ()
    assert summarize(np.r_[np.ones(999), 0.0]).badges == ("zeros <1%",)


def test_nothing_finite_nothing_at_all_and_one_value() -> None:
    assert summarize(np.full(20, np.nan)).mean is None
    assert summarize(np.zeros((0, 3))).badges == ()
    assert summarize(np.full(20, 5.0)).spark == ()
    assert summarize(np.full(20, 1e300)).norm == pytest.approx(math.sqrt(20) * 1e300)


def test_the_histogram_is_seven_bars_of_which_the_fullest_is_full() -> None:
    spark = summarize(np.repeat(np.arange(7.0), [1, 2, 4, 8, 4, 2, 1])).spark
    assert spark == (1, 2, 4, 7, 4, 2, 1)
    assert sparkline(spark) == "▂▃▅█▅▃▂"


def test_a_lone_spike_survives_the_thumbnail() -> None:
    x = np.zeros((1000, 700))
    x[537, 12] = -3.0
    thumb = thumbnail(x)
    assert (len(thumb.cells), len(thumb.cells[0])) == (8, 12)
    assert thumb.peak == 3.0
    assert sum(cell == -3.0 for row in thumb.cells for cell in row) == 1
    assert thumbnail(np.array([[1.0, np.nan]])).cells == ((1.0, None),)
    assert len(thumbnail(np.zeros((4, 3, 5))).cells) == 8


@pytest.mark.parametrize(
    ("array", "spark"),
    [
        (np.r_[np.ones(39), 1 + 2.3e-16], (7, 0, 0, 0, 0, 0, 1)),
        (np.r_[np.full(20, 1e308), np.full(20, -1e308)], (7, 0, 0, 0, 0, 0, 7)),
        (np.r_[np.zeros(20), np.full(20, 5e-324)], (7, 0, 0, 0, 0, 0, 7)),
        (np.array([3.4e38, -3.4e38] * 20, dtype=np.float32), (7, 0, 0, 0, 0, 0, 7)),
        (np.array([1, 1 + 1.2e-7] * 20, dtype=np.float32), (7, 0, 0, 0, 0, 0, 7)),
    ],
    ids=["an ulp", "huge", "denormal", "float32", "an ulp of float32"],
)
def test_extreme_ranges_have_a_histogram(array: np.ndarray, spark: tuple[int, ...]) -> None:
    summary = summarize(array)
    assert summary.spark == spark
    assert summary.mean == pytest.approx(float(array.min()) / 2 + float(array.max()) / 2, rel=0.1)
    assert 0 <= (summary.sd or 0) < math.inf


@pytest.mark.filterwarnings("error")
@given(
    hnp.arrays(
        st.sampled_from([np.float64, np.float32, np.float16, np.int64, np.bool_, np.complex128]),
        hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=9),
    )
)
def test_any_array_has_a_summary_without_a_warning(array: np.ndarray) -> None:
    summary = summarize(array)
    assert brief(array)
    assert gist(array)
    assert all(number(x) for x in array.ravel())
    assert thumbnail(array).peak < math.inf
    if summary.minimum is None or summary.maximum is None or summary.mean is None:
        assert summary.dropped == array.size
        return
    assert summary.minimum <= summary.mean <= summary.maximum
    assert 0 <= (summary.sd or 0) <= max(abs(summary.minimum), abs(summary.maximum)) * (1 + 1e-9)
    assert (summary.norm or 0) >= 0
    assert bool(summary.spark) == (summary.minimum < summary.maximum)
    if summary.spark:
        assert len(summary.spark) == 7
        assert max(summary.spark) == 7
        assert min(summary.spark[0], summary.spark[-1]) > 0
