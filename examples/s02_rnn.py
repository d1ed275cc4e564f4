"""S2: a one-weight RNN, h_t = w·(u_t + h_(t-1)): what each use of w contributes to dy/dw."""

import sys
from pathlib import Path

import graphtrace as gt

EXPRESSION = """
p = u1
q = w*p
r = u2 + q
s = w*r
t = u3 + s
y = w*t
"""


def rnn(w, u1, u2, u3):
    """The same network as a loop."""
    h = 0.0
    for u in (u1, u2, u3):
        h = w * (u + h)
    return h


def lecture():
    """Return what `graphtrace examples --all` makes slides of."""
    return gt.parse(EXPRESSION, w=2, u1=1, u2=1, u3=1).backward()


def main(folder="out"):
    """Print the three contributions of w, as numbers and as formulas, and draw both graphs."""
    # One weight, three uses.
    g = gt.parse(EXPRESSION, w=2, u1=1, u2=1, u3=1)
    g.backward()
    print(f"y = {g['y'].value:g}, dy/dw = {g['w'].grad:g}")

    # Each use of w adds its own contribution; the gradient is their sum.
    shares = g.contributions("w")
    for row in shares:
        print(f"  through {row.target}: {row.contribution:g}")
    print(f"  sum: {shares.total:g}")

    # The same, as formulas.
    print(f"y = {g.symbolic('y')}")
    print(f"dy/dw = {g.symbolic_gradient('y', 'w')}")
    for row in g.contributions("w", symbolic=True):
        print(f"  through {row.target}: {row.contribution}")

    # As a plain Python loop: the three states of h get the names h₁, h₂, h₃.
    loop = gt.trace(rnn, 2.0, 1.0, 1.0, 1.0).backward()
    for name in ("h₁", "h₂", "h₃"):
        print(f"{name} = {loop[name].value:g}, ∂y/∂{name} = {loop[name].grad:g}")

    for graph, name in ((g, "s02_rnn.svg"), (loop, "s02_rnn_loop.svg")):
        picture = Path(folder) / name
        picture.parent.mkdir(parents=True, exist_ok=True)
        graph.render(picture)
        print(f"Picture: {picture}")


if __name__ == "__main__":
    main(*sys.argv[1:])
