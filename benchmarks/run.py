"""Run the benchmarks and print a report: medians with their range, and ratios to peers.

Every case runs in a process of its own; cases that are compared take turns, so that a slow
spell of the machine hits both. `python benchmarks/run.py` runs all, `… rnn-100` those whose
name starts so.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
NUMPY = ["torch", "autograd", "mygrad"]
GROUPS = {
    "rnn-100": ("scalar RNN, T = 100, u as inputs", "ns/op", ["micrograd"]),
    "rnn-100-data": ("scalar RNN, T = 100, u as numbers", "ns/op", ["micrograd"]),
    "rnn-100000": ("scalar RNN, T = 100 000, u as inputs", "ns/op", ["micrograd"]),
    "rnn-100000-data": ("scalar RNN, T = 100 000, u as numbers", "ns/op", ["micrograd"]),
    "lstm": ("LSTM, hidden 16, 100 steps, 2501 operations", "ms", NUMPY),
    "mlp": ("MLP 784-256-128-10, batch 64", "ms", ["handwritten", *NUMPY]),
    "jacobian": ("Jacobian 200×100 of softmax(Wx)", "µs", NUMPY),
}
SINGLES = {
    "s1-graphtrace": ("S1, trace + backward", "µs"),
    "node-bytes": ("bytes a node beyond value and gradient", "B"),
    "import": ("import graphtrace, beyond numpy", "ms"),
    "cli-render": ("graphtrace render of S1 to SVG, wall", "s"),
    "million-nodes": ("chain of 1 000 000 nodes, trace + backward", "s"),
    "picture-rnn": ("SVG of an RNN, 3 shared weights, all of 80 steps, asked: < 2", "s"),
    "picture-layered-1000": ("SVG of a layered graph of 1000 nodes, asked: < 3", "s"),
    "picture-layered-3000": ("SVG of a layered graph of 3000 nodes, asked: < 10", "s"),
    "picture-nested-folded": ("SVG of 10 300 operations in nested functions, asked: < 5", "s"),
    "deck-pdf": ("PDF deck of about 30 nodes and 90 steps, asked: < 5", "s"),
    "deck-pptx": ("the same as PPTX, asked: < 10", "s"),
    "picture-nested-whole": ("the same, all drawn; layout within its 10 s", "s"),
}
ROUNDS = 3
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""What keeps every library to one thread, so that CPU time is comparable."""


def samples(case: str) -> list[float]:
    """Run one case in a fresh process."""
    command = [sys.executable, str(HERE / "cases.py"), case]
    single = {**os.environ, **dict.fromkeys(THREADS, "1")}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=single)
    if done.returncode:
        reason = done.stderr.strip().splitlines()[-1:] or ["no output"]
        print(f"{case}: {reason[0]}", file=sys.stderr)
        return []
    found: list[float] = json.loads(done.stdout)
    return found


def shown(values: list[float], unit: str) -> str:
    """Return a median with its range."""
    if not values:
        return "not measured"
    middle = statistics.median(values)
    return f"{middle:.4g} {unit} [{min(values):.4g}, {max(values):.4g}]"


def main() -> None:
    """Run what was asked for and print it as a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("start", nargs="?", default="", help="only cases that start so")
    start = parser.parse_args().start
    print(f"CPython {platform.python_version()}, {platform.machine()}; median [min, max]\n")
    print("| what | who | median [min, max] | graphtrace is faster by |\n|---|---|---|---|")
    for group, (title, unit, peers) in GROUPS.items():
        if not group.startswith(start):
            continue
        found: dict[str, list[float]] = {name: [] for name in ("graphtrace", *peers)}
        for _ in range(ROUNDS):
            for name, values in found.items():
                values.extend(samples(f"{group}-{name}"))
        ours = found["graphtrace"]
        for name, values in found.items():
            ratio = ""
            if name != "graphtrace" and ours and values:
                ratio = f"{statistics.median(values) / statistics.median(ours):.2f}×"
            print(f"| {title} | {name} | {shown(values, unit)} | {ratio} |", flush=True)
    for case, (title, unit) in SINGLES.items():
        if case.startswith(start):
            print(f"| {title} | graphtrace | {shown(samples(case), unit)} | |", flush=True)


if __name__ == "__main__":
    main()
