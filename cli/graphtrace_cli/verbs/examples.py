"""The verb `examples`: list the worked examples, run one, or make a page of all."""

from pathlib import Path
from typing import Annotated

import typer

from graphtrace_cli import terminal
from graphtrace_cli.errors import EXIT_DONE, RequestError

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
        typer.Option("-o", metavar="FOLDER", help="Folder that pictures and reports go to."),
    ] = Path("out"),
    *,
    every: Annotated[
        bool, typer.Option("--all", help="Run all, and write a page that shows them: index.html.")
    ] = False,
) -> int:
    """List the worked examples, or run one or all and write their pictures and reports.

    With --all some come as slides too, in every kind that this installation can make.

    Example: graphtrace examples s01 -o out
    """
    if name is not None and every:
        raise RequestError("give a name or --all, not both")
    if every:
        _run_all(output)
    elif name is not None:
        from graphtrace_cli.gallery import find, run

        run(find(name), output)
    else:
        _list()
    return EXIT_DONE


def _list() -> None:
    """Print names, first lines and thumbnails, aligned."""
    from graphtrace_cli.gallery import load_all

    every = load_all()
    width = max(len(example.name) for example in every)
    longest = max(len(example.summary) for example in every)
    for example in every:
        thumbnail = f"  {example.thumbnail}" if example.thumbnail.is_file() else ""
        terminal.write(f"{example.name:<{width}}  {example.summary:<{longest}}{thumbnail}".rstrip())
        terminal.write("\n")


def _run_all(folder: Path) -> None:
    """Run every example; write each one's report and thumbnail, and at the end the page."""
    from graphtrace.render import write_whole
    from graphtrace_cli.gallery import index_page, load_all, run, save_decks, save_thumbnail

    outcomes, decks, missing = [], {}, dict[str, None]()
    for example in load_all():
        outcome = run(example, folder, quiet=True)
        save_thumbnail(outcome, folder / "thumbnails" / f"{example.name}.png")
        outcomes.append(outcome)
        made, lacking = save_decks(outcome, folder / "slides")
        decks[example.name] = [path.relative_to(folder) for path in made]
        missing |= dict.fromkeys(lacking)
        words = f", {len(made)} kinds of slides" if made else ""
        terminal.write(f"{example.name}: {len(outcome.pictures)} pictures{words}\n")
        terminal.flush()
    for line in missing:
        terminal.note(line)
    page = folder / "index.html"
    write_whole(page, index_page(outcomes, decks).encode())
    terminal.write(f"{page}\n")
