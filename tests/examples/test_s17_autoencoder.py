"""S17: the trained autoencoder spans the principal plane with orthogonal, equal columns."""

import pytest


def test_it_finds_the_principal_directions(example):
    run = example("s17_autoencoder")
    one, two, cosine = run.numbers("columns of W2: squared norms")
    assert one == pytest.approx(two, rel=2e-3)
    assert abs(cosine) < 2e-3
    line = next(line for line in run.text.splitlines() if line.startswith("cosines to"))
    cosines = [float(word) for word in line.partition("[")[2].strip("]").split()]
    assert cosines == pytest.approx([1, 1], abs=1e-6)
    assert run.numbers("largest difference of W1 and W2ᵀ:")[0] < 10
