"""Make recordings: of a Python function, or of an expression."""

import gc
import inspect
from collections import Counter
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import CodeType, FunctionType, MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from graphtrace.errors import ExpressionError, RefusedError, did_you_mean
from graphtrace.formula.language import cleaned, parse_program
from graphtrace.formula.tree import Call, Expr, Name, Number
from graphtrace.ops.registry import OPS, known_functions, resolve
from graphtrace.run.inputs import Entered, as_input
from graphtrace.tape.sources import ExpressionSource
from graphtrace.tape.tape import Tape, apply
from graphtrace.tape.var import Var

__all__ = ["Recording", "record_expression", "record_function"]


NOTHING: Mapping[Var, Var | None] = MappingProxyType({})


class Recording(NamedTuple):
    """A finished recording.

    Attributes
    ----------
    tape: what was noted beside the records (guards, scopes, names).
    records: the records, in order.
    inputs: the inputs, which name themselves when asked.
    outputs: the results; the first is what gradients are taken of by default.
    given: names that statements give, by record; inputs and `gt.name` aside.
    title: the function's name or the expression.
    leading: how many records at the front are inputs.
    mirror: for a recorded backward pass, each of its records with the forward record that it is
        the gradient of; None for a step in between.
    """

    tape: Tape
    records: list[Var]
    inputs: Entered
    outputs: tuple[Var, ...]
    given: dict[Var, str]
    title: str
    leading: int = 0
    mirror: Mapping[Var, Var | None] = NOTHING


