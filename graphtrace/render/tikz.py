"""TikZ: a LaTeX document that compiles on its own, and a picture inside of another one."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from graphtrace.render.tex import tex_math, tex_text
from graphtrace.render.theme import Paint, Theme
from graphtrace.render.walk import coordinate as _n
from graphtrace.render.walk import frame
from graphtrace.scene.model import Cluster, Label, Point, Scene, Shape, Text, Wire
from graphtrace.scene.typeset import printable, shorten

__all__ = ["LARGEST", "MACROS", "comment", "element_lines", "page_line", "picture_lines",
           "styles", "tikz_text"]  # fmt: skip

LARGEST = 14_000
"""The longest side that TeX can still measure, in points, with some room."""
COMMENT = 500
# The name for a picture that is drawn by a document is the same as for one that is a document:
# \@nodocument is \relax once a document has begun.
HEAD = r"""% {title}
% Compiles on its own (pdflatex, xelatex or lualatex). In a document or a Beamer frame that has
% \usepackage{{tikz}}, \input of this file draws the picture alone; to fit it to the text width:
% \resizebox{{\textwidth}}{{!}}{{\input{{this file}}}}. Styles and colours to change stand below.
\makeatletter
\ifx\@nodocument\relax
  \def\gtend{{}}%
\else
  \documentclass{{article}}
  \usepackage[paperwidth={width}bp,paperheight={height}bp,margin=0bp]{{geometry}}
  \usepackage{{tikz}}
  \pagestyle{{empty}}
  \setlength\parindent{{0pt}}\setlength\topskip{{0pt}}
  \def\gtend{{\end{{document}}}}%
  \begin{{document}}%
