"""graphtrace: record a computation, run it forward and backward, and draw it."""

from graphtrace import nn, special
from graphtrace.assign import add_at, set_at
from graphtrace.custom import op
from graphtrace.errors import GraphTraceError
from graphtrace.experiments import fit, growth, study
from graphtrace.graph import Graph, name, parse, trace
from graphtrace.tape import scope

__all__ = [
    "Graph",
    "GraphTraceError",
    "__version__",
    "add_at",
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
