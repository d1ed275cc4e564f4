"""The verb `table`: every number of the graph, as tables or as JSON."""

from graphtrace_cli import terminal
from graphtrace_cli.errors import EXIT_DONE
from graphtrace_cli.options import At, Json, OutputName, Seed, Source

__all__ = ["table"]


def table(
    source: Source,
    at: At = None,
    seed: Seed = None,
    output_name: OutputName = None,
    json: Json = False,
) -> int:
    """Print all nodes (value, gradient) and all edges (local gradient, contribution).

    Example: graphtrace table "f = ln(x) + exp(y)*z" --at x=1,y=3,z=2
    """
    from graphtrace_cli.source import load_with_gradients

    facts = load_with_gradients(source, at, seed, output_name).facts()
    if json:
        from graphtrace.render import render

        terminal.write(render(facts, "json").decode())
    else:
        from graphtrace.annotate.table import tables

        terminal.show(tables(facts))
    return EXIT_DONE