\fi
\makeatother
"""
# \gtfit{factor}{width in bp}{type}: type at a factor of 10 pt, smaller where it would be too wide.
MACROS = r"""  \def\gtfit#1#2#3{\setbox0\hbox{\fontsize{10}{12}\selectfont#3}%
    \ifdim#1\wd0>#2bp\resizebox{#2bp}{!}{\box0}\else\scalebox{#1}{\box0}\fi}%
  \def\gtbar#1{\rule{.32em}{\dimexpr.09em*#1\relax}\kern.05em}%
  \def\gtcode#1{{\fboxsep=1pt\fbox{\scalebox{.7}{#1}}}}%
  \def\gtchar#1{\ifdefined\Umathcode\iffontchar\font"#1 \char"#1 \else\gtcode{#1}\fi
    \else\gtcode{#1}\fi}%
"""
ANCHORS = {"start": "base west", "middle": "base", "end": "base east"}
# Computer Modern is smaller at the same size than the type that the picture is measured with.
LARGER = 1.18


def tikz_text(scene: Scene, theme: Theme, *, scale: float = 1.0) -> str:
    """Return the scene as LaTeX; `scale` is the size of one point of it."""
    width, height = _n(scene.width * scale), _n(scene.height * scale)
    lines = [
        HEAD.format(title=_plain(scene.title), width=width, height=height).rstrip(),
        *picture_lines(scene, theme, scale),
        r"\gtend",
        "",
    ]
    return "\n".join(lines)


def picture_lines(scene: Scene, theme: Theme, scale: float) -> Iterator[str]:
    """Yield the picture alone, for a document that has TikZ."""
    yield rf"\begin{{tikzpicture}}[x={scale:.4g}bp, y=-{scale:.4g}bp]"
    yield MACROS.rstrip()
    yield from styles([scene], theme, scale)
    yield page_line(scene)
    for cluster in scene.clusters:
        yield comment(cluster.title)
        yield from element_lines(cluster, theme, scale)
    for wire in scene.wires:
        yield comment(wire.title)
        yield from element_lines(wire, theme, scale)
    for node in scene.nodes:
        yield comment(node.title)
        things: tuple[Shape | Label, ...] = (*node.shapes, *node.labels)
        for thing in things:
            yield from element_lines(thing, theme, scale)
    yield r"\end{tikzpicture}%"


def page_line(scene: Scene) -> str:
    """Return the drawing of the page itself."""
    return rf"  \fill[gt page] (0,0) rectangle ({_n(scene.width)},{_n(scene.height)});"


def element_lines(
    thing: Cluster | Wire | Shape | Label, theme: Theme, scale: float
) -> Iterator[str]:
    """Yield the lines that draw one element of a scene."""
    if isinstance(thing, Cluster):
        yield _shape(frame(thing), theme, scale)
        yield _label(thing.label, scale)
    elif isinstance(thing, Wire):
        yield from _wire(thing, theme, scale)
    elif isinstance(thing, Shape):
        yield _shape(thing, theme, scale)
    else:
        yield _label(thing, scale)


def _plain(text: str) -> str:
    """Return one line for a comment, which nothing can end but a line's end."""
    return shorten(printable(text[: COMMENT + 1]), COMMENT)


def comment(text: str) -> str:
    """Return one line that TeX does not read, whatever the text."""
    return f"  % {_plain(text)}"


def styles(scenes: Sequence[Scene], theme: Theme, scale: float) -> Iterator[str]:
    """Yield the colours and one style for each role that the scenes have."""
    things: list[Shape | Wire] = []
    labels: list[Label] = []
    for scene in scenes:
        shapes = [frame(cluster) for cluster in scene.clusters]
        shapes += [shape for node in scene.nodes for shape in node.shapes]
        things += [*(s for s in shapes if s.level is None), *scene.wires]
        labels += [label for node in scene.nodes for label in node.labels]
        labels += [cluster.label for cluster in scene.clusters]
    paints = {thing.role: theme.paint(replace(thing, weight=1.0)) for thing in things}
    inks = {label.ink.role: theme.text(label.ink.role) for label in labels}
    used = {theme.page, *inks.values()}
    used |= {colour for paint in paints.values() for colour in (paint.fill, paint.stroke) if colour}
    for colour in sorted(used):
        yield rf"  \definecolor{{{_colour(colour)}}}{{HTML}}{{{colour[1:].upper()}}}"
    yield r"  \tikzset{"
    yield f"    gt page/.style={{fill={_colour(theme.page)}}},"
    for role, paint in sorted(paints.items()):
        yield f"    gt {role}/.style={{{_paint(paint, scale)}}},"
    for role in sorted({thing.role for thing in things if isinstance(thing, Wire)}):
        yield f"    gt {role} head/.style={{fill={_colour(paints[role].stroke or theme.ink)}}},"
    for role, colour in sorted(inks.items()):
        yield f"    gt {role} type/.style={{text={_colour(colour)}}},"
    yield f"    gt dashed/.style={{dash pattern=on {_n(4 * scale)}bp off {_n(3 * scale)}bp}},"
    yield "    gt label/.style={inner sep=0bp, outer sep=0bp}}"


def _colour(colour: str) -> str:
    return f"gt{colour[1:].upper()}"


def _paint(paint: Paint, scale: float) -> str:
    words = [f"fill={_colour(paint.fill)}"] if paint.fill else []
    if paint.stroke:
        words += [f"draw={_colour(paint.stroke)}", f"line width={_n(paint.width * scale)}bp"]
    return ", ".join(words)


def _point(point: Point) -> str:
    return f"({_n(point[0])},{_n(point[1])})"


def _shape(shape: Shape, theme: Theme, scale: float) -> str:
    corner = (shape.x, shape.y)
    far = (shape.x + shape.width, shape.y + shape.height)
    if shape.level is not None:
        cell = theme.paint(shape).fill or theme.page
        red, green, blue = (int(cell[at : at + 2], 16) for at in (1, 3, 5))
        colour = f"{{rgb,255:red,{red};green,{green};blue,{blue}}}"
        return rf"  \fill[fill={colour}] {_point(corner)} rectangle {_point(far)};"
    style = _style(shape, theme, scale)
    if shape.kind == "line":
        return rf"  \path[{style}] {_point(corner)} -- {_point(far)};"
    if shape.kind == "ellipse":
        rx, ry = shape.width / 2, shape.height / 2
        centre = _point((shape.x + rx, shape.y + ry))
        return rf"  \path[{style}] {centre} ellipse [x radius={_n(rx)}, y radius={_n(ry)}];"
    round_ = f", rounded corners={_n(shape.radius * scale)}bp" if shape.radius else ""
    return rf"  \path[{style}{round_}] {_point(corner)} rectangle {_point(far)};"


def _style(thing: Shape | Wire, theme: Theme, scale: float) -> str:
    """Return the style of a role, with the width of a line that has a weight of its own."""
    words = [f"gt {thing.role}", "gt dashed"] if thing.dashed else [f"gt {thing.role}"]
    if thing.weight != 1.0:
        words.append(f"line width={_n(theme.paint(thing).width * scale)}bp")
    return ", ".join(words)


def _wire(wire: Wire, theme: Theme, scale: float) -> Iterator[str]:
    first, *rest = (_point(point) for point in wire.points)
    pieces = [rest[at : at + 3] for at in range(0, len(rest), 3)]
    way = "".join(f" .. controls {a} and {b} .. {c}" for a, b, c in pieces)
    style = _style(wire, theme, scale)
    yield rf"  \path[{style}] {first}{way};"
    head = " -- ".join(map(_point, wire.head))
    yield rf"  \path[gt {wire.role} head] {head} -- cycle;"


def _label(label: Label, scale: float) -> str:
    ink = label.ink
    factor = f"{ink.size * scale * LARGER / 10:.4g}"
    width = _n(max(ink.width, 1.0) * scale)
    return (
        rf"  \node[gt label, gt {ink.role} type, anchor={ANCHORS[label.anchor]}]"
        rf" at {_point((label.x, label.y))} {{\gtfit{{{factor}}}{{{width}}}{{{_words(ink)}}}}};"
    )


def _words(ink: Text) -> str:
    formula = tex_math(ink.tex) if ink.tex else None
    if formula is not None:
        return rf"$\displaystyle {formula}$" if "frac" in formula else f"${formula}$"
    words = tex_text(ink.text)
    return rf"\itshape {words}" if ink.italic else words
