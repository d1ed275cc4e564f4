"""From SOURCE and `--at` to a graph that has been run both ways."""

import ast
import functools
import inspect
import io
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphtrace_cli.errors import RequestError
from graphtrace_cli.loading import load_file, user_code
from graphtrace_cli.values import Number, parse_at, parse_value

if TYPE_CHECKING:
    from graphtrace import Graph

__all__ = ["file_of", "load", "load_at", "load_each", "load_with_gradients"]

MOST_READ = 1_000_000
NAME = re.compile(r"[^\W\d]\w*")
FILE = re.compile(r"(?P<path>.+\.py)(:(?P<function>\w*))?")


def load_with_gradients(
    source: str,
    at: list[str] | None,
    seed: str | None = None,
    output: str | None = None,
    *,
    record: bool = False,
) -> "Graph":
    """Return the graph of SOURCE at the given inputs, after its backward pass.

    With `record` it is the graph of both passes.
    """
    graph = load(source, at)
    start = None if seed is None else parse_value(seed, "--seed")
    return graph.backward(output, seed=start, record=record)


def file_of(source: str) -> Path | None:
    """Return the Python file of a SOURCE; None for an expression."""
    found = FILE.fullmatch(source)
    return Path(found["path"]) if found else None


def load(source: str, at: list[str] | None) -> "Graph":
    """Return the graph of SOURCE at the given inputs, run forward only."""
    return load_at(source, parse_at(at or ()))


def load_each(sources: Sequence[str], inputs: dict[str, Number]) -> "list[Graph]":
    """Return the graphs of several SOURCEs, each at those of the inputs that it has.

    Raises RequestError for an input that none of them has.
    """
    if len(sources) == 1:
        return [load_at(sources[0], inputs)]
    if sources.count("-") > 1:
        raise RequestError("standard input can be read once: give the expressions as they are")
    words = [sources[at] if file_of(sources[at]) is None else "" for at in range(len(sources))]
    unused = set(inputs)
    found = []
    for source, text in zip(sources, words, strict=True):
        own = inputs
        if text and source != "-":
            own = {name: inputs[name] for name in inputs if name in NAME.findall(text)}
            unused -= own.keys()
        found.append(load_at(source, own, unused if file_of(source) else None))
    if unused and "-" not in sources:
        raise RequestError(f"no SOURCE has an input {min(unused)!r}")
    return found


def load_at(source: str, inputs: dict[str, Number], shared: set[str] | None = None) -> "Graph":
    """Return the graph of SOURCE at inputs that have been read, run forward only.

    With `shared` a function takes the inputs that it has, and takes their names out of the set.
    """
    if source.endswith(".gtrace"):
        raise RequestError(f"{source}: saved graphs cannot be read yet; give the expression")
    found = FILE.fullmatch(source)
    if found is not None:
        return _trace_file(Path(found["path"]), found["function"], inputs, shared)
    import graphtrace

    return graphtrace.parse(_read_standard_input() if source == "-" else source, **inputs)


def _read_standard_input() -> str:
    """Return an expression from standard input; of an endless one, more than may be parsed."""
    if sys.stdin is None:
        return ""
    # UTF-8 whatever the terminal's encoding; a byte order mark is not part of the expression.
    text = io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8-sig")
    try:
        return text.read(MOST_READ)
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        raise RequestError(
            f"standard input is not text (byte 0x{byte:02x}); send an expression in UTF-8"
        ) from None
    finally:
        text.detach()


def _offer(path: Path) -> str:
    """Return how to name a function of a Python file."""
    try:
        parsed = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return f"write {path}:FUNCTION"
    names = [node.name for node in parsed.body if isinstance(node, ast.FunctionDef)]
    return "write " + " or ".join(f"{path}:{name}" for name in names[:5] or ["FUNCTION"])


