"""Studies over random draws: against closed forms, and against runs one by one."""

import numpy as np
import pytest

import graphtrace as gt
from graphtrace.errors import GradientError, GuardError, NameNotFoundError, RefusedError, ShapeError

F = gt.parse("h = w*x; f = tanh(h) + exp(-x**2)", w=0.7, x=1.2)


def both(rng):
    return {"w": rng.normal(), "x": rng.normal()}


def test_numbers_run_at_once_and_agree_with_replay_one_by_one():
    found = gt.study(F, both, draws=20, seeds=3, values=["h", "f"], gradients=["w", "x", "h"])
    assert found.at_once
    for k, seed in enumerate(np.random.SeedSequence(3).spawn(20)):
        one = F.at(**both(np.random.default_rng(seed))).backward()
        for name in ("h", "f"):
            assert found.values[name].draws[k] == pytest.approx(one[name].value, rel=1e-14)
        for name in ("w", "x", "h"):
            assert found.gradients[name].draws[k] == pytest.approx(one[name].grad, rel=1e-12)


def test_arrays_run_one_by_one_and_agree_with_replay():
    def loss(W, x):
        h = np.tanh(W @ x)
        return np.sum(h**2)

    def draw(rng):
        return {"W": rng.normal(size=(3, 2)), "x": rng.normal(size=2)}

    found = gt.study(loss, draw, draws=5, values=["h"], gradients=["W"])
    assert not found.at_once
    assert found.values["h"].draws.shape == (5, 3)
    for k, seed in enumerate(np.random.SeedSequence(0).spawn(5)):
        one = gt.trace(loss, **draw(np.random.default_rng(seed))).backward()
        assert np.allclose(found.values["h"].draws[k], one["h"].value, rtol=1e-14)
        assert np.allclose(found.gradients["W"].draws[k], one["W"].grad, rtol=1e-12)


@pytest.mark.parametrize("d", [16, 64])
def test_the_variance_of_a_weighted_sum_is_one(d):
    """Var Σ w·x = d·Var w·Var x for independent w, x of mean 0: with σ_w = 1/√d it is 1."""

    def draw(rng):
        return {"w": rng.normal(0, 1 / np.sqrt(d), d), "x": rng.normal(size=d)}

    def y(w, x):
        return np.sum(w * x)

    found = gt.study(y, draw, draws=3000, seeds=1).samples[0]
    # the fourth moment of y is 3 + 6/d, so the variance of its square is 2 + 6/d
    assert abs(found.variance - 1) < 5 * np.sqrt((2 + 6 / d) / 3000)
    assert abs(found.mean) < 5 * found.standard_error


def test_statistics_are_those_of_numpy():
    found = gt.study(F, both, draws=50)["f"]
    numbers = np.asarray(found)
    assert len(found) == 50
    assert found.mean == pytest.approx(numbers.mean())
    assert found.variance == pytest.approx(numbers.var(ddof=1))
    assert found.standard_error == pytest.approx(numbers.std(ddof=1) / np.sqrt(50))
    assert np.allclose(found.quantiles([0.1, 0.9]), np.quantile(numbers, [0.1, 0.9]))


def test_inputs_that_are_not_drawn_keep_their_values():
    found = gt.study(F, lambda rng: {"w": rng.normal()}, draws=4, gradients=["x"])
    assert found.gradients["x"].draws.shape == (4,)
    assert len(set(found.gradients["x"].draws)) == 4


def test_seeds_of_ones_own_and_the_same_numbers_again():
    first = gt.study(F, both, seeds=[5, 6, 7])
    again = gt.study(F, both, seeds=[5, 6, 7])
    assert np.array_equal(first["f"].draws, again["f"].draws)
    one = F.at(**both(np.random.default_rng(6)))
    assert first["f"].draws[1] == pytest.approx(one["f"].value, rel=1e-14)
    with pytest.raises(RefusedError, match="3 seeds for 4 draws"):
        gt.study(F, both, draws=4, seeds=[1, 2, 3])


def test_what_is_kept_can_be_reduced():
    def f(x):
        return x * 2.0

    found = gt.study(
        f, lambda rng: {"x": rng.normal(size=3)}, draws=4, gradients=["x"],
        upstream=[1, 1, 1], reduce=np.linalg.norm,
    )  # fmt: skip
    assert np.allclose(found.gradients["x"].draws, 2 * np.sqrt(3))


def test_inputs_in_lists_and_dicts_are_drawn_by_name():
    def f(p, us):
        return p["w"] * us[0] + us[1]

    g = gt.trace(f, {"w": 2.0}, [1.0, 3.0])
    found = gt.study(g, lambda rng: {"p": {"w": 10.0}, "us": [1.0, rng.uniform()]}, draws=3)
    assert np.all(found.samples[0].draws >= 10)


def test_a_branch_that_a_draw_leaves_is_named():
    def f(x):
        return x * 2 if np.sum(x) > 0 else -x

    g = gt.trace(f, 1.0)
    with pytest.raises(GuardError, match=r"test_study.py:\d+.*np.where"):
        gt.study(g, lambda rng: {"x": rng.normal()}, draws=20)
    h = gt.trace(f, np.ones(2))
    signs = iter([np.ones(2), -np.ones(2)])
    with pytest.raises(GuardError, match=r"draw 1: .*the other"):
        gt.study(h, lambda _: {"x": next(signs)}, seeds=[4, 2])


def test_bad_requests_are_refused():
    with pytest.raises(NameNotFoundError, match="no input 'v'"):
        gt.study(F, lambda _: {"v": 1.0})
    with pytest.raises(ShapeError, match="shape"):
        gt.study(F, lambda _: {"w": np.ones(2)})
    with pytest.raises(NameNotFoundError, match="no node 'k'"):
        gt.study(F, both, values="k")
    with pytest.raises(RefusedError, match="draws is a whole number from 1 up"):
        gt.study(F, both, draws=0)
    with pytest.raises(GradientError, match="give a seed of that shape"):
        gt.study(lambda x: x * 2, lambda _: {"x": np.ones(2)}, draws=2, gradients=["x"])
    with pytest.raises(NameNotFoundError, match="no sample 'w'"):
        gt.study(F, both, draws=2)["w"]


def test_the_table_has_a_row_for_each_quantity():
    lines = str(gt.study(F, both, draws=8, gradients="w")).splitlines()
    assert lines[0] == "8 draws"
    assert [line.split()[0] for line in lines[3:]] == ["f", "∂f/∂w"]


def test_a_bar_is_shown_on_the_standard_error_on_request(capsys):
    def f(x):
        return np.sum(x)

    gt.study(f, lambda _: {"x": np.ones(2)}, draws=3, progress=True)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "drawing" in shown.err
    gt.study(f, lambda _: {"x": np.ones(2)}, draws=3)
    assert capsys.readouterr().err == ""
