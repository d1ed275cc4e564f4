"""The verb `ops`: which operations there are, and what is proven of each."""

from dataclasses import asdict

from graphtrace_cli import terminal
from graphtrace_cli.errors import EXIT_DONE
from graphtrace_cli.options import Json

__all__ = ["ops"]


def ops(json: Json = False) -> int:
    """List all operations and functions: derivative modes, formulas, and what reaches them.

    Example: graphtrace ops --json
    """
    from graphtrace.nn.samples import coverage

    rows = coverage()
    if json:
        from json import dumps

        listed = [asdict(row) | {"calls": list(row.calls)} for row in rows]
        terminal.write(dumps(listed, ensure_ascii=False, indent=1) + "\n")
    else:
        from graphtrace.annotate.table import ops_table

        terminal.show((ops_table(rows),))
    return EXIT_DONE
