"""JSON: the steps as data, for programs that make slides of their own."""

from graphtrace.formula.names import pretty_name
from graphtrace.render.data import dump
from graphtrace.slides.deck import Deck
from graphtrace.slides.steps import Storyboard

__all__ = ["json_deck"]


def json_deck(deck: Deck) -> str:
    """Return ``{"title", "graphs"}`` as strict JSON, one step a line; see docs/storyboard.md.

    A graph has ``title``, ``names`` (of nodes, by the key that steps use) and ``steps``; these are
    those of `Storyboard.as_json`.
    """
    graphs = ",\n".join(map(_graph, deck.boards))
    return f'{{"title": {dump(deck.title)},\n "graphs": [\n{graphs}\n ]}}\n'


def _graph(board: Storyboard) -> str:
    found = board.as_json()
    names = {f"n{node.id}": pretty_name(node.name) for node in board.facts.nodes}
    steps = ",\n".join(f"    {dump(step)}" for step in found["steps"])
    head = f'  {{"title": {dump(found["title"])},\n   "names": {dump(names)},\n'
    return f'{head}   "already": {dump(sorted(board.already))},\n   "steps": [\n{steps}\n   ]}}'
