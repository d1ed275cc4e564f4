"""What an operation is, and the tables of all of them."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from graphtrace.errors import RegistrationError
from graphtrace.formula import compiler
from graphtrace.formula.language import parse_formula
from graphtrace.formula.tree import Call, Expr, Name, Notation, Number, substitute
from graphtrace.ops.costs import Cost, Counts, count
from graphtrace.ops.values import Value, normal, shape_of, unbroadcast

__all__ = [
    "ALIASES",
    "CALLS",
    "OPERANDS",
    "OPS",
    "Bind",
    "Op",
    "Units",
    "call",
    "ieee",
    "traceable",
]

Bind = Callable[..., tuple[tuple[Any, ...], dict[str, Any]]]
"""From the arguments of a NumPy call to (operands, parameters)."""

OPERANDS = ("a", "b", "c")
FLOATS = {float}


@dataclass(slots=True, eq=False)
class Op:
    """One operation: how it runs, how it is differentiated, how it is written.

    Attributes
    ----------
    name, family: identity in the registry.
    notation: how it is written.
    forward: the function on arrays, in plain NumPy, called as `forward(*operands, **params)`.
    scalar: the same for floats; it may raise ArithmeticError or ValueError outside its domain.
    arity: number of operands; None when it varies.
    partial_texts: for elementwise operations, ∂out/∂operand as a formula for each slot; None in
        a slot marks an operand that has no derivative (a condition). Formulas are parsed when
        they are first needed (`partials`), so that importing stays fast.
    definition_text: the operation in terms of others, for SymPy.
    rule_texts: for other operations, the formula shown for each slot, with `g` for the upstream
        gradient; the last one repeats.
    vjp: for other operations, `vjp(slot, g, out, *operands, **params)`, the pull-back of g.
    jvp: for other operations, `jvp(slot, t, out, *operands, **params)`, the tangent of the result
        when the operand in the slot moves along t and the others stay.
    rows: for products, `rows(slot, g, a, b)`: two vectors whose outer product is the pull-back
        of g, or None. The backward pass sums many of them by one matrix product.
    cost: what one run costs (`graphtrace.ops.costs`); for an elementwise operation without one,
        what its definition costs, or else one function for each element.
    many: for operations that are not elementwise, `jvp` for several tangents at once, along a
        leading axis; None for t stands for all unit tangents. No function, or a result of
        None, where there is no such rule.
    differentiable: whether any gradient passes at all.
    samples: where tests evaluate it: for elementwise operations an interval for each operand,
        for others a function from a random generator to a list of (operands, params).
    """

    name: str
    family: str
    notation: Notation
    forward: Callable[..., Any]
    arity: int | None
    samples: Any
    scalar: Callable[..., float] | None = None
    partial_texts: tuple[str | None, ...] = ()
    definition_text: str | None = None
    rule_texts: tuple[str, ...] = ()
    vjp: Callable[..., Any] | None = None
    jvp: Callable[..., Any] | None = None
    rows: Callable[..., tuple[Any, Any] | None] | None = None
    many: Callable[..., Any] | None = None
    cost: Cost | None = None
    differentiable: bool = True
    doc: str = ""
    pulls: tuple[Any, ...] = ()
    _locals: dict[int, Callable[..., Any]] = field(default_factory=dict)
    _parsed: dict[str, Any] = field(default_factory=dict)

    @property
    def partials(self) -> tuple[Expr | None, ...]:
        """For elementwise operations, ∂out/∂operand as a formula for each slot."""
        found: tuple[Expr | None, ...] | None = self._parsed.get("partials")
        if found is None:
            texts = self.partial_texts
            found = tuple(None if text is None else formula(text) for text in texts)
            self._parsed["partials"] = found
        return found

    @property
    def rules(self) -> tuple[Expr, ...]:
        """For other operations, the formula shown for each slot; the last one repeats."""
        found: tuple[Expr, ...] | None = self._parsed.get("rules")
        if found is None:
            found = self._parsed["rules"] = tuple(formula(text) for text in self.rule_texts)
        return found

    @property
    def definition(self) -> Expr | None:
        """The operation in terms of others, for SymPy."""
        return None if self.definition_text is None else formula(self.definition_text)

    @property
    def chooses(self) -> bool:
        """Whether a partial derivative is a choice that may drop the gradient altogether.

        Then a dropped gradient is 0 even where it is infinite: 0 is not a factor, it is the answer.
        """
        found: bool | None = self._parsed.get("chooses")
        if found is None:
            choices = any(expr is not None and is_choice(expr) for expr in self.partials)
            found = self._parsed["chooses"] = choices
        return found

    @property
    def is_elementwise(self) -> bool:
        """Whether the derivative is one number per element."""
        return bool(self.partial_texts)

    @property
    def options(self) -> tuple[str, ...]:
        """The names of its parameters: what its pull-back takes beyond the operands."""
        if self.partial_texts:
            return ()
        found = inspect.signature(self.vjp or self.forward).parameters
        if self.arity is not None:
            return tuple(found)[(3 if self.vjp else 0) + self.arity :]
        return tuple(name for name, item in found.items() if item.kind is item.KEYWORD_ONLY)

    def count(self, out: Any, values: Sequence[Any], params: Mapping[str, Any]) -> Counts:
        """Return what one run costs, from the shapes of the result and the operands."""
        return count(self, out, values, params, OPS)

    def evaluate(self, values: Sequence[Any], params: Mapping[str, Any]) -> Value:
        """Run the operation on values; floats stay floats."""
        floats = values[0].__class__ is float and set(map(type, values)) == FLOATS
        if floats and self.scalar is not None and not params:
            try:
                return self.scalar(*values)
            except (ArithmeticError, ValueError):
                pass  # outside the domain: NumPy's answer is NaN or infinity
        return normal(self.forward(*values, **params) if params else self.forward(*values))

    def passes(self, slot: int) -> bool:
        """Whether a gradient can reach the operand in this slot."""
        if not self.differentiable:
            return False
        return not self.partial_texts or self.partial_texts[slot] is not None

    def pull(
        self, slot: int, g: Any, out: Any, values: Sequence[Any], params: Mapping[str, Any]
    ) -> Any:
        """Return the upstream gradient pulled back to one operand, in the operand's shape."""
        if self.vjp is not None:
            return self.vjp(slot, g, out, *values, **params)
        pull = (self.pulls or self.ready_pulls())[slot]
        if pull is None:
            raise RegistrationError(f"{self.name} has no derivative in slot {slot}")
        if g.__class__ is float:
            g, values = np.float64(g), ieee(values)
        return unbroadcast(pull(g, out, *real(values)), values[slot])

    def ready_pulls(self) -> tuple[Any, ...]:
        """Return and keep `pull(g, out, *operands)` for each slot, None where there is none.

        What they return has the broadcast shape of the operands, not each operand's own.
        """
        if self.vjp is not None:
            self.pulls = tuple(partial(self.vjp, slot) for slot in range(self.arity or 0))
        else:
            self.pulls = tuple(
                None if expr is None else self._compile_pull(slot, expr)
                for slot, expr in enumerate(self.partials)
            )
        return self.pulls

    def push(
        self, slot: int, t: Any, out: Any, values: Sequence[Any], params: Mapping[str, Any]
    ) -> Any:
        """Return the tangent of the result when one operand moves along t."""
        if self.jvp is not None:
            return self.jvp(slot, t, out, *values, **params)
        moved = t * self.local(slot, out, values)
        shape = shape_of(out)
        return moved if shape_of(moved) == shape else np.broadcast_to(moved, shape)

    def push_many(
        self, slot: int, t: Any, out: Any, values: Sequence[Any], params: Mapping[str, Any]
    ) -> Any:
        """Do the same for tangents stacked along a leading axis, all at once where possible."""
        if t.__class__ is Units:
            found = self.many and self.many(slot, None, out, *values, **params)
            if found is not None:
                return found
            t = t.array
        if self.jvp is None:
            missing = len(shape_of(out)) - len(shape_of(values[slot]))
            t = t.reshape(t.shape[:1] + (1,) * missing + t.shape[1:])
            moved = t * self.local(slot, out, values)
            return np.broadcast_to(moved, t.shape[:1] + shape_of(out))
        if self.many is not None:
            found = self.many(slot, t, out, *values, **params)
            if found is not None:
                return found
        return np.stack([self.push(slot, normal(row), out, values, params) for row in t])

    def local(self, slot: int, out: Any, values: Sequence[Any]) -> Any:
        """Return ∂out/∂operand for an elementwise operation, element by element."""
        local = self._locals.get(slot)
        if local is None:
            expr = self.partials[slot]
            if expr is None:
                raise RegistrationError(f"{self.name} has no derivative in slot {slot}")
            local = self._locals[slot] = self._compile(expr, "local", ("out", *self.operands))
        return local(out, *real(ieee(values)))

    def scalar_partials(self, out: float, values: Sequence[float]) -> tuple[float | None, ...]:
        """Return every partial as a float; outside the domain IEEE values, never an error."""
        with np.errstate(all="ignore"):
            found: list[float | None] = []
            for slot, expr in enumerate(self.partials):
                if expr is None:
                    found.append(None)
                    continue
                arrays = [np.float64(value) for value in values]
                found.append(float(self.local(slot, np.float64(out), arrays)))
        return tuple(found)

    @property
    def operands(self) -> tuple[str, ...]:
        """The operands' names in the formulas."""
        return OPERANDS[: self.arity]

    def _compile_pull(self, slot: int, expr: Expr) -> Callable[..., Any]:
        if expr == Number(0):
            return lambda *args: np.zeros(shape_of(args[2 + slot]))  # args: g, out, operands
        scaled = times_g(expr)
        ties = _ties(scaled)
        if ties is None:
            return self._compile(scaled, "pull", ("g", "out", *self.operands))
        arguments = ("g", *self.operands)
        chosen, tied = (self._compile(test, "test", arguments) for test in ties[:2])
        return partial(_split, chosen, tied, ties[2])

    def _compile(self, expr: Expr, name: str, arguments: tuple[str, ...]) -> Callable[..., Any]:
        source = f"def {name}({', '.join(arguments)}):\n    return {self.source(expr)}\n"
        functions = {f"f_{op}": traceable(op) for op in compiler.calls_in(self.shared(expr))}
        return compiler.define(source, functions, name)

    def shared(self, expr: Expr) -> Expr:
        """Replace the operation itself, where the formula repeats it, by `out`."""
        whole = Call(self.name, tuple(Name(operand) for operand in self.operands))
        return substitute(expr, lambda part: Name("out") if part == whole else None)

    def source(self, expr: Expr) -> str:
        """Return Python source for one of this operation's formulas."""
        return compiler.python_source(self.shared(expr))