def record_function(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Recording:
    """Run a function once on traced inputs and return what it recorded.

    Numbers and arrays among the arguments, also inside lists, tuples and dicts, become
    inputs; everything else is passed through, and so are integers of parameters annotated
    `int`: they are counts.
    """
    names = parameter_names(function, len(args))
    title = getattr(function, "__name__", type(function).__name__)
    tape = Tape(quiet=True)
    entered = Entered(tape)
    collecting = gc.isenabled()
    gc.disable()
    try:
        counts = _counts(function)
        if counts:
            traced = [
                value if name in counts and isinstance(value, int) else entered.enter(value, name)
                for value, name in zip(args, names, strict=False)
            ]
        else:
            traced = list(map(entered.enter, args, names))
        named = {
            key: value if key in counts and isinstance(value, int) else entered.enter(value, key)
            for key, value in kwargs.items()
        }
        leading = len(tape)
        if entered.arrays:
            tape.hush()
        try:
            result = function(*traced, **named)
        except ValueError as error:
            # NumPy's item assignment replaces our refusal by a message of its own.
            if isinstance(error.__cause__, RefusedError):
                raise error.__cause__ from None
            raise
        records = tape.detach()
        if len(records) > YOUNG:
            _grow_old()
    finally:
        tape.detach()
        if collecting:
            gc.enable()
    outputs = _outputs(result, title, bool(entered))
    return Recording(tape, records, entered, outputs, {}, title, leading)


def _counts(function: Any) -> frozenset[str]:
    """Return the parameters annotated `int`."""
    hints = getattr(function, "__annotations__", None)
    if not hints:
        return NO_COUNTS
    return frozenset(name for name, hint in hints.items() if hint in (int, "int"))


NO_COUNTS: frozenset[str] = frozenset()
YOUNG = 500
"""Fewer new records than this are left to the garbage collector's young generation."""


def _grow_old() -> None:
    """Move the new records straight to the collector's oldest generation.

    They form no cycles, yet the collector would look at each of them twice on their way there.
    """
    if gc.get_freeze_count() == 0:
        gc.freeze()
        gc.unfreeze()


def _outputs(result: Any, title: str, any_inputs: bool) -> tuple[Var, ...]:
    if result.__class__ is Var:
        return (result,)
    found = [item for item in _leaves(result) if item.__class__ is Var]
    if found:
        return tuple(found)
    if result is None:
        raise RefusedError(f"{title} returned None: return the value to trace")
    why = "its result does not depend on the inputs" if any_inputs else "it has no numeric inputs"
    raise RefusedError(f"{title} returned a {type(result).__name__} that was not recorded: {why}")


def _leaves(result: Any) -> list[Any]:
    if isinstance(result, Mapping):
        return [leaf for item in result.values() for leaf in _leaves(item)]
    if isinstance(result, (list, tuple)):
        return [leaf for item in result for leaf in _leaves(item)]
    return [result]


def parameter_names(function: Callable[..., Any], count: int) -> list[str]:
    """Return names for positional arguments: the parameters', `args[0]`… for `*args`.

    Those of a decorated function are the parameters of the function inside. Where no name is
    known, it is `x1`, `x2`…
    """
    if isinstance(function, FunctionType) and "__wrapped__" not in function.__dict__:
        return _code_names(function.__code__, count)
    try:
        parameters = [*inspect.signature(function).parameters.values()]
    except (TypeError, ValueError):
        parameters = []
    names = [item.name for item in parameters if item.kind in POSITIONAL]
    stem = next((item.name for item in parameters if item.kind is item.VAR_POSITIONAL), None)
    if stem is not None:
        names += [f"{stem}[{k}]" for k in range(max(count - len(names), 0))]
    return names + [f"x{k + 1}" for k in range(len(names), count)]


POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


@lru_cache(maxsize=256)
def _code_names(code: CodeType, count: int) -> list[str]:
    names = list(code.co_varnames[: code.co_argcount])
    if code.co_flags & inspect.CO_VARARGS:
        stem = code.co_varnames[code.co_argcount + code.co_kwonlyargcount]
        names += [f"{stem}[{k}]" for k in range(max(count - len(names), 0))]
    return names + [f"x{k + 1}" for k in range(len(names), count)]


def record_expression(text: str, values: Mapping[str, Any]) -> Recording:
    """Record statements split by `;` or newlines at given inputs.

    Raises ExpressionError for syntax, unknown names and missing or unused inputs.
    """
    statements = parse_program(text, resolve, known_functions)
    source = ExpressionSource(cleaned(text))
    needed = _free_names(statements)
    _compare_names(needed, values, {s.target for s in statements if s.target is not None})
    inputs = {name: as_input(values[name], name) for name in needed}
    tape = Tape(quiet=True)
    entered = Entered(tape)
    scope: dict[str, Any] = {name: entered.enter(value, name) for name, value in inputs.items()}
    given: dict[Var, str] = {record: name for name, record in scope.items()}
    older: Counter[str] = Counter()
    result: Any = None
    tape.hush()
    try:
        for statement in statements:
            result = _evaluate(statement.value, scope, source, tape)
            if statement.target is not None:
                result = _bind(statement.target, result, scope, given, older, source, tape)
        if result.__class__ is not Var:
            result = tape.constant(result, (source, source.add(None)))
        found = tape.detach()
    finally:
        tape.detach()
    if result not in given:
        free = (f"f_{k}" for k in range(1, len(scope) + 2))
        given[result] = next(name for name in ("f", "out", *free) if name not in scope)
    return Recording(tape, found, entered, (result,), given, text.strip())


def _bind(
    target: str,
    result: Any,
    scope: dict[str, Any],
    given: dict[Var, str],
    versions: Counter[str],
    source: ExpressionSource,
    tape: Tape,
) -> Any:
    """Give a statement's result its name; a bare name or number becomes a node of its own."""
    place = (source, source.add(None))
    if result.__class__ is not Var:
        result = tape.constant(result, place)
    if result in given:
        result = apply(OPS["identity"], (result,), None, place)
    older = scope.get(target)
    if older is not None and given.get(older) == target:
        given[older] = _older_name(target, versions, scope)
    given[result] = target
    scope[target] = result
    return result


def _older_name(name: str, versions: Counter[str], variables: Mapping[str, Any]) -> str:
    """Return a name for a value whose variable was assigned again: its place in the series."""
    versions[name] += 1
    while f"{name}_{versions[name]}" in variables:
        versions[name] += 1
    return f"{name}_{versions[name]}"


def _free_names(statements: Any) -> list[str]:
    """Return the names read before they are assigned, in order of appearance."""
    found: dict[str, None] = {}
    assigned: set[str] = set()
    for statement in statements:
        for name in _names(statement.value):
            if name not in assigned:
                found[name] = None
        if statement.target is not None:
            assigned.add(statement.target)
    return [name for name in found if name not in CONSTANTS]


def _names(root: Expr) -> list[str]:
    names: list[str] = []
    todo: list[Expr] = [root]
    while todo:
        node = todo.pop()
        if isinstance(node, Name):
            names.append(node.id)
        elif isinstance(node, Call):
            todo.extend(reversed(node.args))
    return names


CONSTANTS = {"pi": float(np.pi)}


def _compare_names(needed: list[str], values: Mapping[str, Any], assigned: set[str]) -> None:
    missing = [name for name in needed if name not in values]
    extra = [name for name in values if name not in needed]
    if missing and extra:
        name = missing[0]
        raise ExpressionError(f"no value for {name!r}{did_you_mean(name, extra)}")
    if missing:
        listed = ", ".join(repr(name) for name in missing)
        example = ",".join(f"{name}=1" for name in missing)
        raise ExpressionError(f"no value for {listed}: give one, as in {example}")
    if extra:
        name = extra[0]
        if name in assigned:
            raise ExpressionError(f"{name!r} is computed by the expression: it takes no value")
        raise ExpressionError(f"the expression has no input {name!r}{did_you_mean(name, needed)}")


def _evaluate(root: Expr, scope: Mapping[str, Any], source: ExpressionSource, tape: Tape) -> Any:
    """Record one expression, post-order, with an explicit stack."""
    done: list[Any] = []
    todo: list[tuple[Expr, bool]] = [(root, False)]
    while todo:
        node, ready = todo.pop()
        if isinstance(node, Number):
            done.append(_literal(node.value))
        elif isinstance(node, Name):
            done.append(scope[node.id] if node.id in scope else CONSTANTS[node.id])
        elif not ready:
            todo.append((node, True))
            todo.extend((arg, False) for arg in reversed(node.args))
        else:
            count = len(node.args)
            args = done[len(done) - count :]
            del done[len(done) - count :]
            done.append(_call(node, args, source, tape))
    return done[0]


def _literal(value: Any) -> Any:
    if not isinstance(value, tuple):
        return float(value)
    try:
        return np.array(value, dtype=float)
    except ValueError:
        raise ExpressionError("the rows of a list of lists have different lengths") from None


def _call(node: Call, args: list[Any], source: ExpressionSource, tape: Tape) -> Any:
    op = OPS[node.op]
    place = (source, source.add(node.span))
    if op.arity is not None and len(args) != op.arity:
        column = node.span[1] if node.span else 1
        raise ExpressionError(
            f"{node.op} takes {op.arity} operand{'s' * (op.arity != 1)}, not {len(args)}, "
            f"at column {column}"
        )
    unknown = [key for key, _ in node.params if key not in op.options]
    if unknown:
        raise ExpressionError(
            f"{node.op} has no option {unknown[0]!r}{did_you_mean(unknown[0], op.options)}"
        )
    if not any(arg.__class__ is Var for arg in args):
        args = [tape.constant(arg, place) for arg in args]
    return apply(op, args, dict(node.params) or None, place)
