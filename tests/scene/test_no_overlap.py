"""No two labels touch, nothing leaves its node or the page, no wire crosses a foreign node."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from graphtrace.annotate.facts import GraphFacts
from graphtrace.scene.build import build_scene
from graphtrace.scene.options import DEFAULT_SHOW, SHOWABLE, Options
from tests.scene import programs, samples
from tests.scene.tidy import small_type, untidy


def _facts_of(make: Callable[[], Any]) -> Callable[[], GraphFacts]:
    def facts() -> GraphFacts:
        found: GraphFacts = make().facts()
        return found

    return facts


PICTURES: dict[str, Callable[[], GraphFacts]] = {
    "s1": samples.s1,
    "s1 without gradients": lambda: samples.s1(backward=False),
    "s2": samples.s2,
    "x*x": samples.square,
    "diamond": samples.diamond,
    "scopes": lambda: samples.diamond(("encoder", "block")),
    "exceptional": samples.exceptional,
    "network": samples.network,
    "softmax": samples.softmax,
    "softmax with NaN": lambda: samples.softmax(nan=True),
    "scopes of steps": lambda: samples.scoped(3),
    "scopes of aliased steps": lambda: samples.scoped(9),
    "hub": samples.hub,
    "hub that is an operation": lambda: samples.hub(9, op=True),
    "three shared weights": lambda: samples.rnn(2),
    "aliased weights": lambda: samples.rnn(9),
    "layers": lambda: samples.layered(36, 6),
    "long names": samples.long_names,
    "many operands": lambda: samples.many_operands(12),
    **{name: _facts_of(make) for name, make in programs.PROGRAMS.items()},
}
OPTIONS = {
    "default": Options(),
    "all": Options(show=frozenset(SHOWABLE), heaviest=3),
    "card": Options(look="card"),
    "narrow": Options(wrap=500),
    "one row": Options(show=DEFAULT_SHOW | {"thickness"}, wrap=0),
}


@pytest.fixture(params=list(PICTURES), scope="module")
def facts(request: pytest.FixtureRequest) -> GraphFacts:
    return PICTURES[request.param]()


@pytest.mark.parametrize("options", list(OPTIONS.values()), ids=list(OPTIONS))
def test_a_picture_is_tidy(facts: GraphFacts, options: Options) -> None:
    if not any(node.grad is not None for node in facts.nodes):
        options = replace(options, show=options.show - {"thickness"})
    scene = build_scene(facts, options)
    assert untidy(scene) == {}
    assert small_type(scene) == [] or "Draw a part" in scene.notes[-1]
