"""Python's operators on Var, generated from the declared formulas.

For two floats each operator computes the value and both partial derivatives inline, fills
one record and appends it: no dispatcher, no `__init__`. Everything else takes `tape.apply`.
"""

from sys import _getframe
from textwrap import indent
from typing import Any

from graphtrace.formula import compiler
from graphtrace.formula.tree import Expr
from graphtrace.ops.registry import OPS, Op
from graphtrace.tape.tape import apply, apply_arrays
from graphtrace.tape.var import ABSENT, Var, WithConstant

__all__ = ["attach", "scalar_recorder"]

BINARY = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "divide",
    "pow": "power",
}
GENERAL = {
    "matmul": "matmul",
    "floordiv": "floor_divide",
    "mod": "mod",
    "floor": "floor",
    "ceil": "ceil",
    "trunc": "trunc",
    "lt": "less",
    "le": "less_equal",
    "gt": "greater",
    "ge": "greater_equal",
    "eq": "equal",
    "ne": "not_equal",
}
REFLECTED = ("matmul", "floordiv", "mod")
TRUTHS = {
    "and": ("logical_and", "bitwise_and"),
    "or": ("logical_or", "bitwise_or"),
    "xor": ("logical_xor", "bitwise_xor"),
    "invert": ("logical_not", "invert"),
}
"""What an operator is of truths, and of integers."""
UNARY = {"neg": "negative", "pos": "identity", "abs": "abs"}

RECORD = """
record = Var()
record.value = out
record.a = {a}
record.b = {b}
record.da = {da}
record.db = {db}
record.op = {op}
{frame}record.code = frame.f_code
record.lasti = frame.f_lasti
record.g = ABSENT
record.push = push
push(record)
return record"""
"""What every operator does once it has the value and the partial derivatives."""


def _record(a: str, b: str, da: str, db: str, op: str, *, frame: str = "") -> str:
    """Return the source that makes one record, indented for the templates below."""
    return indent(RECORD.format(a=a, b=b, da=da, db=db, op=op, frame=frame), " " * 8)


HERE = "frame = getframe(1)\n"
BINARY_SOURCE = f"""
def {{method}}(self, other):
    a = self.value
    push = self.push
    if other.__class__ is Var:
        b = other.value
        if a.__class__ is not float or b.__class__ is not float or push is not other.push:
            return apply_arrays(op, (self, other), getframe(1))
        try:
            out = {{forward}}
            da = {{partial_a}}
            db = {{partial_b}}
        except (ArithmeticError, ValueError):
            return apply(op, (self, other), None, getframe(1))
{_record("self", "other", "da", "db", "op", frame=HERE)}
    b = other
    if b.__class__ is int:
        b = as_float(b)
    if a.__class__ is float is b.__class__:
        try:
            out = {{forward}}
            da = {{partial_a}}
        except (ArithmeticError, ValueError):
            return apply(op, (self, other), None, getframe(1))
{_record("self", "None", "da", "b", "constant_right", frame=HERE)}
    return apply_arrays(op, (self, other), getframe(1))
"""
REFLECTED_SOURCE = f"""
def {{method}}(self, other):
    a = other
    b = self.value
    push = self.push
    if a.__class__ is int:
        a = as_float(a)
    if a.__class__ is float is b.__class__:
        try:
            out = {{forward}}
            db = {{partial_b}}
        except (ArithmeticError, ValueError):
            return apply(op, (other, self), None, getframe(1))
{_record("self", "None", "db", "a", "constant_left", frame=HERE)}
    return apply_arrays(op, (other, self), getframe(1))
"""
UNARY_SOURCE = f"""
def {{method}}(self, frame=None):
    if frame is None:
        frame = getframe(1)
    a = self.value
    push = self.push
    if a.__class__ is float:
        try:
            out = {{forward}}
            da = {{partial_a}}
        except (ArithmeticError, ValueError):
            return apply(op, (self,), None, frame)
        if {{dropped}}:
            return apply(op, (self,), None, frame)
{_record("self", "None", "da", "None", "op")}
    return apply_arrays(op, (self,), frame)
"""


def _as_float(number: int) -> float | int:
    """Return an integer literal as a float; too large a one as it is."""
    try:
        return float(number)
    except OverflowError:
        return number


