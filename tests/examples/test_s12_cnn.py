"""S12: the table of layers by hand, and invariance to circular shifts."""

import pytest


@pytest.fixture
def run(example):
    return example("s12_cnn")


def test_the_table_of_layers(run):
    rows = [line for line in run.text.splitlines() if "parameters, activations" in line]
    assert rows == [
        "image: 0 parameters, activations (1, 28, 28)",
        "CONV3-10: 100 parameters, activations (10, 28, 28)",
        "POOL2: 0 parameters, activations (10, 14, 14)",
        "CONV3-10: 910 parameters, activations (10, 14, 14)",
        "POOL2: 0 parameters, activations (10, 7, 7)",
        "FLATTEN: 0 parameters, activations (490,)",
        "FC-3: 1473 parameters, activations (3,)",
    ]
    first, second = (
        line.split() for line in run.text.splitlines() if line.startswith("CONV3-10  ")
    )
    assert first[4] == str(28 * 28 * 10 * 9)
    assert second[4] == str(14 * 14 * 10 * 90)


def test_the_other_counts(run):
    assert "RGB in, 5 channels out, bias: 245" in run.text
    moved = run.text.split("moved by circular shifts: ")[1].split()[0]
    assert float(moved) < 1e-13
