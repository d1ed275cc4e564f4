"""The gallery's pictures: each is a function that says what it shows and makes it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import graphtrace as gt
from docs.gallery import programs
from graphtrace.annotate.facts import GraphFacts
from graphtrace.comparison import Comparison
from graphtrace_cli.loading import load_file

__all__ = ["PICTURES", "Made", "Picture"]

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@dataclass(frozen=True, slots=True)
class Made:
    """A graph, or two of them compared, and how it is drawn."""

    graph: gt.Graph | Comparison
    choice: dict[str, Any]

    @property
    def facts(self) -> GraphFacts:
        """What the picture is made from."""
        if isinstance(self.graph, Comparison):
            return self.graph.facts
        return self.graph.facts(self.choice.get("show"))


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: its file's name, the section that it stands in, and the function it is."""

    name: str
    section: str
    make: Callable[[], Made]


PICTURES: dict[str, Picture] = {}


def picture(section: str) -> Callable[[Callable[[], Made]], Callable[[], Made]]:
    """Put a function into the gallery."""

    def put(make: Callable[[], Made]) -> Callable[[], Made]:
        name = make.__name__
        PICTURES[name] = Picture(name, section, make)
        return make

    return put


def made(graph: gt.Graph | Comparison, **choice: Any) -> Made:
    """Return a picture of a graph; the choice is what `graph.render` is given."""
    return Made(graph, choice)


@cache
def example(stem: str) -> Any:
    """Return the module of a worked example."""
    return load_file(EXAMPLES / f"{stem}.py")


CIRCUITS = "Numbers"
ARRAYS = "Arrays"
ASKED = "What you ask for"
FOLDED = "Large programs, folded"
TWO = "Two passes, two graphs"


@picture(CIRCUITS)
def s01_log_exp():
    """S1, `ln x + exp(y)·z`: values above the wires, gradients below, local gradients in grey."""
    g = gt.parse("f = ln(x) + exp(y)*z", x=1, y=3, z=2).backward()
    return made(g)


@picture(CIRCUITS)
def s02_shared_weight():
    """S2, a weight used three times: what each use contributes to its gradient, 4 + 6 + 7 = 17."""
    g = gt.parse("q = w*u1; r = u2 + q; s = w*r; t = u3 + s; y = w*t", w=2, u1=1, u2=1, u3=1)
    return made(g.backward(), show="+contribution")


@picture(CIRCUITS)
def s03_relu_step():
    """S3, a network with a ReLU: the gradient stops where a ReLU is flat."""
    s3 = example("s03_relu_step")
    g = gt.parse(s3.NETWORK, **s3.DATA, **s3.WEIGHTS, **s3.BIASES).backward()
    return made(g)


@picture(CIRCUITS)
def s07_activations():
    """S7, three activations of one number, each edge with the formula that was computed."""
    g = gt.parse("a = sigmoid(z); b = tanh(z); c = relu(z); y = a + b + c", z=0.5).backward()
    return made(g, show="+formula")


@picture(CIRCUITS)
def s15_loss():
    """S15, a loss that leaves two predictions out: no gradient is not a gradient of 0."""
    g = gt.trace(example("s15_graph_network").loss, 0.3, 0.8, 0.6, 0.9, 0.2).backward()
    return made(g)


@picture(CIRCUITS)
def rnn_with_aliases():
    """A weight used ten times: each use is a dashed alias, and the box has the sum over all."""
    series = [0.5, -1.0, 0.25, 1.0, -0.5, 0.75, -0.25, 1.5, 0.5, -0.75]
    g = gt.trace(programs.recurrent, 0.9, series).backward()
    return made(g, fold="none")


@picture(ARRAYS)
def s04_classifier():
    """S4, LeakyReLU, softmax and cross-entropy: small arrays in full, rules in matrix form."""
    s4 = example("s04_classifier")
    g = gt.trace(s4.classifier, s4.W1, s4.B1, s4.W2, s4.B2).backward()
    return made(g, digits=3)


@picture(ARRAYS)
def s04_overflow():
    """S4, softmax without a shift at a score of 1000: the way of the NaN from its cause."""
    g = gt.trace(example("s04_classifier").naive_softmax, np.array([1000.0, 0.0, 0.0]))
    return made(g)


@picture(ARRAYS)
def s05_constant_start():
    """S5, constant weights: both hidden units have the same gradient, and stay twins."""
    s5 = example("s05_initialisation")
    g = gt.trace(s5.network, *s5.CONSTANT).backward(seed=s5.SEED)
    return made(g)


@picture(ARRAYS)
def s08_xor():
    """S8, XOR from all-zero weights: which gradients are 0, and where they become so."""
    s8 = example("s08_xor")
    g = gt.trace(s8.loss, np.zeros((2, 2)), np.zeros(2), np.zeros(2), 0.1).backward()
    return made(g, digits=3)


@picture(ARRAYS)
def s09_batch_norm():
    """S9, batch normalisation: three ways for the gradient back to the data."""
    g = gt.trace(example("s09_batch_norm").weighted, np.array([1.1, 1.9, 1.1, 1.9]), 1.0, 3.0)
    return made(g.backward())


@picture(ARRAYS)
def s11_attention():
    """S11, attention: scores, weights and the mean of the values that they make."""
    s11 = example("s11_attention")
    g = gt.trace(s11.soft, s11.QUERY, s11.KEYS, s11.VALUES).backward(seed=s11.ONES)
    return made(g, digits=3)


