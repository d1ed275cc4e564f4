"""graphtrace: record a computation, run it forward and backward, and draw it."""

from typing import TYPE_CHECKING, Any

from graphtrace import nn, special
from graphtrace.assign import add_at, set_at
from graphtrace.custom import op
from graphtrace.errors import GraphTraceError
from graphtrace.graph import Graph, name, parse, trace
from graphtrace.tape import scope

if TYPE_CHECKING:
    from graphtrace.comparison import compare
    from graphtrace.experiments import fit, growth, study

__all__ = [
    "Graph",
    "GraphTraceError",
    "__version__",
    "add_at",
    "compare",
    "fit",
    "growth",
    "name",
    "nn",
    "op",
    "parse",
    "scope",
    "set_at",
    "special",
    "study",
    "trace",
]

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Import experiments and comparisons when one is used: most programs use none."""
    if name in ("fit", "growth", "study"):
        from graphtrace import experiments

        return getattr(experiments, name)
    if name == "compare":
        from graphtrace.comparison import compare

        return compare
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
