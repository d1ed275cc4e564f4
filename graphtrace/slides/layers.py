"""Many frames as one drawing: every element once, with the frames that it is visible in."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from graphtrace.scene.model import LIT, Cluster, Label, Scene, Shape, Wire

__all__ = ["Element", "Layer", "layers_of", "ranges"]

Element = Cluster | Wire | Shape | Label


@dataclass(slots=True)
class Layer:
    """An element of a drawing.

    Attributes
    ----------
    owner: the key of its node, wire or cluster.
    element: what is drawn.
    frames: the numbers, from 0, of the frames that have it.
    """

    owner: str
    element: Element
    frames: list[int] = field(default_factory=list)


def layers_of(scenes: Sequence[Scene]) -> list[Layer]:
    """Return the elements of frames from back to front.

    What is drawn in another way in some frames, such as highlighted, is an element of its own
    right behind.
    """
    order: dict[str, list[Layer]] = {}
    for number, scene in enumerate(scenes):
        for owner, elements in _owned(scene):
            _merge(order.setdefault(owner, []), owner, elements, number)
    return [layer for layers in order.values() for layer in layers]


def _owned(scene: Scene) -> Iterator[tuple[str, Sequence[Element]]]:
    for cluster in scene.clusters:
        yield cluster.key, (cluster,)
    for wire in scene.wires:
        yield wire.key, (wire,)
    for node in scene.nodes:
        yield node.key, (*node.shapes, *node.labels)


def _merge(layers: list[Layer], owner: str, elements: Iterable[Element], number: int) -> None:
    """Note a frame's elements, each new one behind the one before it."""
    place = 0
    for element in elements:
        at = next((i for i, layer in enumerate(layers) if layer.element == element), None)
        if at is None:
            twin = (i for i, layer in enumerate(layers) if _usual(layer.element) == _usual(element))
            place = max(place, next(twin, -1) + 1)
            layers.insert(place, Layer(owner, element))
            at = place
        layers[at].frames.append(number)
        place = max(place, at + 1)


def _usual(element: Element) -> Element:
    """Return an element as it is without highlight."""
    if isinstance(element, (Shape, Wire)) and element.role.startswith(LIT):
        return replace(element, role=element.role.removeprefix(LIT))
    return element


def ranges(frames: Sequence[int], start: int = 0) -> list[tuple[int, int]]:
    """Return sorted numbers as first and last of each unbroken run, counted from `start`."""
    found: list[tuple[int, int]] = []
    for number in frames:
        if found and found[-1][1] == number + start - 1:
            found[-1] = found[-1][0], number + start
        else:
            found.append((number + start, number + start))
    return found
