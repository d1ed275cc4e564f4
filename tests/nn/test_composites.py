"""How functions of several operations are recorded: scopes, names, lines, replay."""

import numpy as np

import graphtrace as gt
from graphtrace import nn

RNG = np.random.default_rng(10)
X, W, B = RNG.normal(size=(4, 3)), RNG.normal(size=(3, 3)), RNG.normal(size=3)


def model(x, w, b):
    hidden = nn.linear(x, w, b)
    normal = nn.layer_norm(hidden)
    return nn.mse(nn.relu(normal), x)


def test_parts_are_recorded_under_a_scope_of_the_functions_name():
    g = gt.trace(model, X, W, B)
    scopes = {path for number in range(len(g)) for path in [g._state.sealed.scope(number)]}
    assert scopes == {(), ("linear",), ("layer_norm",), ("mse",)}
    with_relu = [n for n in range(len(g)) if g._state.sealed.scope(n) == ()]
    assert [g[n].op for n in with_relu if g[n].kind == "op"] == ["relu"]


def test_nested_functions_nest_their_scopes():
    with gt.scope("block"):
        g = gt.trace(lambda x, w: nn.multi_head_attention(x, x, x, 1, (w, w, w, w)), X, W)
    found = {g._state.sealed.scope(number)[1:] for number in range(len(g))}
    outer = "multi_head_attention"
    assert {(outer, "linear"), (outer, "scaled_dot_product_attention")} <= found


def test_only_the_result_takes_the_assigned_name_and_all_have_the_users_line():
    g = gt.trace(model, X, W, B).backward()
    assert g["hidden"].op == "add"
    assert g["normal"].op == "divide"
    np.testing.assert_allclose(g["normal"].value, nn.layer_norm(g["hidden"].value))
    sealed = g._state.sealed
    inside = [sealed.where(n) for n in range(len(g)) if sealed.scope(n) == ("layer_norm",)]
    assert {place.text for place in inside if place} == {"normal = nn.layer_norm(hidden)"}
    assert {place.iteration for place in inside if place} == {None}


def test_constants_inside_are_not_named_after_the_calls_arguments():
    mask = np.array([True, False, True])

    def masked(p, t):
        return nn.mse(p, t, weights=mask)

    g = gt.trace(masked, B, B + 1.0)
    names = [node.name for node in g if node.kind == "constant"]
    assert not {"p", "t"} & set(names)


def test_a_composite_runs_again_at_other_inputs():
    g = gt.trace(model, X, W, B)
    moved = g.at(x=2 * X, b=B + 1)
    assert moved.output.value == model(2 * X, W, B + 1)
    assert moved["hidden"].op == "add"
    assert moved.check().ok


def test_step_by_step_graphs_record_composites_too():
    g = gt.Graph()
    x, w = g.inputs(x=X, w=W)
    y = nn.linear(x, w)
    np.sum(y)
    g.backward()
    np.testing.assert_allclose(g["w"].grad, np.tile(X.sum(0), (3, 1)))
    assert {"linear"} == {name for n in range(len(g)) for name in g._state.sealed.scope(n)}


def test_a_function_that_does_nothing_leaves_names_alone():
    def same(x):
        kept = 2.0 * x
        other = nn.dropout(kept, 0.0, np.random.default_rng(0))
        return np.sum(other)

    g = gt.trace(same, X)
    assert g["kept"].op == "multiply"


def test_there_are_enough_functions_and_each_is_documented():
    assert len(nn.__all__) >= 50
    for name in nn.__all__:
        assert len(getattr(nn, name).__doc__ or "") > 15, name
