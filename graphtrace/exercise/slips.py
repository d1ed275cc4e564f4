"""Mistakes with one operation: its rule, the point where it is taken, another operation, shapes."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import product
from typing import Any

import numpy as np

from graphtrace.exercise.kinds import At, Guess, mistake
from graphtrace.exercise.problem import Step
from graphtrace.formula import compiler
from graphtrace.ops.op import Op, formula, ieee, traceable
from graphtrace.ops.registry import OPS
from graphtrace.ops.values import shape_of

__all__ = ["CONFUSED", "SLIPS"]

CONFUSED: dict[str, tuple[str, ...]] = {
    "add": ("multiply", "subtract"),
    "subtract": ("add",),
    "multiply": ("add", "divide"),
    "divide": ("multiply", "subtract"),
    "power": ("multiply",),
    "sin": ("cos", "tan"),
    "cos": ("sin", "tan"),
    "tan": ("sin", "cos"),
    "exp": ("exp2", "log"),
    "log": ("log10", "log2", "exp"),
    "log2": ("log", "log10"),
    "log10": ("log", "log2"),
    "tanh": ("sigmoid", "arctan", "tan"),
    "sigmoid": ("tanh", "relu"),
    "relu": ("identity", "abs", "sigmoid"),
    "leaky_relu": ("relu", "identity"),
    "abs": ("identity", "relu"),
    "sqrt": ("square", "reciprocal"),
    "square": ("sqrt", "abs"),
    "reciprocal": ("negative", "sqrt"),
    "maximum": ("minimum", "add"),
    "minimum": ("maximum", "add"),
    "sinh": ("cosh", "sin"),
    "cosh": ("sinh", "cos"),
    "sum": ("mean", "max", "prod"),
    "mean": ("sum", "max"),
    "max": ("min", "sum"),
    "min": ("max", "sum"),
    "prod": ("sum",),
    "matmul": ("multiply",),
}
"""Which operations are taken for one another."""

TRIGONOMETRIC = frozenset({"sin", "cos", "tan"})
BRANCHED = frozenset({"relu", "leaky_relu", "maximum", "minimum", "abs", "clip", "where", "elu"})

Slip = tuple[str, str]
"""A wrong local gradient as a formula of the operands a and b and the result, and what is wrong."""

FACTOR, LOWERED, ROOT = (
    "the factor in front is missing",
    "the exponent is not lowered by 1",
    "the root is missing",
)
SQUARED = "the square is missing"
SLIPS: dict[tuple[str, int], tuple[Slip, ...]] = {
    ("power", 0): (
        ("a ** (b - 1)", FACTOR),
        ("b * out", LOWERED),
        ("(b - 1) * a ** (b - 1)", "the factor is the old exponent, not the new"),
        ("b * a ** (b + 1)", "the exponent goes down by 1, not up"),
        ("b * a", "it is exponent times base: the power is missing"),
    ),
    ("power", 1): (
        ("out", "the factor ln of the base is missing"),
        ("b * a ** (b - 1)", "the power rule is for the base, not the exponent"),
    ),
    ("square", 0): (
        ("a", "the factor 2 is missing"),
        ("2 * out", LOWERED),
        ("2 * a**0", "the operand is missing: 2a, not 2"),
    ),
    ("sqrt", 0): (
        ("1 / out", "the factor 1/2 is missing"),
        ("1 / (2 * a)", ROOT),
        ("out / 2", "the root belongs below the line"),
        ("2 / out", "the 2 belongs below the line"),
    ),
    ("reciprocal", 0): (("-out", SQUARED), ("log(a)", "that is the integral")),
    ("divide", 1): (
        ("-a / b", SQUARED),
        ("a / b", "sign and square are missing"),
        ("-1 / b**2", "the numerator is missing"),
        ("1 / b**2", "numerator and sign are missing"),
    ),
    ("divide", 0): (
        ("1 / b**2", "the denominator is squared only by the denominator"),
        ("b", "it is 1 over the denominator"),
    ),
    ("exp", 0): (
        ("a * exp(a - 1)", "the power rule is not for exp"),
        ("a * out", "exp stays as it is, without a factor"),
    ),
    ("log", 0): (
        ("1 / out", "it is 1 over the operand, not 1 over the logarithm"),
        ("1 / a**2", "it is 1 over the operand, not squared"),
    ),
    ("log2", 0): (("1 / a", "the factor 1/ln 2 is missing"),),
    ("log10", 0): (("1 / a", "the factor 1/ln 10 is missing"),),
    ("exp2", 0): (("out", "the factor ln 2 is missing"),),
    ("tanh", 0): (
        ("1 - out", SQUARED),
        ("1 + out**2", "it is 1 minus the square, not plus"),
        ("(1 - out) ** 2", "it is 1 minus the square, not the square of 1 minus"),
        ("out**2", "it is 1 minus the square"),
        ("out * (1 - out)", "that is the rule of the sigmoid"),
    ),
    ("sigmoid", 0): (
        ("1 - out", "the factor σ is missing"),
        ("out * (1 + out)", "it is σ·(1 − σ), not plus"),
        ("1 - out**2", "that is the rule of tanh"),
        ("out**2", "it is σ·(1 − σ)"),
    ),
    ("tan", 0): (
        ("1 - out**2", "it is 1 plus the square"),
        ("1 / cos(a)", SQUARED),
    ),
    ("arctan", 0): (
        ("1 / (1 - a**2)", "it is 1 over 1 plus the square"),
        ("1 / (1 + a)", SQUARED),
        ("1 + a**2", "it is 1 over that"),
    ),
}  # fmt: skip
"""Wrong rules that are often written, for an operation and a slot."""


@mistake("rule", "locals")
def _rule(at: At) -> Iterator[Guess]:
    if at.op is None:
        return
    for text, words in SLIPS.get((at.op.name, at.step.slot), ()):
        yield _formula(at.op.name, text)(at.out, *ieee(at.operands)), words


@cache
def _formula(name: str, text: str) -> Callable[..., Any]:
    """Return one of these formulas as a function of the result and the operands."""
    op = OPS[name]
    expr = op.shared(formula(text))
    functions = {f"f_{called}": traceable(called) for called in compiler.calls_in(expr)}
    arguments = ", ".join(("out", *op.operands))
    source = f"def slip({arguments}):\n    return {compiler.python_source(expr)}\n"
    return compiler.define(source, functions, "slip")


@mistake("other_operation", "values", "locals")
def _other_operation(at: At) -> Iterator[Guess]:
    if at.op is None:
        return
    for name in CONFUSED.get(at.op.name, ()):
        other = OPS[name]
        if at.step.table == "values":
            yield (
                other.evaluate(at.operands, at.params),
                f"it is worked out as {name}; the operation is {at.op.name}",
            )
        elif other.is_elementwise and at.step.slot < len(other.operands):
            operands = at.operands[: other.arity]
            out = other.evaluate(operands, {})
            words = f"it is the derivative of {name}, not of {at.op.name}"
            yield other.local(at.step.slot, out, operands), words


@mistake("degrees", "values", "locals")
def _degrees(at: At) -> Iterator[Guess]:
    if at.op is not None and at.op.name in TRIGONOMETRIC:
        degrees = [np.deg2rad(value) for value in at.operands]
        out = at.op.evaluate([float(v) if not np.ndim(v) else v for v in degrees], {})
        found = out if at.step.table == "values" else at.op.local(0, out, degrees)
        yield found, "the angle is taken in degrees; set the calculator to radians"


@mistake("wrong_branch", "locals", "values")
def _wrong_branch(at: At) -> Iterator[Guess]:
    if at.op is None or at.op.name not in BRANCHED:
        return
    words = f"the other branch of {at.op.name} is taken"
    if at.step.table == "locals":
        yield np.where(np.asarray(at.expected) == 0, 1.0, 0.0), words
        if len(at.operands) == 1:
            mirrored = [np.negative(value) for value in at.operands]
            out = at.op.evaluate(mirrored, at.params)
            yield at.op.local(at.step.slot, out, mirrored), words
    else:
        for value in [0.0, *at.operands]:
            if shape_of(value) in ((), shape_of(at.expected)):
                yield value + np.zeros_like(at.expected), words


@mistake("not_differentiated", "locals")
def _not_differentiated(at: At) -> Iterator[Guess]:
    name = at.name(at.step.node)
    yield at.out, f"it is the value of {name}: the function itself, not its derivative"


@mistake("wrong_point", "locals")
def _wrong_point(at: At) -> Iterator[Guess]:
    """The derivative is evaluated at another node than it should be."""
    op = at.op
    if op is None or not op.is_elementwise:
        return
    problem, own = at.problem, at.operands
    steps = problem.operands(at.step.node)
    target = Step("values", at.step.node)
    for slot, value in enumerate(own):
        yield (
            _local(at, op, value, own),
            f"{at.operand_name(slot)} stands for {at.name(target.node)}",
        )
    for slot, step in enumerate(steps):
        near = [target, *problem.operands(step.node), *steps]
        others = [s for s in problem.truths if s.table == "values" and s not in near]
        for other in dict.fromkeys([*near, *others[:60]]):
            value = at.get(other)
            if other == step or shape_of(value) != shape_of(own[slot]) or isinstance(value, bool):
                continue
            moved = [*own]
            moved[slot] = value
            words = f"it is taken at {at.name(other.node)}, not at {at.operand_name(slot)}"
            yield _local(at, op, op.evaluate(moved, at.params), moved), words
            yield _local(at, op, at.out, moved), words


def _local(at: At, op: Op, out: Any, operands: Sequence[Any]) -> Any:
    found = op.local(at.step.slot, out, operands)
    return np.broadcast_to(found, shape_of(at.expected)) if shape_of(at.expected) else found


# -- arrays -------------------------------------------------------------------------------


@mistake("transposed", "values", "grads", "contributions")
def _transposed(at: At) -> Iterator[Guess]:
    if np.ndim(at.expected) == 2:
        yield np.transpose(at.expected), "it is the transpose"
    if at.step.table == "contributions":
        yield from _products(at, turned=True)
    elif at.step.table == "values" and at.op is not None and at.op.name == "matmul":
        a, b = (np.asarray(value) for value in at.operands)
        for left, right in ((a.T, b), (a, b.T), (a.T, b.T)):
            yield left @ right, "a matrix in the product is transposed"


@mistake("swapped", "contributions")
def _swapped_product(at: At) -> Iterator[Guess]:
    yield from _products(at, turned=False)


def _products(at: At, *, turned: bool) -> Iterator[Guess]:
    """Yield products of upstream and the other factor, transposed or in the other order."""
    if at.op is None or at.op.name not in ("matmul", "dot") or len(at.operands) != 2:
        return
    upstream, other = np.asarray(at.upstream), np.asarray(at.operands[1 - at.step.slot])
    if upstream.ndim == 1 and other.ndim == 1:
        if turned:
            yield np.outer(upstream, other), "the outer product is transposed"
            yield np.outer(other, upstream), "the outer product is transposed"
        return
    name = at.operand_name(1 - at.step.slot)
    for one, two in product((upstream, upstream.T), (other, other.T)):
        for pair in ((one, two), (two, one)):
            try:
                found = pair[0] @ pair[1]
            except ValueError:
                continue
            same = pair[0].shape == found.shape
            words = f"{name} is transposed, or is not where it should be" if turned else (
                f"the factors {name} and upstream are swapped")  # fmt: skip
            if same or turned:
                yield found, words


@mistake("not_summed", "grads", "contributions")
def _not_summed(at: At) -> Iterator[Guess]:
    uses = [at.step] if at.step.table == "contributions" else at.problem.uses(at.step.node)
    if len(uses) != 1:
        return
    (use,) = uses
    local = Step("locals", use.node, use.slot)
    if local in at.problem.truths:
        found = at.get(Step("grads", use.node)) * at.get(local)
        if shape_of(found) != shape_of(at.expected):
            words = "it is not summed over the axes that broadcasting added (the batch)"
            yield found, words
            axes = tuple(range(np.ndim(found) - np.ndim(at.expected)))
            if axes:
                yield np.mean(found, axis=axes), "it is averaged over the batch, not summed"


@mistake("count_factor", "grads", "contributions", "values")
def _count_factor(at: At) -> Iterator[Guess]:
    """1/n is forgotten, or is there once too often."""
    nodes = at.problem.facts.nodes
    counts = {
        np.size(nodes[node.operands[0]].value) // max(1, np.size(node.value))
        for node in nodes
        if node.op in ("mean", "sum") and node.operands
    }
    for count in sorted(counts):
        if count > 1:
            yield at.expected * count, f"the factor 1/{count} of a mean is missing"
            yield at.expected / count, f"a sum is divided by {count}, as if it were a mean"
