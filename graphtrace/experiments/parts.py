"""What experiments share: inputs by name, plans of graphs, and progress on a terminal."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from graphtrace.errors import RefusedError
from graphtrace.graph import Graph

if TYPE_CHECKING:
    from graphtrace.run.plan import Plan

__all__ = ["flat", "numbered", "plan_of", "tracked", "whole_number"]

T = TypeVar("T")


def flat(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return inputs by the names they have in a graph: `params[W1]` for one in a dict.

    A list of numbers is an input in itself where the graph has one of its name; see `numbered`.
    """
    found: dict[str, Any] = {}
    for name, value in given.items():
        found[name] = value
        if isinstance(value, Mapping):
            del found[name]
            found.update(flat({f"{name}[{key}]": item for key, item in value.items()}))
        elif isinstance(value, (list, tuple)):
            del found[name]
            found.update(flat({f"{name}[{k}]": item for k, item in enumerate(value)}))
    return found


def numbered(graph: Graph, given: Mapping[str, Any]) -> dict[int, Any]:
    """Return new values of inputs by their nodes' numbers.

    Raises NameNotFoundError, ShapeError or RefusedError for what does not fit.
    """
    from graphtrace.run.replay import changed_inputs

    known = graph._inputs
    direct = {name: value for name, value in given.items() if name in known}
    nested = flat({name: value for name, value in given.items() if name not in known})
    numbers = graph._state.sealed.numbers
    changed = changed_inputs(known, direct | nested)
    return {numbers[record]: value for record, value in changed.items()}


def plan_of(graph: Graph, changing: Iterable[int], wrt: Iterable[int] | None) -> "Plan":
    """Return a graph made ready to run many times."""
    from graphtrace.run.plan import Plan

    return Plan(graph._state, graph._tape.guards, changing, wrt)


def whole_number(value: Any, what: str, least: int) -> int:
    """Return a count, or refuse what is none."""
    if isinstance(value, bool) or not hasattr(value, "__index__") or int(value) < least:
        raise RefusedError(f"{what} is a whole number from {least} up, not {value!r}")
    return int(value)


def tracked(items: Sequence[T], title: str, shown: bool | None) -> Iterator[T]:
    """Give the items; meanwhile show a bar on the standard error, if that is a terminal."""
    if shown is None:
        shown = sys.stderr is not None and sys.stderr.isatty()
    if not shown:
        yield from items
        return
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True, force_terminal=True)
    yield from track(items, title, console=console, transient=True)
