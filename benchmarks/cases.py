"""What is measured: each case returns its samples; each runs in a process of its own."""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import arrays
import pictures

S1 = ["f = ln(x) + exp(y)*z", "--at", "x=1,y=3,z=2"]


def per_run(run: Callable[[], Any], *, repeats: int, samples: int = 11) -> list[float]:
    """Return CPU seconds for one run, one sample for each group of repeats."""
    run()
    found = []
    for _ in range(samples):
        start = time.process_time()
        for _ in range(repeats):
            run()
        found.append((time.process_time() - start) / repeats)
    return found


def rnn(w: Any, us: Any, h: Any) -> Any:
    """The scalar RNN h = w·(u + h) of two operations a step: the same code for every library."""
    for u in us:
        h = w * (u + h)
    return h


def scale(samples: list[float], by: float) -> list[float]:
    """Return all samples multiplied."""
    return [sample * by for sample in samples]


def rnn_graphtrace(steps: int, *, variables: bool, repeats: int, samples: int = 11) -> list[float]:
    """Trace + backward, ns for each operation; `variables`: the u are inputs, else numbers."""
    import graphtrace as gt

    us = [0.5] * steps

    def run() -> None:
        if variables:
            gt.trace(rnn, 0.9, us, 0.0).backward()
        else:
            gt.trace(lambda w, h: rnn(w, us, h), 0.9, 0.0).backward()

    return scale(per_run(run, repeats=repeats, samples=samples), 1e9 / (2 * steps))


def rnn_micrograd(steps: int, *, variables: bool, repeats: int, samples: int = 11) -> list[float]:
    """The same with micrograd, its recursion limit raised on a thread with a large stack."""
    from micrograd.engine import Value

    us = [0.5] * steps
    found: list[float] = []

    def run() -> None:
        inputs = [Value(u) for u in us] if variables else us
        rnn(Value(0.9), inputs, Value(0.0)).backward()

    def all_runs() -> None:
        found.extend(per_run(run, repeats=repeats, samples=samples))

    sys.setrecursionlimit(10**7)
    threading.stack_size(512 * 1024 * 1024)
    thread = threading.Thread(target=all_runs)
    thread.start()
    thread.join()
    return scale(found, 1e9 / (2 * steps))


def s1_graphtrace() -> list[float]:
    """Trace + backward of S1 as a NumPy function, µs."""
    import numpy as np

    import graphtrace as gt

    def f(x: Any, y: Any, z: Any) -> Any:
        return np.log(x) + np.exp(y) * z

    return scale(per_run(lambda: gt.trace(f, 1.0, 3.0, 2.0).backward(), repeats=500), 1e6)


def node_bytes(steps: int = 100_000) -> list[float]:
    """Bytes for each node after a backward pass, beyond its value and its gradient."""
    import tracemalloc

    import graphtrace as gt

    us = [0.5] * steps
    gt.trace(rnn, 0.9, us[:3], 0.0).backward()
    tracemalloc.start()
    graph = gt.trace(rnn, 0.9, us, 0.0).backward()
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    nodes = 3 * steps + 2
    numbers = 2 * sys.getsizeof(0.5) * nodes
    del graph
    return [(taken - numbers) / nodes]


def import_time() -> list[float]:
    """Milliseconds that `import graphtrace` adds to `import numpy`."""
    code = (
        "import time, numpy; s = time.perf_counter(); import graphtrace; "
        "print((time.perf_counter() - s) * 1e3)"
    )
    command = [sys.executable, "-c", code]
    return [float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
            for _ in range(11)]  # fmt: skip


def cli_render() -> list[float]:
    """Seconds of wall time for `graphtrace render` of S1 to SVG."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        target = str(Path(folder) / "s1.svg")
        command = [sys.executable, "-m", "graphtrace_cli", "render", *S1, "-o", target]
        for _ in range(7):
            start = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            found.append(time.perf_counter() - start)
    return found


def million_nodes() -> list[float]:
    """Seconds to trace and differentiate a chain of a million nodes."""
    import graphtrace as gt

    def chain(x: Any) -> Any:
        for _ in range(1_000_000):
            x = x * 0.999_999
        return x

    return per_run(lambda: gt.trace(chain, 1.0).backward(), repeats=1, samples=3)


SHORT = {"repeats": 200}
LONG = {"repeats": 1, "samples": 5}
CASES: dict[str, Callable[[], list[float]]] = {
    "rnn-100-graphtrace": lambda: rnn_graphtrace(100, variables=True, **SHORT),
    "rnn-100-micrograd": lambda: rnn_micrograd(100, variables=True, **SHORT),
    "rnn-100-data-graphtrace": lambda: rnn_graphtrace(100, variables=False, **SHORT),
    "rnn-100-data-micrograd": lambda: rnn_micrograd(100, variables=False, **SHORT),
    "rnn-100000-graphtrace": lambda: rnn_graphtrace(100_000, variables=True, **LONG),
    "rnn-100000-micrograd": lambda: rnn_micrograd(100_000, variables=True, **LONG),
    "rnn-100000-data-graphtrace": lambda: rnn_graphtrace(100_000, variables=False, **LONG),
    "rnn-100000-data-micrograd": lambda: rnn_micrograd(100_000, variables=False, **LONG),
    "s1-graphtrace": s1_graphtrace,
    "node-bytes": node_bytes,
    "import": import_time,
    "cli-render": cli_render,
    "million-nodes": million_nodes,
    **pictures.CASES,
}


def array_case(name: str) -> list[float]:
    """Return the samples of one of the array cases, on one thread."""
    make, repeats, by = arrays.CASES[name]
    return scale(per_run(make(), repeats=repeats), by)


def main() -> None:
    """Run one case and print its samples as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", choices=sorted([*CASES, *arrays.CASES]))
    case = parser.parse_args().case
    print(json.dumps(CASES[case]() if case in CASES else array_case(case)))


if __name__ == "__main__":
    main()
