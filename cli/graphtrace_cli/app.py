"""The Typer app: one row per verb, and the rim where every outcome becomes an exit code."""

import sys
from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from graphtrace_cli import terminal
from graphtrace_cli.errors import EXIT_CLOSED_PIPE, EXIT_INTERRUPTED, EXIT_WRONG, describe
from graphtrace_cli.verbs.check import check
from graphtrace_cli.verbs.cost import cost
from graphtrace_cli.verbs.diff import diff
from graphtrace_cli.verbs.examples import examples
from graphtrace_cli.verbs.explain import explain
from graphtrace_cli.verbs.grade import grade
from graphtrace_cli.verbs.ops import ops
from graphtrace_cli.verbs.render import render
from graphtrace_cli.verbs.slides import slides
from graphtrace_cli.verbs.table import table
from graphtrace_cli.verbs.worksheet import worksheet

__all__ = ["VERBS", "app", "run"]

# A new verb is one file under verbs/ and one row here; the file's function is the verb.
VERBS: tuple[Callable[..., int], ...] = (
    render,
    slides,
    explain,
    worksheet,
    grade,
    table,
    diff,
    check,
    cost,
    examples,
    ops,
)

app = typer.Typer(
    name="graphtrace",
    help="Record a computation once; read its values, its gradients and its picture.",
    epilog='Example: graphtrace render "f = ln(x) + exp(y)*z" --at x=1,y=3,z=2 -o f.svg',
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

for verb in VERBS:
    app.command()(verb)


def _version(wanted: bool) -> None:
    """Print the version and leave."""
    if wanted:
        from importlib.metadata import PackageNotFoundError, version

        try:
            number = version("graphtrace")
        except PackageNotFoundError:
            number = "(a source tree that is not installed)"
        terminal.write(f"graphtrace {number}\n")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Record a computation once; read its values, its gradients and its picture."""


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command line; print at most one line of error; return the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    terminal.prepare()
    try:
        code = app(given or ["--help"], prog_name="graphtrace", standalone_mode=False)
        terminal.flush()
    except terminal.ClosedPipeError:
        return EXIT_CLOSED_PIPE
    except (KeyboardInterrupt, typer.Abort):
        return EXIT_INTERRUPTED
    except BaseException as error:  # noqa: BLE001 -- the rim: no traceback ever reaches the user
        terminal.complain(describe(error))
        return EXIT_WRONG
    return code if isinstance(code, int) else 0
