"""The picture of a worksheet: numbered boxes, empty on the sheet and filled on its key."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from graphtrace.annotate.facts import GraphFacts
from graphtrace.annotate.summary import GRID_LIMIT, brief, element_count
from graphtrace.exercise.worksheet_blanks import Blank, blanks_in, chosen, repeated, shown_parts
from graphtrace.formula.names import pretty_name
from graphtrace.scene.blanks import BLANK, gradient_room, row_rooms, value_room
from graphtrace.scene.build import build_scene
from graphtrace.scene.model import Box, Label, Scene, SceneNode, Shape, Text
from graphtrace.scene.options import Options
from graphtrace.scene.plan import edge_key
from graphtrace.scene.typeset import plain, printable
from graphtrace.scene.wording import TINY, numeral
from graphtrace.slides.stage import part_of

__all__ = ["boxed_scene", "candidates", "check_size", "outside_values", "picture"]

NUMBER = 7.0
PAD = 6.0
CAP = 0.73


def boxed_scene(facts: GraphFacts, options: Options, kinds: Sequence[str]) -> Scene:
    """Return the whole picture with all answers, and a box around each that can be asked for."""
    return build_scene(facts, replace(options, blanks=shown_parts(kinds), named=True))


def check_size(facts: GraphFacts, options: Options, kinds: Sequence[str], fraction: float) -> None:
    """Refuse what is too much for a sheet, or nothing at all, before a picture is laid out.

    Raises
    ------
    FormatError: as `worksheet_blanks.chosen`.
    """
    options = replace(options, blanks=shown_parts(kinds))
    boxes = {f"value n{node.id}" for node in facts.nodes if value_room(node, options)}
    boxes |= {f"grad n{node.id}" for node in facts.nodes if gradient_room(node, options)}
    for edge in facts.edges:
        rooms = zip(("local", "contribution"), row_rooms(edge, options), strict=True)
        boxes |= {f"{what} {edge_key(edge)}" for what, room in rooms if room}
    around = {node.id for node in facts.nodes}
    chosen(blanks_in(facts, boxes, kinds, around), fraction, 0)


def candidates(facts: GraphFacts, scene: Scene, kinds: Sequence[str]) -> list[Blank]:
    """Return what a picture has boxes for; see `worksheet_blanks.blanks_in`."""
    boxes = {
        part_of(node, shape) for node in scene.nodes for shape in node.shapes if shape.role == BLANK
    }
    return blanks_in(facts, boxes, kinds, _drawn_nodes(scene))


def outside_values(facts: GraphFacts, scene: Scene) -> list[str]:
    """Return the values of nodes that are used in a part of a graph but stand outside of it."""
    around = _drawn_nodes(scene)
    used = {edge.source for edge in facts.edges if edge.target in around} - around
    return [
        f"{pretty_name(node.name)} = {numeral(brief(node.value))}"
        for node in facts.nodes
        if node.id in used and node.kind != "constant"
    ]


def _drawn_nodes(scene: Scene) -> set[int]:
    return {int(node.key[1:]) for node in scene.nodes if node.key[0] in "nh"}


def picture(
    facts: GraphFacts, scene: Scene, blanks: Sequence[Blank], *, filled: bool, digits: int = 4
) -> Scene:
    """Return the picture with numbered boxes; those of an unfilled one give nothing away.

    What readers and programs find in it, such as titles, is names alone.
    """
    artist = _Artist(facts, blanks, digits, filled=filled)
    nodes = tuple(artist.node(node) for node in scene.nodes if artist.shows(node))
    wires = tuple(
        replace(wire, title=artist.wire_title(wire.source, wire.target)) for wire in scene.wires
    )
    return replace(scene, nodes=nodes, wires=wires, notes=())


class _Artist:
    """Draws the nodes of one sheet."""

    def __init__(
        self, facts: GraphFacts, blanks: Sequence[Blank], digits: int, *, filled: bool
    ) -> None:
        self.digits = digits
        self.asked = {blank.part: blank for blank in blanks}
        self.filled = filled
        self.names = {node.id: printable(pretty_name(node.name)) for node in facts.nodes}
        self.never = repeated(facts)
        self.rules = {f"local {edge_key(edge)}": edge.formula for edge in facts.edges}
        large = [blank for blank in blanks if element_count(blank.value) > GRID_LIMIT]
        self.has_large = bool(large)

    def shows(self, node: SceneNode) -> bool:
        """Tell whether a node is on the sheet: the key to colours tells how large answers are."""
        return node.role != "legend" or self.filled or not self.has_large

    def title(self, key: str) -> str:
        """Return the name of what a key stands for."""
        # A stand-in at the head of its wire has the wire's key behind an "a".
        number = key[2:].partition("-")[0] if key[:2] == "ae" else key[1:]
        return self.names.get(int(number), "") if number.isdigit() else ""

    def wire_title(self, source: str, target: str) -> str:
        return " → ".join(filter(None, map(self.title, (source, target))))

    def node(self, node: SceneNode) -> SceneNode:
        shapes, labels, first = list[Shape](), list[Label](), set[str]()
        boxes = self._boxes(node)
        for shape in node.shapes:
            part = part_of(node, shape)
            if shape.role == BLANK and part not in self.asked:
                continue
            if part in self.asked and not self.filled and shape.role not in (BLANK, "bracket"):
                continue
            shapes.append(shape)
            if shape.role == BLANK and part not in first:
                first.add(part)
                labels.append(_corner(shape, self.asked[part].number))
        for label in node.labels:
            part = part_of(node, label)
            if part in self.asked and not _heads(label):
                if self.filled:
                    labels.append(self._answer(label, self.asked[part], boxes.get(part, ())))
            elif not self._tells(part, label):
                labels.append(label)
        title = self.title(node.key) or (node.title if node.role == "legend" else "")
        return replace(node, title=title, description="", shapes=tuple(shapes),
                       labels=tuple(labels))  # fmt: skip

    def _tells(self, part: str, label: Label) -> bool:
        """Tell whether type is a number that a blank may ask for in another place.

        Only uses contribute their node's gradient; a rule that is too long for its place is
        written as its number, which may be a value: the derivative of exp.
        """
        rule = self.rules.get(part, "")
        is_rule = label.ink.text == rule or not _is_number(label.ink.text) or _is_number(rule)
        return part in self.never or not (rule == "" or is_rule)

    def _boxes(self, node: SceneNode) -> Mapping[str, Sequence[Box]]:
        found: dict[str, list[Box]] = {}
        for shape in node.shapes:
            if shape.role == BLANK:
                box = Box(shape.x, shape.y, shape.width, shape.height)
                found.setdefault(part_of(node, shape), []).append(box)
        return found

    def _answer(self, label: Label, blank: Blank, boxes: Sequence[Box]) -> Label:
        """Return an answer in the middle of its box, in smaller type if it would not fit."""
        middle = label.left + label.ink.width / 2
        box = next((b for b in boxes if b.x <= middle <= b.right and b.y <= label.y <= b.bottom
                    ), None)  # fmt: skip
        if box is None or (len(boxes) == 1 and element_count(blank.value) > GRID_LIMIT):
            return label
        ink = label.ink
        if blank.kind in ("local", "contributions") and element_count(blank.value) <= TINY:
            # The picture has the rule there, or a norm.
            words = numeral(brief(blank.value, self.digits))
            ink = plain(words, ink.role, ink.size, italic=ink.italic)
        clear = _corner_width(blank.number) if box == boxes[0] else 0.0
        ink = _fitted(ink, box.width - PAD - clear)
        level = box.y + (box.height + CAP * ink.size) / 2
        return Label(ink, box.x + (box.width + clear) / 2, level, "middle")


def _heads(label: Label) -> bool:
    """Tell whether type that belongs to an answer says what it is: ∂L/∂W above a matrix."""
    return label.ink.text.startswith("∂") and label.ink.text.rstrip("= ").count("=") == 0


def _fitted(ink: Text, width: float) -> Text:
    return ink if ink.width <= width else ink.scaled(max(width, 8.0) / ink.width)


def _corner(shape: Shape, number: int) -> Label:
    ink = plain(str(number), "shape", NUMBER)
    return Label(ink, shape.x + 2, shape.y + 1 + CAP * NUMBER)


def _corner_width(number: int) -> float:
    return plain(str(number), "shape", NUMBER).width


def _is_number(text: str) -> bool:
    try:
        float(text.replace("\u2212", "-"))
    except ValueError:
        return False
    return True
