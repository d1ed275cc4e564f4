"""Declaring operations: every declaration is checked here and entered into the tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from graphtrace.errors import RegistrationError
from graphtrace.formula import compiler
from graphtrace.formula.tree import Call, Expr, Name, Notation
from graphtrace.ops.costs import Cost, Counts, each, reducing
from graphtrace.ops.op import ALIASES, CALLS, OPERANDS, OPS, Bind, Op, call, ieee, traceable
from graphtrace.ops.values import shape_of

__all__ = [
    "ALIASES",
    "CALLS",
    "OPERANDS",
    "OPS",
    "Bind",
    "Op",
    "call",
    "cut",
    "definitions",
    "elementwise",
    "forget",
    "ieee",
    "known_functions",
    "notations",
    "ready",
    "resolve",
    "restore",
    "seal",
    "structured",
    "traceable",
    "validate",
]


def resolve(name: str) -> str | None:
    """Return the operation a name in an expression stands for."""
    name = ALIASES.get(name, name)
    return name if name in OPS else None


def known_functions() -> list[str]:
    """Return every name the expression language can call."""
    return sorted({*OPS, *ALIASES})


def elementwise(
    name: str,
    forward: Callable[..., Any],
    scalar: Callable[..., float] | None,
    *,
    family: str,
    partials: Sequence[str | None],
    samples: Sequence[tuple[float, float]],
    notation: Notation | None = None,
    definition: str | None = None,
    cost: Cost | None = None,
    calls: Sequence[Callable[..., Any]] | None = None,
    aliases: Sequence[str] = (),
    doc: str = "",
) -> Op:
    """Declare an elementwise operation by its partial derivatives.

    Raises RegistrationError when a partial or a sample interval is missing or malformed.
    """
    if not partials or len(samples) != len(partials) or len(partials) > len(OPERANDS):
        raise RegistrationError(f"{name}: needs one partial and one sample interval per operand")
    op = Op(
        name=name,
        family=family,
        notation=notation or Notation(symbol=name),
        forward=forward,
        arity=len(partials),
        samples=tuple(samples),
        scalar=scalar,
        partial_texts=tuple(partials),
        definition_text=definition,
        cost=cost,
        differentiable=any(text is not None for text in partials),
        doc=doc,
    )
    if not _building:
        validate(op)
    reached = calls if calls is not None else ([forward] if isinstance(forward, np.ufunc) else [])
    return _register(op, {call: _positional(op) for call in reached}, aliases)


def structured(
    name: str,
    forward: Callable[..., Any],
    *,
    family: str,
    arity: int | None,
    rules: Sequence[str],
    vjp: Callable[..., Any],
    jvp: Callable[..., Any] | str,
    samples: Callable[[np.random.Generator], list[tuple[tuple[Any, ...], dict[str, Any]]]],
    calls: Mapping[Callable[..., Any], Bind],
    cost: Cost | None = None,
    notation: Notation | None = None,
    rows: Callable[..., tuple[Any, Any] | None] | None = None,
    many: Callable[..., Any] | None = None,
    aliases: Sequence[str] = (),
    doc: str = "",
) -> Op:
    """Declare any other operation by its two derivative rules.

    `rules` is what is shown for each slot, with `g` for the upstream gradient. `jvp` is a
    function, or `"linear"` for an operation linear in each operand while the others stay (a
    product, a sum), or `"joint"` for one linear in all operands together (a concatenation).
    Without a `cost` it counts as one other operation for each element of the result.
    Both rules are written in NumPy calls that are operations themselves, never in place, so
    that they can be traced in their turn. `rows` and `many` are explained at `Op`.
    """
    if isinstance(jvp, str):
        if jvp not in TANGENTS:
            raise RegistrationError(f"{name}: jvp is a function, 'linear' or 'joint', not {jvp!r}")
        jvp = TANGENTS[jvp](name)
    if not rules:
        raise RegistrationError(f"{name}: needs a rule to show for each operand")
    op = Op(
        name=name,
        family=family,
        notation=notation or Notation(symbol=name),
        forward=forward,
        arity=arity,
        samples=samples,
        rule_texts=tuple(rules),
        vjp=vjp,
        jvp=jvp,
        cost=cost or each(others=1),
        rows=rows,
        many=many,
        doc=doc,
    )
    return _register(op, calls, aliases)


def cut(
    name: str,
    forward: Callable[..., Any],
    *,
    family: str,
    arity: int | None,
    samples: Callable[[np.random.Generator], list[tuple[tuple[Any, ...], dict[str, Any]]]],
    calls: Mapping[Callable[..., Any], Bind],
    cost: Cost | None = None,
    notation: Notation | None = None,
    aliases: Sequence[str] = (),
    doc: str = "",
) -> Op:
    """Declare an operation that no gradient passes: its result is an index, a count, a choice.

    Its usual cost is one comparison for each element that is read.
    """
    op = Op(
        name=name,
        family=family,
        notation=notation or Notation(symbol=name),
        forward=forward,
        arity=arity,
        samples=samples,
        cost=cost or reducing(Counts(others=1)),
        differentiable=False,
        doc=doc,
    )
    return _register(op, calls, aliases)


def _linear(name: str) -> Callable[..., Any]:
    def jvp(slot: int, t: Any, out: Any, *operands: Any, **params: Any) -> Any:
        return call(name, *operands[:slot], t, *operands[slot + 1 :], **params)

    return jvp


def _joint(name: str) -> Callable[..., Any]:
    def jvp(slot: int, t: Any, out: Any, *operands: Any, **params: Any) -> Any:
        still = [np.zeros(shape_of(operand)) for operand in operands]
        return call(name, *still[:slot], t, *still[slot + 1 :], **params)

    return jvp


TANGENTS = {"linear": _linear, "joint": _joint}


def names_in(expr: Expr) -> set[str]:
    """Return the variables of a formula."""
    if isinstance(expr, Name):
        return {expr.id}
    if isinstance(expr, Call):
        return set().union(*(names_in(arg) for arg in expr.args))
    return set()


def _positional(op: Op) -> Bind:
    def bind(*operands: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        if len(operands) != op.arity:
            raise TypeError(f"{op.name} takes {op.arity} operands, not {len(operands)}")
        return operands, {}

    return bind


def _register(op: Op, calls: Mapping[Callable[..., Any], Bind], aliases: Sequence[str]) -> Op:
    if op.name in OPS:
        raise RegistrationError(f"operation {op.name!r} is declared twice")
    OPS[op.name] = op
    for alias in aliases:
        ALIASES[alias] = op.name
    for function, bind in calls.items():
        CALLS[function] = (op, bind)
    notations.cache_clear()
    definitions.cache_clear()
    return op


class _Notations(dict[str, Notation]):
    """Notations by operation; words of a displayed rule that are no operation are functions."""

    def __missing__(self, name: str) -> Notation:
        return Notation(symbol=name)


@cache
def notations() -> dict[str, Notation]:
    """Return every operation's notation by name."""
    return _Notations({name: op.notation for name, op in OPS.items()})


