"""What an operation is, and the one table of all of them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from graphtrace.errors import RegistrationError
from graphtrace.formula import compiler
from graphtrace.formula.language import parse_formula
from graphtrace.formula.tree import Call, Expr, Name, Notation, Number, substitute
from graphtrace.ops.values import Value, normal, shape_of, unbroadcast

__all__ = [
    "ALIASES",
    "CALLS",
    "OPS",
    "Bind",
    "Op",
    "call",
    "cut",
    "elementwise",
    "resolve",
    "structured",
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
    partials: for elementwise operations, ∂out/∂operand as a formula for each slot; None in a
        slot marks an operand that has no derivative (a condition).
    definition: the operation in terms of others, for SymPy.
    rules: for other operations, the formula shown for each slot, with `g` for the upstream
        gradient; the last one repeats.
    vjp: for other operations, `vjp(slot, g, out, *operands, **params)`, the pull-back of g.
    jvp: for other operations, `jvp(slot, t, out, *operands, **params)`, the tangent of the result
        when the operand in the slot moves along t and the others stay.
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
    partials: tuple[Expr | None, ...] = ()
    definition: Expr | None = None
    rules: tuple[Expr, ...] = ()
    vjp: Callable[..., Any] | None = None
    jvp: Callable[..., Any] | None = None
    differentiable: bool = True
    doc: str = ""
    _pulls: dict[int, Callable[..., Any]] = field(default_factory=dict)
    _locals: dict[int, Callable[..., Any]] = field(default_factory=dict)
    _scalar_partials: Callable[..., tuple[float | None, ...]] | None = None

    @property
    def is_elementwise(self) -> bool:
        """Whether the derivative is one number per element."""
        return bool(self.partials)

    @property
    def options(self) -> tuple[str, ...]:
        """The names of its parameters: what its pull-back takes beyond the operands."""
        if self.partials:
            return ()
        found = inspect.signature(self.vjp or self.forward).parameters
        if self.arity is not None:
            return tuple(found)[(3 if self.vjp else 0) + self.arity :]
        return tuple(name for name, item in found.items() if item.kind is item.KEYWORD_ONLY)

    def evaluate(self, values: Sequence[Any], params: Mapping[str, Any]) -> Value:
        """Run the operation on values; floats stay floats."""
        if values[0].__class__ is float and self.scalar is not None and not params:
            if set(map(type, values)) == FLOATS:
                try:
                    return self.scalar(*values)
                except (ArithmeticError, ValueError):
                    pass  # outside the domain: NumPy's answer is NaN or infinity
        return normal(self.forward(*values, **params) if params else self.forward(*values))

    def passes(self, slot: int) -> bool:
        """Whether a gradient can reach the operand in this slot."""
        if not self.differentiable:
            return False
        return not self.partials or self.partials[slot] is not None

    def pull(
        self, slot: int, g: Any, out: Any, values: Sequence[Any], params: Mapping[str, Any]
    ) -> Any:
        """Return the upstream gradient pulled back to one operand, in the operand's shape."""
        if self.vjp is not None:
            return self.vjp(slot, g, out, *values, **params)
        pull = self._pulls.get(slot)
        if pull is None:
            pull = self._pulls[slot] = self._compile_pull(slot)
        if g.__class__ is float:
            g, values = np.float64(g), ieee(values)
        return unbroadcast(pull(g, out, *values), values[slot])

    def push(
        self, slot: int, t: Any, out: Any, values: Sequence[Any], params: Mapping[str, Any]
    ) -> Any:
        """Return the tangent of the result when one operand moves along t."""
        if self.jvp is not None:
            return self.jvp(slot, t, out, *values, **params)
        moved = t * self.local(slot, out, values)
        shape = shape_of(out)
        return moved if shape_of(moved) == shape else np.broadcast_to(moved, shape)

    def local(self, slot: int, out: Any, values: Sequence[Any]) -> Any:
        """Return ∂out/∂operand for an elementwise operation, element by element."""
        local = self._locals.get(slot)
        if local is None:
            expr = self.partials[slot]
            if expr is None:
                raise RegistrationError(f"{self.name} has no derivative in slot {slot}")
            local = self._locals[slot] = self._compile(expr, "local", ("out", *self.operands))
        return local(out, *(ieee(values) if out.__class__ is float else values))

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

    def _compile_pull(self, slot: int) -> Callable[..., Any]:
        expr = self.partials[slot]
        if expr is None:
            raise RegistrationError(f"{self.name} has no derivative in slot {slot}")
        return self._compile(times_g(expr), "pull", ("g", "out", *self.operands))

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


def ieee(values: Sequence[Any]) -> list[Any]:
    """Return floats as NumPy's, whose arithmetic gives NaN and infinity instead of errors."""
    return [np.float64(value) if value.__class__ is float else value for value in values]


def times_g(expr: Expr) -> Expr:
    """Return g · expr, written without needless factors."""
    if expr == Number(1):
        return Name("g")
    if expr == Number(-1):
        return Call("negative", (Name("g"),))
    if isinstance(expr, Call) and expr.op == "divide":
        return Call("divide", (times_g(expr.args[0]), expr.args[1]))
    return Call("multiply", (Name("g"), expr))


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


def resolve(name: str) -> str | None:
    """Return the operation a name in an expression stands for."""
    name = ALIASES.get(name, name)
    return name if name in OPS else None


def known_functions() -> list[str]:
    """Return every name the expression language can call."""
    return sorted({*OPS, *ALIASES})


def formula(text: str) -> Expr:
    """Parse a formula of a declaration; its operations may be declared later."""
    return parse_formula(text, lambda name: ALIASES.get(name, name), known_functions)


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
        partials=tuple(None if text is None else formula(text) for text in partials),
        definition=None if definition is None else formula(definition),
        differentiable=any(text is not None for text in partials),
        doc=doc,
    )
    for text, expr in zip(partials, op.partials, strict=True):
        known = {"out", *compiler.CONSTANTS, *op.operands}
        unknown = set() if expr is None else names_in(expr) - known
        if unknown:
            raise RegistrationError(f"{name}: {text!r} names {', '.join(sorted(unknown))}")
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
    notation: Notation | None = None,
    aliases: Sequence[str] = (),
    doc: str = "",
) -> Op:
    """Declare any other operation by its two derivative rules.

    `rules` is what is shown for each slot, with `g` for the upstream gradient. `jvp` is a
    function, or `"linear"` for an operation linear in each operand while the others stay (a
    product, a sum), or `"joint"` for one linear in all operands together (a concatenation).
    Both rules are written in NumPy calls that are operations themselves, never in place, so
    that they can be traced in their turn.
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
        rules=tuple(formula(text) for text in rules),
        vjp=vjp,
        jvp=jvp,
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
    notation: Notation | None = None,
    aliases: Sequence[str] = (),
    doc: str = "",
) -> Op:
    """Declare an operation that no gradient passes: its result is an index, a count, a choice."""
    op = Op(
        name=name,
        family=family,
        notation=notation or Notation(symbol=name),
        forward=forward,
        arity=arity,
        samples=samples,
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
    for call, bind in calls.items():
        CALLS[call] = (op, bind)
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


def seal() -> None:
    """Check, once all families are declared, that every formula names declared operations."""
    for op in OPS.values():
        formulas = [*op.partials, op.definition]
        for expr in formulas:
            missing = set() if expr is None else compiler.calls_in(expr) - set(OPS)
            if missing:
                raise RegistrationError(f"{op.name}: no operation {', '.join(sorted(missing))}")
