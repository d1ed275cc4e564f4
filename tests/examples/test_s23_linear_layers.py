"""S23: the Jacobian of linear layers is one product for every input; with ReLU it is not."""


def test_the_jacobians(example):
    run = example("s23_linear_layers")
    linear, relu = run.text.split("with ReLU:")
    assert float(linear.split("changes by ")[1].split()[0]) < 1e-14
    assert float(linear.split("differs from C·B·A by ")[1].split()[0]) < 1e-14
    assert float(relu.split("changes by ")[1].split()[0]) > 0.1
    assert float(relu.split("differs from C·B·A by ")[1].split()[0]) > 0.1
