"""From SOURCE and `--at` to a graph that has been run both ways."""

import ast
import contextlib
import importlib.util
import inspect
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from graphtrace_cli.errors import RequestError, in_users_file
from graphtrace_cli.values import Number, parse_at, parse_value

if TYPE_CHECKING:
    from graphtrace import Graph

__all__ = ["load", "load_file", "load_with_gradients"]

FILE_AND_FUNCTION = re.compile(r"(?P<path>.+\.py):(?P<function>\w+)")


def load_with_gradients(
    source: str, at: list[str] | None, seed: str | None = None, output: str | None = None
) -> "Graph":
    """Return the graph of SOURCE at the given inputs, after its backward pass."""
    graph = load(source, at)
    start = None if seed is None else parse_value(seed, "--seed")
    with np.errstate(all="ignore"):
        graph.backward(output, seed=start)
    return graph


def load(source: str, at: list[str] | None) -> "Graph":
    """Return the graph of SOURCE at the given inputs, run forward only."""
    inputs = parse_at(at or ())
    text = sys.stdin.read() if source == "-" else source
    if source.endswith(".gtrace"):
        raise RequestError(f"{source}: saved graphs cannot be read yet; give the expression")
    found = FILE_AND_FUNCTION.fullmatch(source)
    if found is not None:
        return _trace_file(Path(found["path"]), found["function"], inputs)
    if source.endswith(".py"):
        raise RequestError(f"{source}: which function? {_offer(Path(source))}")
    import graphtrace

    with np.errstate(all="ignore"):
        return graphtrace.parse(text, **inputs)


def _offer(path: Path) -> str:
    """Return how to name a function of a Python file."""
    try:
        parsed = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return f"write {path}:FUNCTION"
    names = [node.name for node in parsed.body if isinstance(node, ast.FunctionDef)]
    return "write " + " or ".join(f"{path}:{name}" for name in names[:5] or ["FUNCTION"])


def _trace_file(path: Path, name: str, inputs: dict[str, Number]) -> "Graph":
    """Load the file, bind the inputs to the function's parameters, and record one call."""
    from graphtrace import trace
    from graphtrace.errors import GraphTraceError, did_you_mean

    module = load_file(path)
    function = getattr(module, name, None)
    if not callable(function):
        known = [n for n, thing in vars(module).items() if inspect.isfunction(thing)]
        raise RequestError(f"{path.name} has no function {name!r}{did_you_mean(name, known)}")
    positional, keywords = _bind(function, f"{path.name}:{name}", inputs)
    try:
        with _quiet_user_code(), np.errstate(all="ignore"):
            return trace(function, *positional, **keywords)
    except GraphTraceError:
        raise
    except Exception as error:  # the user's code may raise anything
        raise RequestError(f"{in_users_file(error, path)}; mend it and run again") from error


def load_file(path: Path) -> Any:
    """Return the module that a Python file makes, with its folder importable, as a script has."""
    if not path.is_file():
        raise RequestError(f"{path}: no such file; check the path")
    name = f"graphtrace_source_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise RequestError(f"{path}: not a Python file; give one that ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    sys.path.insert(0, str(path.resolve().parent))
    try:
        with _quiet_user_code():
            spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # the user's code may raise anything
        del sys.modules[name]
        raise RequestError(f"{in_users_file(error, path)}; mend it and run again") from error
    finally:
        sys.path.remove(str(path.resolve().parent))
    return module


@contextlib.contextmanager
def _quiet_user_code() -> Iterator[None]:
    """Send what user code prints to standard error, and write no bytecode beside it.

    Cached bytecode goes by the second: a file edited twice within one would run stale.
    """
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        sys.dont_write_bytecode = before


def _bind(
    function: Callable[..., Any], label: str, inputs: dict[str, Number]
) -> tuple[list[Any], dict[str, Any]]:
    """Return the call's arguments: from `--at`, else from the parameters' defaults."""
    from graphtrace.errors import did_you_mean

    parameters = inspect.signature(function).parameters.values()
    open_ended = any(p.kind is p.VAR_KEYWORD for p in parameters)
    names = [p.name for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    for name in inputs:
        if name not in names and not open_ended:
            raise RequestError(f"{label} has no parameter {name!r}{did_you_mean(name, names)}")
    positional: list[Any] = []
    keywords: dict[str, Any] = {n: v for n, v in inputs.items() if n not in names}
    for parameter in parameters:
        if parameter.name not in names:
            continue
        value = _argument(parameter, label, inputs)
        if parameter.kind is parameter.KEYWORD_ONLY:
            keywords[parameter.name] = value
        else:
            positional.append(value)
    return positional, keywords


def _argument(parameter: inspect.Parameter, label: str, inputs: dict[str, Number]) -> Any:
    """Return one argument; a parameter whose default is an integer keeps integers."""
    name, default = parameter.name, parameter.default
    if name not in inputs:
        if default is parameter.empty:
            raise RequestError(f"{label} needs a value for {name!r}; pass --at {name}=…")
        return default
    value = inputs[name]
    whole = isinstance(value, float) and value.is_integer()
    wants_whole = parameter.annotation in (int, "int") or type(default) is int
    return int(value) if whole and wants_whole else value
