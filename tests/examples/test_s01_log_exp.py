"""S1 by hand: f = ln x + exp(y)·z at (1, 3, 2)."""

import pytest

import graphtrace as gt

H2 = 20.0855


def test_it_prints_the_worked_numbers(example):
    run = example("s01_log_exp")
    for name, value in {"h1": 0, "h2": H2, "h3": 40.171, "f": 40.171}.items():
        assert run.numbers(f"{name} =") == pytest.approx([value], abs=5e-4)
    gradients = {"f": 1, "h1": 1, "h3": 1, "h2": 2, "x": 1, "y": 40.171, "z": H2}
    for name, gradient in gradients.items():
        assert run.numbers(f"∂f/∂{name} =") == pytest.approx([gradient], abs=5e-4)
    edges = {"x → h1": (1, 1), "y → h2": (H2, 40.171), "z → h3": (H2, H2), "h2 → h3": (2, 2)}
    for edge, numbers in edges.items():
        assert run.numbers(f"{edge}:")[-2:] == pytest.approx(numbers, abs=5e-4)


def test_it_draws_its_picture(example):
    assert (example("s01_log_exp").folder / "s01_log_exp.svg").stat().st_size > 1000


def test_its_paths_are_the_chains_of_local_gradients(example):
    g = gt.trace(example("s01_log_exp").module.log_exp, 1.0, 3.0, 2.0).backward()
    for name, length, product in (("x", 2, 1), ("y", 3, 2 * H2), ("z", 2, H2)):
        (path,) = g.paths(name, "f")
        assert len(path.edges) == length
        assert path.product == pytest.approx(product, abs=5e-4)