@cache
def definitions() -> dict[str, Expr]:
    """Return the definition of every operation that has one."""
    return {name: op.definition for name, op in OPS.items() if op.definition is not None}


def forget(name: str) -> None:
    """Take back a declaration that turned out wrong."""
    op = OPS.pop(name, None)
    for alias in [alias for alias, target in ALIASES.items() if target == name]:
        del ALIASES[alias]
    for call_ in [function for function, (found, _) in CALLS.items() if found is op]:
        del CALLS[call_]
    notations.cache_clear()
    definitions.cache_clear()


def restore(op: Op) -> None:
    """Put a declaration that was taken back in its place again, if that is free."""
    OPS.setdefault(op.name, op)
    notations.cache_clear()
    definitions.cache_clear()


_building: list[str] = ["built-in families"]
"""Not empty while the built-in families are imported: their formulas are validated by the tests,
all at once (`seal`), those of later declarations at once."""


def ready() -> None:
    """Say that the built-in families are complete: from now on declarations are validated."""
    _building.clear()


def validate(op: Op) -> None:
    """Check that an elementwise operation's formulas name its operands only.

    Raises RegistrationError, or ExpressionError for what is not in the language.
    """
    known = {"out", *compiler.CONSTANTS, *op.operands}
    for text, expr in zip(op.partial_texts, op.partials, strict=True):
        unknown = set() if expr is None else names_in(expr) - known
        if unknown:
            raise RegistrationError(f"{op.name}: {text!r} names {', '.join(sorted(unknown))}")


def seal() -> None:
    """Check every declaration: that its formulas parse and name declared operations only."""
    for op in OPS.values():
        if op.is_elementwise:
            validate(op)
        for expr in (*op.partials, op.definition):
            missing = set() if expr is None else compiler.calls_in(expr) - set(OPS)
            if missing:
                raise RegistrationError(f"{op.name}: no operation {', '.join(sorted(missing))}")
