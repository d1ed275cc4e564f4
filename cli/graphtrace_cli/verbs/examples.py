"""The verb `examples`: list the worked examples, or run one."""

from pathlib import Path
from typing import Annotated

import typer

from graphtrace_cli import terminal
from graphtrace_cli.errors import EXIT_DONE

__all__ = ["examples"]


def _names(incomplete: str) -> list[str]:
    """Complete an example's name."""
    from graphtrace_cli.gallery import load_all

    return [example.name for example in load_all() if example.name.startswith(incomplete)]


def examples(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]",
            autocompletion=_names,
            help="Run this one (its first letters do); without a name, list all.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path,
        typer.Option("-o", metavar="FOLDER", help="Folder that the example's pictures go to."),
    ] = Path("out"),
) -> int:
    """List the worked examples, or run one and write its pictures.

    Example: graphtrace examples s01 -o out
    """
    if name is None:
        _list()
    else:
        _run(name, output)
    return EXIT_DONE


def _list() -> None:
    """Print names and first lines, aligned."""
    from graphtrace_cli.gallery import load_all

    every = load_all()
    width = max(len(example.name) for example in every)
    for example in every:
        terminal.write(f"{example.name:<{width}}  {example.summary}\n")


def _run(name: str, folder: Path) -> None:
    """Run an example's `main(folder)`."""
    from graphtrace_cli.gallery import find
    from graphtrace_cli.loading import load_file

    load_file(find(name).path).main(folder)
