"""What operations say they cost, against counting by hand."""

import ast
from pathlib import Path

import numpy as np
import pytest

import graphtrace as gt
from graphtrace.ops import OPS
from graphtrace.ops.costs import Counts
from graphtrace.ops.values import normal

FOLDER = Path(gt.__file__).parent / "ops"
A, B = np.ones((3, 4)), np.ones((4, 5))


def counts(name, *operands, **params):
    op = OPS[name]
    out = op.evaluate([normal(np.asarray(operand)) for operand in operands], params)
    found = op.count(out, operands, params)
    return found.multiplications, found.additions, found.others


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (counts("add", A, A), (0, 12, 0)),
        (counts("divide", A, A), (12, 0, 0)),
        (counts("power", A, 2.0), (12, 0, 0)),
        (counts("power", A, 3.0), (0, 0, 12)),
        (counts("exp", A), (0, 0, 12)),
        (counts("sigmoid", A), (12, 24, 12)),  # 1/(1 + exp(-a)): negate, exp, add, divide
        (counts("matmul", A, B), (60, 45, 0)),
        (counts("matmul", A[0], B[:, 0]), (4, 3, 0)),
        (counts("dot", A, 2.0), (12, 0, 0)),
        (counts("einsum", A, B, subscripts="ij,jk->ik"), (60, 45, 0)),
        (counts("einsum", A, subscripts="ij->"), (0, 11, 0)),
        (counts("outer", A[0], A[0]), (16, 0, 0)),
        (counts("convolve", np.ones(5), np.ones(3)), (15, 8, 0)),
        (counts("convolve", np.ones(5), np.ones(3), mode="valid"), (9, 6, 0)),
        (counts("sum", A), (0, 11, 0)),
        (counts("sum", A, axis=0), (0, 8, 0)),
        (counts("sum", np.ones((0,))), (0, 0, 0)),
        (counts("mean", A, axis=1), (3, 9, 0)),
        (counts("prod", A), (11, 0, 0)),
        (counts("max", A, axis=1), (0, 0, 9)),
        (counts("var", A[0]), (4 + 2, 3 + 4 + 3, 0)),
        (counts("softmax", A[0]), (4, 4 + 3, 3 + 4)),
        (counts("cumsum", A, axis=1), (0, 9, 0)),
        (counts("cumprod", A[0]), (3, 0, 0)),
        (counts("diff", A, axis=1), (0, 9, 0)),
        (counts("diff", A[0], n=2), (0, 3 + 2, 0)),
        (counts("trace", np.ones((3, 3))), (0, 2, 0)),
        (counts("transpose", A), (0, 0, 0)),
        (counts("argmax", A), (0, 0, 12)),
        # (2×10)(10×3)(3×50) is cheapest from the left: 2·10·3 + 2·3·50 products
        (counts("multi_dot", *map(np.ones, [(2, 10), (10, 3), (3, 50)])), (360, 254, 0)),
    ],
)
def test_counts_by_hand(found, expected):
    assert found == expected


PRODUCTS = [
    *("matmul", "dot", "inner", "outer", "tensordot", "kron"),
    *("convolve", "correlate", "vecdot", "matvec", "vecmat"),
]


@pytest.mark.parametrize("name", PRODUCTS)
def test_the_products_of_a_contraction_are_what_ones_add_up_to(name):
    """Each product of two ones adds 1 to the sum of the result, so the sum counts them."""
    for operands, params in OPS[name].samples(np.random.default_rng(0)):
        ones = [np.ones_like(operand) for operand in operands]
        out = OPS[name].evaluate(ones, params)
        found = OPS[name].count(out, ones, params)
        assert found.multiplications == np.sum(out)
        assert found.additions == np.sum(out) - np.size(out)


def test_no_operation_costs_less_than_nothing():
    rng = np.random.default_rng(0)
    for op in OPS.values():
        if op.is_elementwise:
            found = op.count(np.ones(5), [np.ones(5)] * (op.arity or 1), {})
            assert min(found.multiplications, found.additions, found.others) >= 0, op.name
            continue
        for operands, params in op.samples(rng):
            out = op.evaluate(operands, params)
            found = op.count(out, operands, params)
            assert min(found.multiplications, found.additions, found.others) >= 0, op.name


def test_every_structured_operation_of_ours_declares_its_cost():
    for path in sorted(FOLDER.glob("*.py")):
        if path.name == "registry.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "structured":
                given = {keyword.arg for keyword in node.keywords}
                assert "cost" in given, f"{path.name}:{node.lineno}: no cost is declared"


def test_counts_add_up_and_scale():
    one = Counts(1, 2, 3)
    assert one * 2 + Counts(others=1) == Counts(2, 4, 7)
    assert one.operations == 6


def test_an_operation_of_a_user_counts_as_one_for_each_element():
    try:
        third = gt.op("third_power", lambda a: a**3, partials=["3*a**2"], samples=[(-1, 1)])
        g = gt.trace(third, np.ones(4))
        assert g.cost().total.forward == Counts(others=4)
        # the rule as it runs: g·(3·a²) for each of four elements
        assert g.cost().total.backward == Counts(multiplications=12)
    finally:
        from graphtrace.ops.registry import forget

        forget("third_power")