class Units:
    """All unit tangents of a shape, stacked along a leading axis; `array` holds them in full."""

    __slots__ = ("shape",)

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape

    @property
    def array(self) -> np.ndarray:
        """An identity matrix whose rows have the shape."""
        size = math.prod(self.shape)
        return np.eye(size).reshape(size, *self.shape)


def ieee(values: Sequence[Any]) -> list[Any]:
    """Return floats as NumPy's, whose arithmetic gives NaN and infinity instead of errors."""
    return [np.float64(value) if value.__class__ is float else value for value in values]


def real(values: Sequence[Any]) -> Sequence[Any]:
    """Return integers and truths as floats: -a and a**2 wrap around in uint8."""
    for value in values:
        if value.__class__ is np.ndarray and value.dtype.kind != "f":
            return [
                item.astype(float)
                if item.__class__ is np.ndarray and item.dtype.kind in "biu"
                else item
                for item in values
            ]
    return values


def times_g(expr: Expr) -> Expr:
    """Return g · expr, written without needless factors."""
    if expr in (Number(0), Number(0.0)):
        return expr
    if expr == Number(1):
        return Name("g")
    if expr == Number(-1):
        return Call("negative", (Name("g"),))
    if isinstance(expr, Call) and expr.op == "divide":
        return Call("divide", (times_g(expr.args[0]), expr.args[1]))
    if isinstance(expr, Call) and is_choice(expr):
        if expr.op == "where":
            return Call("where", (expr.args[0], *(times_g(arg) for arg in expr.args[1:])))
        return Call(expr.op, tuple(times_g(arg) for arg in expr.args))
    return Call("multiply", (Name("g"), expr))


