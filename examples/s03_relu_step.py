"""S3: a two-layer ReLU network, its squared error, and one step of gradient descent."""

import sys
from pathlib import Path

import graphtrace as gt

NETWORK = """
h1 = i1*w11 + i2*w21 + b1
h2 = i1*w12 + i2*w22 + b2
h3 = relu(h1)
h4 = relu(h2)
o1 = h3*w31 + h4*w41 + b3
o2 = h3*w32 + h4*w42 + b4
MSE = (t1 - o1)**2/2 + (t2 - o2)**2/2
"""
DATA = {"i1": 2, "i2": -1, "t1": 1, "t2": 0.5}
WEIGHTS = {
    "w11": 1,
    "w12": -0.5,
    "w21": 0.5,
    "w22": -1,
    "w31": 0.5,
    "w32": -1,
    "w41": -0.5,
    "w42": 1,
}
BIASES = {"b1": 0.5, "b2": -0.5, "b3": -1, "b4": 0.5}


def lecture():
    """Return what `graphtrace examples --all` makes slides of."""
    return gt.parse(NETWORK, **DATA, **WEIGHTS, **BIASES).backward()


def main(folder="out"):
    """Print the forward pass, the two paths of w21, and the weight after one step."""
    g = gt.parse(NETWORK, **DATA, **WEIGHTS, **BIASES).backward()
    for name in ("h1", "h2", "h3", "h4", "o1", "o2", "MSE"):
        print(f"{name} = {g[name].value:g}")

    # w21 acts on both outputs: two paths, and the gradient is their sum.
    print(f"∂MSE/∂w21 = {g['w21'].grad:g}, from the paths")
    for path in g.paths("w21", "MSE"):
        print(f"  {path}")

    # relu(h2) is 0 and flat there: nothing reaches what lies before it.
    print(f"∂MSE/∂w12 = {g['w12'].grad:g}, because of the cut")
    print(f"  {g.cuts('w12')}")

    # One step of gradient descent changes every parameter at once.
    step = gt.fit(g, [*WEIGHTS, *BIASES], steps=1, lr=0.1)
    print(f"after one step: w21 = {step.parameters['w21']:g}, MSE = {step.loss:g}")

    picture = Path(folder) / "s03_relu_step.svg"
    picture.parent.mkdir(parents=True, exist_ok=True)
    g.render(picture)
    print(f"Picture: {picture}")


if __name__ == "__main__":
    main(*sys.argv[1:])
