"""Run the benchmarks and print a report: medians with their range, and ratios to peers.

Every case runs in a process of its own; cases that are compared take turns, so that a slow
spell of the machine hits both. `python benchmarks/run.py` runs all, `… rnn-100` those whose
name starts so.
"""

import argparse
import json
import platform
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
PAIRS = {
    "rnn-100": ("scalar RNN, T = 100, u as inputs", "ns/op"),
    "rnn-100-data": ("scalar RNN, T = 100, u as numbers", "ns/op"),
    "rnn-100000": ("scalar RNN, T = 100 000, u as inputs", "ns/op"),
    "rnn-100000-data": ("scalar RNN, T = 100 000, u as numbers", "ns/op"),
}
SINGLES = {
    "s1-graphtrace": ("S1, trace + backward", "µs"),
    "node-bytes": ("bytes a node beyond value and gradient", "B"),
    "import": ("import graphtrace, beyond numpy", "ms"),
    "cli-render": ("graphtrace render of S1 to SVG, wall", "s"),
    "million-nodes": ("chain of 1 000 000 nodes, trace + backward", "s"),
    "rnn-picture": ("picture of an RNN, 3 shared weights, 80 steps", "s"),
    "layered-picture": ("picture of a layered graph of 1000 nodes", "s"),
}
ROUNDS = 3


def samples(case: str) -> list[float]:
    """Run one case in a fresh process."""
    command = [sys.executable, str(HERE / "cases.py"), case]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
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
    print("| what | graphtrace | micrograd | ratio |\n|---|---|---|---|")
    for pair, (title, unit) in PAIRS.items():
        if not pair.startswith(start):
            continue
        ours: list[float] = []
        theirs: list[float] = []
        for _ in range(ROUNDS):
            ours += samples(f"{pair}-graphtrace")
            theirs += samples(f"{pair}-micrograd")
        ratio = "–"
        if ours and theirs:
            ratio = f"{statistics.median(theirs) / statistics.median(ours):.2f}×"
        print(f"| {title} | {shown(ours, unit)} | {shown(theirs, unit)} | {ratio} |", flush=True)
    for case, (title, unit) in SINGLES.items():
        if case.startswith(start):
            print(f"| {title} | {shown(samples(case), unit)} | | |", flush=True)


if __name__ == "__main__":
    main()