@picture(ARRAYS)
def s11_argmax():
    """S11, the same with an argmax: the query and the keys have no gradient at all."""
    s11 = example("s11_attention")
    g = gt.trace(s11.hard, s11.QUERY, s11.KEYS, s11.VALUES).backward(seed=s11.ONES)
    return made(g, digits=3)


@picture(ARRAYS)
def mixed_looks():
    """Ridge regression: arrays are cards, numbers are circuits, both in one picture."""
    rng = np.random.default_rng(5)
    w, X, y = rng.normal(size=3), rng.normal(size=(6, 3)), rng.normal(size=6)
    g = gt.trace(programs.ridge, w, X, y, 0.1).backward()
    return made(g)


@picture(ARRAYS)
def heat_maps():
    """A classifier on a batch of 32: large arrays as heat maps with their distributions."""
    g = gt.trace(programs.classifier, *programs.classifier_weights()).backward()
    return made(g)


@picture(ASKED)
def heaviest_paths():
    """The three heaviest paths, by the product of local gradients; lines as thick as what flows."""
    g = gt.trace(example("s02_rnn").rnn, 2.0, 1.0, 0.5, 0.25).backward()
    return made(g, heaviest=3, show="+thickness")


@picture(ASKED)
def one_path():
    """S13, decoding as a graph of max and plus: the path of the winning sequence."""
    s13 = example("s13_decoding")
    g = gt.trace(s13.best, **s13.LOG_P).backward()
    return made(g, path="learn learn deep:best", show="value,name")


@picture(ASKED)
def focus():
    """What is within two steps of `h28` in an RNN of 30; stubs say where the graph goes on."""
    g = gt.trace(programs.rnn, 0.9, 0.5, 0.1, [0.25, -0.5, 0.75] * 10).backward()
    return made(g, focus="h28", radius=2, fold="none")


@picture(ASKED)
def only_gradient():
    """S19, a loss at every layer: only what carries a gradient."""
    s19 = example("s19_loss_heads")
    g = gt.trace(s19.heads, s19.W[:2, :2], s19.B[:2], s19.X[:2], s19.Y[:2], 2).backward()
    return made(g, only="gradient", show="name,value,grad", digits=3)


@picture(ASKED)
def symbols():
    """Every value and every gradient as a formula in the inputs, by SymPy."""
    g = gt.parse("f = ln(x) + exp(y)*z", x=1, y=3, z=2).backward()
    return made(g, show="+symbolic")


@picture(ASKED)
def costs():
    """What a classifier costs: parameters, operations forward and backward, and memory."""
    g = gt.trace(programs.classifier, *programs.classifier_weights())
    return made(g, show="name,shape,cost")


@picture(FOLDED)
def transformer_folded():
    """A transformer of 12 blocks and 496 operations: one card, and ‖g‖ over the blocks."""
    g = gt.trace(programs.transformer, programs.SENTENCE, programs.transformer_weights(12))
    return made(g.backward(), fold="all")


@picture(FOLDED)
def transformer_block():
    """The same with its sixth block open: two residual connections."""
    g = gt.trace(programs.transformer, programs.SENTENCE, programs.transformer_weights(12))
    return made(g.backward(), unfold="block[6]")


@picture(FOLDED)
def lstm_folded():
    """An LSTM over 50 steps: the loop as one card, the gradient fading towards the start."""
    g = gt.trace(programs.lstm, programs.SERIES, *programs.lstm_weights()).backward()
    return made(g)


@picture(FOLDED)
def lstm_step():
    """The same with its step 25 open, between the 24 before it and the 25 after it."""
    g = gt.trace(programs.lstm, programs.SERIES, *programs.lstm_weights()).backward()
    return made(g, unfold="for x in series[25]", show="name,value,grad", digits=3)


@picture(FOLDED)
def lstm_steps():
    """The same, all 50 steps."""
    g = gt.trace(programs.lstm, programs.SERIES, *programs.lstm_weights()).backward()
    return made(g, depth=1, show="name,value,grad")


@picture(TWO)
def both_passes():
    """The backward graph below the forward one: every gradient under its node."""
    g = gt.parse("f = ln(x) + exp(y)*z", x=1, y=3, z=2)
    return made(g.backward(record=True))


@picture(TWO)
def both_passes_of_arrays():
    """The same for arrays: a layer and its squared norm."""
    g = gt.trace(programs.shallow, np.array([[1.0, 0.5], [-0.5, 2.0]]), np.array([0.3, -0.2]))
    return made(g.backward(record=True), digits=3)


@picture(TWO)
def at_other_inputs():
    """One program at two inputs: both numbers of what moved."""
    g = gt.parse("f = ln(x) + exp(y)*z", x=1, y=3, z=2).backward()
    return made(gt.compare(g, g.at(y=2).backward()))


@picture(TWO)
def two_versions():
    """Two versions of a program: what came, what went, what changed, and the numbers that moved."""
    one = gt.parse("h = w*x; y = tanh(h); L = (y - t)**2", w=0.5, x=2, t=1).backward()
    two = gt.parse("h = w*x + b; y = sigmoid(h); L = (y - t)**2", w=0.5, x=2, b=0.1, t=1)
    return made(gt.compare(one, two.backward()))
