"""The verb `check`: compare every local gradient with finite differences."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from graphtrace_cli import terminal
from graphtrace_cli.errors import EXIT_DONE, EXIT_NO
from graphtrace_cli.options import At, Json, Source

if TYPE_CHECKING:
    from graphtrace.run.check import CheckReport

__all__ = ["check"]


def check(
    source: Source,
    at: At = None,
    json: Json = False,
) -> int:
    """Check every derivative by finite differences; exit code 1 when one is wrong.

    Example: graphtrace check "f = ln(x) + exp(y)*z" --at x=1,y=3,z=2
    """
    from graphtrace_cli.source import load

    report = load(source, at).check()
    if json:
        terminal.write(_as_json(report))
    else:
        terminal.write(f"{report}\n")
    return EXIT_DONE if report.ok else EXIT_NO


def _as_json(report: "CheckReport") -> str:
    """Return the report as strict JSON: one row an edge, NaN and ±∞ as strings."""
    from json import dumps

    from graphtrace.render.data import plain_value

    rows = [
        asdict(row)
        | {
            "element": list(row.element),
            "analytic": plain_value(row.analytic),
            "numeric": plain_value(row.numeric),
        }
        for row in report.rows
    ]
    found = {"ok": report.ok, "rows": rows, "hazards": [asdict(row) for row in report.hazards]}
    return dumps(found, ensure_ascii=False, indent=1) + "\n"
