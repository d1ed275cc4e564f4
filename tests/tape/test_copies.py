"""Copies of arrays that enter: never shared while in use, their memory used again afterwards."""

import gc

import numpy as np
import pytest

import graphtrace as gt
from graphtrace.tape import copies

LARGE = copies.LARGE // 8


@pytest.fixture(autouse=True)
def _clean(monkeypatch):
    monkeypatch.setattr(copies, "_blocks", [])


@pytest.mark.parametrize("dtype", ["float64", "float32", "int64", "bool", ">f8"])
@pytest.mark.parametrize(
    "change", [lambda a: a, lambda a: a.T, lambda a: a[::2], lambda a: a[::-1]]
)
def test_a_copy_has_the_values_the_type_and_no_shared_memory(dtype, change):
    array = change((np.arange(4.0 * LARGE).reshape(4, -1) % 7).astype(dtype))
    copy = copies.copy_of(array)
    np.testing.assert_array_equal(copy, array)
    assert copy.dtype == array.dtype
    assert not np.shares_memory(copy, array)
    assert copy.flags.writeable


def test_memory_is_used_again_only_when_nobody_holds_it():
    array = np.ones(2 * LARGE)
    first = copies.copy_of(array)
    view = first[3:7]
    del first
    second = copies.copy_of(2 * array)
    np.testing.assert_array_equal(view, 1.0)
    assert not np.shares_memory(view, second)
    del view
    third = copies.copy_of(3 * array)
    np.testing.assert_array_equal(second, 2.0)
    np.testing.assert_array_equal(third, 3.0)
    assert copies.kept_bytes() == 2 * array.nbytes


def test_what_is_kept_has_a_bound(monkeypatch):
    array = np.ones(LARGE)
    monkeypatch.setattr(copies, "MOST", 3 * array.nbytes)
    held = [copies.copy_of(k * array) for k in range(5)]
    for k, copy in enumerate(held):
        np.testing.assert_array_equal(copy, float(k))
    assert copies.kept_bytes() == 3 * array.nbytes
    held.clear()
    copies.copy_of(np.ones(2 * LARGE))
    assert copies.kept_bytes() <= 3 * array.nbytes


def test_two_graphs_that_live_at_once_keep_their_own_inputs():
    x = np.ones(LARGE)
    one = gt.trace(lambda x: np.sum(x * x), x)
    x[:] = 5.0
    two = gt.trace(lambda x: np.sum(x * x), x)
    x[:] = 7.0
    assert one.output.value == LARGE
    np.testing.assert_array_equal(one["x"].value, 1.0)
    np.testing.assert_array_equal(two["x"].value, 5.0)
    kept = one["x"].value
    del one
    gc.collect()
    gt.trace(np.sum, x)
    np.testing.assert_array_equal(kept, 1.0)
