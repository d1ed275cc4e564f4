"""The same graph gives the same bytes, in any process and whatever strings hash to."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = ("dot", "graphml", "json", "mmd", "svg", "tex", "txt", "png")
CODE = """
import hashlib
import sys
from graphtrace.render import render
from tests.render import hostile
from tests.scene import samples
for word in sys.argv[1:]:
    for facts in (samples.s2(), samples.softmax(nan=True), samples.scoped(3), hostile.graph()):
        print(word, hashlib.sha256(render(facts, word)).hexdigest())
"""


def digests(seed: str, *words: str) -> list[str]:
    environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", CODE, *words],
        capture_output=True, text=True, env=environment, check=True,
    )  # fmt: skip
    return done.stdout.splitlines()


def test_two_processes_write_the_same_bytes() -> None:
    first = digests("1", *TEXT)
    assert len(first) == 4 * len(TEXT)
    assert digests("2", *TEXT) == first


@pytest.mark.parametrize(("word", "package"), [("pdf", "typst"), ("pptx", "pptx")])
def test_two_processes_write_the_same_documents(
    oracle: Callable[[str], ModuleType], word: str, package: str
) -> None:
    oracle(package)
    assert digests("1", word) == digests("2", word)
