"""Run command lines in this process or in a real one."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from graphtrace_cli import main

ROOT = Path(__file__).resolve().parents[2]
S1 = ("f = ln(x) + exp(y)*z", "--at", "x=1,y=3,z=2")


@dataclass(frozen=True)
class Outcome:
    """What one command line did."""

    code: int
    out: str
    err: str

    def is_refusal(self, *words: str) -> bool:
        """Tell whether this is exit code 2 with one line of error that has all `words`."""
        assert self.code == 2, self
        assert self.err.count("\n") == 1, self
        assert self.err.startswith("graphtrace: error: "), self
        assert "Traceback" not in self.err, self
        assert "internal error" not in self.err, self
        assert self.out == "", self
        for word in words:
            assert word in self.err, self
        return True


@pytest.fixture
def cli(capsys, tmp_path, monkeypatch) -> Callable[..., Outcome]:
    """Run a command line in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> Outcome:
        code = main(arguments)
        return Outcome(code, *capsys.readouterr())

    return call


@pytest.fixture
def environment() -> dict[str, str]:
    """Return an environment in which a fresh Python finds this source tree."""
    return os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'cli'}"}


@pytest.fixture
def shell(environment, tmp_path) -> Callable[..., Outcome]:
    """Run a command line in a process of its own, in an empty folder."""

    def call(*arguments: str, stdin: str = "") -> Outcome:
        done = subprocess.run(
            [sys.executable, "-m", "graphtrace_cli", *arguments],
            capture_output=True,
            text=True,
            encoding="utf-8",
            input=stdin,
            env=environment,
            cwd=tmp_path,
            check=False,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    return call


@pytest.fixture
def s1() -> tuple[str, ...]:
    """Return SOURCE and inputs of the first worked system."""
    return S1