def _ties(expr: Expr) -> tuple[Expr, Expr, float] | None:
    """Take `where(chosen, g, 0) + where(tied, g, 0)/n` apart into (chosen, tied, n)."""
    match expr:
        case Call(
            "add",
            (
                Call("where", (chosen, Name("g"), Number(0))),
                Call("divide", (Call("where", (tied, Name("g"), Number(0))), Number(n))),
            ),
        ) if not isinstance(n, tuple):
            return chosen, tied, n
    return None


def _split(chosen: Any, tied: Any, n: float, g: Any, out: Any, *operands: Any) -> Any:
    """Return such a sum; of plain arrays without ties only the first term."""
    found = np.where(chosen(g, *operands), g, 0.0)
    ties = tied(g, *operands)
    if found.__class__ is np.ndarray and not np.any(ties):
        return found
    return found + np.where(ties, g, 0.0) / n


def is_choice(expr: Expr) -> bool:
    """Whether a formula is `where(…)`, or sums and quotients of such, or nothing at all."""
    if not isinstance(expr, Call):
        return expr == Number(0)
    if expr.op in ("add", "subtract"):
        return any(is_choice(arg) for arg in expr.args)
    return expr.op == "where" or (expr.op == "divide" and is_choice(expr.args[0]))


def formula(text: str) -> Expr:
    """Parse a formula of a declaration; its operations may be declared later."""
    return parse_formula(text, lambda name: ALIASES.get(name, name), lambda: sorted(OPS))


def traceable(name: str) -> Callable[..., Any]:
    """Return an operation's function for use in formulas: traced operands record the operation.

    NumPy's own functions do that by themselves.
    """
    op = OPS[name]
    if isinstance(op.forward, np.ufunc) or op.forward in CALLS:
        return op.forward

    def run(*operands: Any) -> Any:
        for operand in operands:
            record = getattr(type(operand), "__graphtrace_record__", None)
            if record is not None:
                return record(op, operands, {})
        return op.forward(*operands)

    return run


def call(name: str, *operands: Any, **params: Any) -> Any:
    """Run an operation that NumPy has no name for, so that it can be traced.

    For use inside rules: a traced operand records it through its `__graphtrace_record__`.
    """
    op = OPS[name]
    for operand in operands:
        record = getattr(type(operand), "__graphtrace_record__", None)
        if record is not None:
            return record(op, operands, params)
    return normal(op.forward(*operands, **params))


OPS: dict[str, Op] = {}
"""Every operation by name."""
ALIASES: dict[str, str] = {}
"""Other names the expression language accepts."""
CALLS: dict[Callable[..., Any], tuple[Op, Bind]] = {}
"""Every NumPy function that reaches an operation, with how its arguments are read."""
