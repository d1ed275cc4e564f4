"""S2 by hand: h_t = w·(u_t + h_{t-1}), one weight with three uses."""

import pytest
import sympy

import graphtrace as gt


@pytest.fixture
def run(example):
    return example("s02_rnn")


def test_it_prints_the_worked_numbers(run):
    assert run.numbers("y =") == [14, 17]
    contributions = [line for line in run.text.splitlines() if line.startswith("  through")][:3]
    assert [line.split()[-1] for line in contributions] == ["4", "6", "7"]
    assert run.numbers("sum:") == [17]


def test_the_contributions_of_w_are_the_worked_formulas(run):
    w, u1, u2, u3 = sympy.symbols("w u1 u2 u3")
    g = gt.parse(run.module.EXPRESSION, w=2, u1=1, u2=1, u3=1).backward()
    worked = [w**2 * u1, w * u2 + w**2 * u1, u3 + w * u2 + w**2 * u1]
    shares = [row.contribution for row in g.contributions("w", symbolic=True)]
    for ours, theirs in zip(shares, worked, strict=True):
        assert same(ours, theirs)
    assert same(g.symbolic("y"), w * u3 + w**2 * u2 + w**3 * u1)
    assert same(g.symbolic_gradient("y", "w"), u3 + 2 * w * u2 + 3 * w**2 * u1)
    for name, worked_gradient in {"t": w, "s": w, "r": w**2, "q": w**2, "p": w**3}.items():
        assert same(g.symbolic_gradient("y", name), worked_gradient)


def same(ours, theirs):
    """Tell whether two expressions agree, whatever assumptions their symbols carry."""
    plain = {symbol: sympy.Symbol(symbol.name) for symbol in ours.free_symbols}
    return sympy.simplify(ours.subs(plain) - theirs) == 0


def test_the_loop_names_its_states(run):
    g = gt.trace(run.module.rnn, 2.0, 1.0, 1.0, 1.0).backward()
    assert [g[name].value for name in ("h₁", "h₂", "h₃")] == [2, 6, 14]
    assert [g[name].grad for name in ("h₁", "h₂", "h₃")] == [4, 2, 1]
    assert g["w"].grad == 17


def test_it_draws_both_graphs(run):
    assert sorted(path.name for path in run.folder.glob("*.svg")) == [
        "s02_rnn.svg",
        "s02_rnn_loop.svg",
    ]
