"""`gt.op`: a user's own operation, declared as the built-in ones are, and checked at once."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from graphtrace.errors import GraphTraceError, RegistrationError
from graphtrace.formula.tree import Notation
from graphtrace.ops import registry
from graphtrace.run.record import record_function

__all__ = ["op"]

FAMILY = "user"


# long because its docstring is the manual of a declaration
def op(
    name: str,
    forward: Callable[..., Any],
    *,
    partials: Sequence[str | None] | None = None,
    vjp: Callable[..., Any] | None = None,
    jvp: Callable[..., Any] | str | None = None,
    samples: Any,
    rules: Sequence[str] = (),
    scalar: Callable[..., float] | None = None,
    symbol: str | None = None,
    latex: str | None = None,
    doc: str = "",
) -> Callable[..., Any]:
    """Declare an operation of your own and return the function that computes or records it.

    Parameters
    ----------
    name: a new name; expressions can call it too.
    forward: the function on arrays, in plain NumPy, that changes nothing in place.
    partials: for an elementwise operation, ∂out/∂operand for each operand as a formula in
        `a`, `b`, `c` and `out`, such as `"1 - out**2"`; None where there is no derivative.
    vjp, jvp: for any other operation, `vjp(slot, g, out, *operands, **params)` pulls the
        gradient g back to one operand; `jvp(slot, t, out, *operands, **params)` pushes its
        tangent t forward, or is `"linear"` or `"joint"`. Written in NumPy calls, they can be
        differentiated again.
    samples: where it is checked: for `partials` an interval (low, high) for each operand, else
        a list of (operands, params).
    rules: for `vjp`, the formula to show for each operand, with `g` for the upstream gradient.
    scalar: the function on floats, if there is a faster one.
    symbol, latex: how pictures and formulas write it; `{0}` is the first operand.

    Raises
    ------
    RegistrationError: when a rule is missing, malformed, or disagrees with finite differences at
        a sample; nothing is declared then.

    >>> cube = op("cube", lambda a: a**3, partials=["3*a**2"], samples=[(-2, 2)])
    >>> cube(2.0)
    8.0
    """
    notation = Notation(symbol=symbol or name, latex=latex)
    forward = _real(forward)
    if not name.isidentifier():
        raise RegistrationError(f"{name!r} is not a name: use letters, digits and _")
    if partials is not None and vjp is not None:
        raise RegistrationError(f"{name}: give either partials or vjp, not both")
    if partials is not None:
        made = registry.elementwise(
            name, forward, scalar, family=FAMILY, partials=partials, samples=samples,
            notation=notation, calls=[], doc=doc,
        )  # fmt: skip
    else:
        made = _structured(name, forward, vjp, jvp, list(samples), rules, notation, doc)
    try:
        _check(made)
    except GraphTraceError:
        registry.forget(name)
        raise

    def function(*operands: Any, **params: Any) -> Any:
        return registry.call(name, *operands, **params)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc or f"The operation {name!r}."
    return function


def _real(forward: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function, made to refuse results that no graph can hold."""

    def run(*operands: Any, **params: Any) -> Any:
        result = forward(*operands, **params)
        kind = np.asarray(result).dtype.kind
        if kind == "c":
            raise TypeError(
                "the result is complex; give real and imaginary parts as two operations"
            )
        if kind not in "fbiu":
            raise TypeError(f"the result is a {type(result).__name__}, not a number or an array")
        return result

    return functools.update_wrapper(run, forward) if hasattr(forward, "__name__") else run


def _structured(
    name: str,
    forward: Callable[..., Any],
    vjp: Callable[..., Any] | None,
    jvp: Callable[..., Any] | str | None,
    cases: list[tuple[tuple[Any, ...], dict[str, Any]]],
    rules: Sequence[str],
    notation: Notation,
    doc: str,
) -> registry.Op:
    """Declare an operation by its two rules."""
    if vjp is None:
        raise RegistrationError(f"{name}: give either partials or vjp")
    if jvp is None:
        raise RegistrationError(f"{name}: give jvp too: a function, 'linear' or 'joint'")
    return registry.structured(
        name, forward, family=FAMILY, arity=len(cases[0][0]) if cases else None,
        rules=rules or [f"{name}_vjp(g)"], vjp=vjp, jvp=jvp, samples=lambda _: cases,
        calls={}, notation=notation, doc=doc,
    )  # fmt: skip


def _check(made: registry.Op) -> None:
    """Run the operation at its samples and audit it there."""
    from graphtrace.run.audit import audit_nodes
    from graphtrace.run.state import State
    from graphtrace.tape.sealed import Sealed

    registry.seal()
    cases = made.samples(None) if not made.is_elementwise else _points(made)
    if not cases:
        raise RegistrationError(f"{made.name}: give at least one sample")
    for operands, params in cases:
        try:
            recording = record_function(
                lambda *args, _params=params: registry.call(made.name, *args, **_params),
                tuple(operands), {},
            )  # fmt: skip
        except (ArithmeticError, TypeError, ValueError) as error:
            raise RegistrationError(f"{made.name}: fails at a sample: {error}") from error
        sealed = Sealed(recording.records, {})
        state = State(sealed, sealed.numbers[recording.outputs[0]])
        report = audit_nodes(state, 1e-4, 1e-7)
        if not report.ok:
            raise RegistrationError(f"{made.name}: {report.findings[0]}")


def _points(made: registry.Op) -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Return a spread of arrays and of floats over the sample intervals."""
    spread = np.linspace(0.05, 0.95, 7)
    arrays = [low + (high - low) * np.roll(spread, 2 * k)
              for k, (low, high) in enumerate(made.samples)]  # fmt: skip
    return [(tuple(arrays), {}), (tuple(float(array[1]) for array in arrays), {})]
