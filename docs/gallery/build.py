"""Build the gallery: every picture, light and dark, and the page that shows them.

Its bytes are those of pygraphviz, the same for each of its versions; the fall-back in WebAssembly
places things up to a point elsewhere, and `--check` then calls most pictures stale.
"""

import argparse
import ast
import inspect
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path

from docs.gallery.pictures import PICTURES, Made, Picture
from graphtrace.comparison import Comparison
from graphtrace.render.difference import draw_difference
from graphtrace.render.registry import draw

__all__ = ["differences", "main"]

HERE = Path(__file__).resolve().parent
THEMES = {"light": "", "dark": "-dark"}
"""Themes, and what the names of their files end with."""
PAGE = "README.md"
COMMAND = "python -m docs.gallery"
HEAD = f"""# Gallery

Pictures as graphtrace draws them, each with the code that makes it. Your browser's choice of light
or dark is theirs too.

This page and its pictures are written by `{COMMAND}`; `{COMMAND} --check` tells whether they are up
to date, as CI does. To add a picture, write a function in [pictures.py](pictures.py).

In the code `np` is NumPy, `gt` is graphtrace, `programs` is [programs.py](programs.py), and
`example(…)` returns the module of the worked example of that name.
"""


def drawn(picture: Picture) -> dict[str, bytes]:
    """Return a picture's files by name."""
    made = picture.make()
    return {
        f"{picture.name}{end}.svg": _svg(made, picture.name, theme) for theme, end in THEMES.items()
    }


def _svg(made: Made, name: str, theme: str) -> bytes:
    # Ids made from the name change only when the picture does.
    choice = {**made.choice, "theme": theme, "prefix": f"{name}-"}
    if isinstance(made.graph, Comparison):
        return draw_difference(made.graph, "svg", **choice).data
    return draw(made.facts, "svg", **choice).data


def page(pictures: Mapping[str, Picture]) -> str:
    """Return the page as Markdown."""
    parts = [HEAD]
    section = ""
    for picture in pictures.values():
        if picture.section != section:
            section = picture.section
            parts.append(f"## {section}\n")
        parts.append(_shown(picture))
    return "\n".join(parts)


def _shown(picture: Picture) -> str:
    name, caption = picture.name, inspect.getdoc(picture.make) or ""
    alternative = caption.replace("`", "").replace('"', "&quot;")
    return (
        f"### {caption}\n\n<picture>\n"
        f'<source media="(prefers-color-scheme: dark)" srcset="{name}-dark.svg">\n'
        f'<img src="{name}.svg" alt="{alternative}">\n</picture>\n\n'
        f"<details><summary>Code</summary>\n\n```python\n{code(picture)}\n```\n\n</details>\n"
    )


def code(picture: Picture) -> str:
    """Return the code that makes a picture, as a reader would write it.

    It is the function's own, but that `return made(g, …)` is `g.render("NAME.svg", …)`.
    """
    source = textwrap.dedent(inspect.getsource(picture.make))
    (function,) = ast.parse(source).body
    assert isinstance(function, ast.FunctionDef)
    _, *steps, last = function.body
    assert isinstance(last, ast.Return)
    assert isinstance(last.value, ast.Call)
    graph, choice = ast.unparse(last.value.args[0]), last.value.keywords
    words = [f'"{picture.name}.svg"']
    words += [f"{word.arg}={ast.get_source_segment(source, word.value)}" for word in choice]
    lines = source.splitlines()[steps[0].lineno - 1 : steps[-1].end_lineno]
    return textwrap.dedent("\n".join(lines)) + f"\n{graph}.render({', '.join(words)})"


def files(pictures: Mapping[str, Picture]) -> dict[str, bytes]:
    """Return all files of the gallery by name."""
    found = {PAGE: page(pictures).encode()}
    for picture in pictures.values():
        found |= drawn(picture)
    return found


def differences(folder: Path, wanted: Mapping[str, bytes]) -> list[str]:
    """Return a line for each file that is missing, stale, or not of the gallery."""
    there = {path.name for path in folder.glob("*.svg")}
    lines = [f"{name}: not in the gallery" for name in there - set(wanted)]
    for name, data in wanted.items():
        path = folder / name
        if not path.is_file():
            lines.append(f"{name}: missing")
        elif path.read_bytes() != data:
            lines.append(f"{name}: stale")
    return sorted(lines)


def main(
    arguments: list[str],
    folder: Path = HERE,
    pictures: Mapping[str, Picture] = PICTURES,
    say: Callable[[str], None] = print,
) -> int:
    """Write the gallery, or check it; return 1 if it is not up to date."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if stale")
    check = parser.parse_args(arguments).check
    wanted = files(pictures)
    found = differences(folder, wanted)
    for line in found:
        say(line)
    if check:
        if found:
            say(f"{len(found)} files are not up to date: run `{COMMAND}`")
        return int(bool(found))
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.svg"):
        if path.name not in wanted:
            path.unlink()
    for name, data in wanted.items():
        (folder / name).write_bytes(data)
    return 0
