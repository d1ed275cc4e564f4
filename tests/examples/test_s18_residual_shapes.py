"""S18: a selection keeps a direct path free of parameters, a learned matrix does not."""


def test_the_paths_and_their_parameters(example):
    text = example("s18_residual_shapes").text
    selection, learned = text.split("learned matrix:")
    assert "selection: 4 paths" in selection
    assert "free of parameters: 1" in selection
    assert selection.count("parameters: none") == 1
    assert "free of parameters: 0" in learned
    assert "parameters: A[0], A[1]" in learned
    assert "parameters: F[0], F[1]" in learned