def _trace_file(
    path: Path, name: str, inputs: dict[str, Number], shared: set[str] | None
) -> "Graph":
    """Load the file, bind the inputs to the function's parameters, and record one call."""
    import numpy as np

    from graphtrace import trace
    from graphtrace.errors import did_you_mean

    if not name and path.is_file():
        raise RequestError(f"{path}: which function? {_offer(path)}")
    module = load_file(path)
    function = getattr(module, name, None)
    if not callable(function):
        known = [n for n, thing in vars(module).items() if inspect.isfunction(thing)]
        raise RequestError(f"{path.name} has no function {name!r}{did_you_mean(name, known)}")
    label = f"{path.name}:{name}"
    call = _bind(function, label, inputs if shared is None else _own(function, inputs, shared))
    # A numeric accident is a result, marked in the picture; also where nothing is traced.
    with user_code(path), np.errstate(all="ignore"):
        return trace(_without_coroutine(call.function, label), *call.positional, **call.keywords)


def _without_coroutine(function: Callable[..., Any], label: str) -> Callable[..., Any]:
    """Return the function, made to refuse when it is an `async def`."""

    def call(*args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        if inspect.iscoroutine(result):
            result.close()
            raise RequestError(
                f"{label} is an async function, which computes nothing when called; "
                "give a plain def"
            )
        return result

    call.__name__ = type(function).__name__
    return functools.update_wrapper(call, function)


@dataclass(frozen=True, slots=True)
class _Call:
    """A call about to be traced; what is no input is bound to the function already."""

    function: Callable[..., Any]
    positional: tuple[Any, ...]
    keywords: dict[str, Any]


def _own(
    function: Callable[..., Any], inputs: dict[str, Number], shared: set[str]
) -> dict[str, Number]:
    """Return the inputs that a function has, and take their names out of the set."""
    try:
        names = inspect.signature(function).parameters.keys()
    except (TypeError, ValueError):
        return inputs
    shared.difference_update(names)
    return {name: value for name, value in inputs.items() if name in names}


def _bind(function: Callable[..., Any], label: str, inputs: dict[str, Number]) -> _Call:
    """Return the call: arguments from `--at`, else from the parameters' defaults.

    A parameter annotated `int` is a count, not an input: it is bound as a Python integer.
    """
    from graphtrace.errors import did_you_mean

    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        raise RequestError(f"{label} does not tell its parameters; wrap it in a def") from None
    named = [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    names = [p.name for p in named]
    open_ended = len(named) < len(parameters) and any(p.kind is p.VAR_KEYWORD for p in parameters)
    for name in inputs:
        if name not in names and not open_ended:
            raise RequestError(f"{label} has no parameter {name!r}{did_you_mean(name, names)}")
    given = {p.name: _argument(p, label, inputs) for p in named}
    counts = {p.name: _count(given[p.name], label, p.name) for p in named if _is_count(p)}
    positional = tuple(given[p.name] for p in named if p.kind is p.POSITIONAL_ONLY)
    keywords = {
        p.name: given[p.name]
        for p in named
        if p.kind is not p.POSITIONAL_ONLY and p.name not in counts
    }
    keywords |= {name: value for name, value in inputs.items() if name not in names}
    bound = functools.update_wrapper(functools.partial(function, **counts), function)
    return _Call(bound if counts else function, positional, keywords)


def _argument(parameter: inspect.Parameter, label: str, inputs: dict[str, Number]) -> Any:
    """Return one argument."""
    name = parameter.name
    if name in inputs:
        return inputs[name]
    if parameter.default is parameter.empty:
        raise RequestError(f"{label} needs a value for {name!r}; pass --at {name}=…")
    return parameter.default


def _is_count(parameter: inspect.Parameter) -> bool:
    """Tell whether a parameter is annotated as an integer."""
    return parameter.annotation in (int, "int") and parameter.kind is not parameter.POSITIONAL_ONLY


def _count(value: Any, label: str, name: str) -> int:
    """Return a whole number, or refuse a fraction or an array."""
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return int(value)
    raise RequestError(f"{label}: {name!r} is an int; give a whole number, as in --at {name}=3")
