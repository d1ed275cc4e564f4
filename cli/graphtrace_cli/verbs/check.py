"""The verb `check`: compare every local gradient with finite differences."""

from typing import Any

from graphtrace_cli import terminal
from graphtrace_cli.errors import EXIT_DONE, EXIT_NO
from graphtrace_cli.options import At, Json, Source

__all__ = ["check"]

FIELDS = ("source", "target", "slot", "op", "element", "analytic", "numeric", "ok")


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


def _as_json(report: Any) -> str:
    """Return the report as JSON, one object an edge element."""
    from json import dumps

    rows = [{field: getattr(row, field) for field in FIELDS} for row in report.rows]
    return dumps({"ok": report.ok, "rows": rows}, ensure_ascii=False, indent=1) + "\n"