def _partial(op: Op, slot: int) -> str:
    """Return source for a partial derivative that is a float whatever the formula's literals."""
    expr = op.partials[slot]
    assert expr is not None
    source = op.source(expr)
    if source.lstrip("(-").rstrip(")").isdigit():
        return f"{float(source.strip('()'))!r}"
    return f"float({source})" if compiler.calls_in(expr) & LOGICAL else source


LOGICAL = frozenset({"where", "less", "less_equal", "greater", "greater_equal", "equal"})


def _forward(op: Op) -> str:
    infix = compiler.INFIX.get(op.name)
    if infix is not None:
        return f"a {infix} b"
    return f"forward({', '.join(op.operands)})"


def _define(op: Op, method: str, template: str) -> Any:
    partials: list[Expr | None] = list(op.partials)
    used = set().union(*(compiler.calls_in(op.shared(expr)) for expr in partials if expr))
    namespace: dict[str, Any] = {
        "Var": Var,
        "op": op,
        "ABSENT": ABSENT,
        "apply": apply,
        "apply_arrays": apply_arrays,
        "getframe": _getframe,
        "as_float": _as_float,
        "forward": op.scalar,
        "constant_left": WithConstant(op, 0),
        "constant_right": WithConstant(op, 1),
    }
    namespace.update({f"f_{name}": OPS[name].scalar for name in used})
    source = template.format(
        method=method,
        forward=_forward(op),
        partial_a=_partial(op, 0),
        partial_b=_partial(op, 1) if op.arity == 2 else "",
        dropped="da == 0.0" if op.chooses else "False",
    )
    return compiler.define(source, namespace, method)


def _general(op: Op, *, reflected: bool = False) -> Any:
    def method(self: Var, *others: Any) -> Var:
        operands = (*others, self) if reflected else (self, *others)
        return apply_arrays(op, operands, _getframe(1))

    return method


def _of_truths(logical: Op, bitwise: Op, *, reflected: bool = False) -> Any:
    def method(self: Var, *others: Any) -> Var:
        operands = (*others, self) if reflected else (self, *others)
        op = logical if all(map(_is_truth, operands)) else bitwise
        return apply_arrays(op, operands, _getframe(1))

    return method


def _is_truth(operand: Any) -> bool:
    value = operand.value if operand.__class__ is Var else operand
    return value.__class__ is bool or getattr(getattr(value, "dtype", None), "kind", "") == "b"


def attach() -> None:
    """Give Var its operators; called once, when the tape package is imported."""
    for method, name in BINARY.items():
        op = OPS[name]
        setattr(Var, f"__{method}__", _define(op, f"__{method}__", BINARY_SOURCE))
        setattr(Var, f"__r{method}__", _define(op, f"__r{method}__", REFLECTED_SOURCE))
    for method, name in GENERAL.items():
        setattr(Var, f"__{method}__", _general(OPS[name]))
        if method in REFLECTED:
            setattr(Var, f"__r{method}__", _general(OPS[name], reflected=True))
    for method, (logical, bitwise) in TRUTHS.items():
        setattr(Var, f"__{method}__", _of_truths(OPS[logical], OPS[bitwise]))
        if method != "invert":
            turned = _of_truths(OPS[logical], OPS[bitwise], reflected=True)
            setattr(Var, f"__r{method}__", turned)
    for method, name in UNARY.items():
        setattr(Var, f"__{method}__", _define(OPS[name], f"__{method}__", UNARY_SOURCE))
    Var.__hash__ = object.__hash__  # type: ignore[method-assign] # `==` records, identity hashes


def scalar_recorder(op: Op) -> Any:
    """Return a function that records an operation of one float, None where there is none."""
    if op.arity != 1 or not op.is_elementwise or not op.differentiable:
        return None
    if op.scalar is None or not _has_scalars(op):
        return None
    return _define(op, f"record_{op.name}", UNARY_SOURCE)


def _has_scalars(op: Op) -> bool:
    """Whether every function in the partial derivatives has a float version."""
    return all(
        OPS[name].scalar is not None or name in compiler.INFIX or name == "negative"
        for expr in op.partials
        if expr is not None
        for name in compiler.calls_in(op.shared(expr))
    )
