"""`graphtrace render --watch`, as a process while its files change."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")
PATIENCE = 30.0


class Watched:
    """A running command and what it has said so far."""

    def __init__(self, folder, environment):
        self.log, self.drawn = folder / "said.txt", folder / "out" / "f.svg"
        self.drawn.parent.mkdir()
        self.file = self.log.open("wb")
        command = [sys.executable, "-m", "graphtrace_cli", "render", "net.py:loss"]
        self.process = subprocess.Popen(
            [*command, "-o", "out/f.svg", "--watch"],
            cwd=folder, env=environment, stdout=self.file, stderr=self.file,
        )  # fmt: skip

    def waits_for(self, words, times=1):
        """Wait until it has said something so often."""
        end = time.monotonic() + PATIENCE
        while self.said().count(words) < times:
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < end, f"no {words!r} in: {self.said()}"
            time.sleep(0.02)

    def said(self):
        return self.log.read_text(encoding="utf-8")

    def picture(self):
        return self.drawn.read_text(encoding="utf-8")

    def ends(self):
        """Press Ctrl-C and return the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE)


def write(path: Path, text: str) -> None:
    """Write a file as editors do: whole, by way of another one."""
    beside = path.with_suffix(".tmp")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


NET = "from part import power\n\ndef loss(w=2.0):\n    return {0}\n"


@pytest.fixture
def watched(tmp_path, environment):
    write(tmp_path / "part.py", "def power(v):\n    return v ** 2\n")
    write(tmp_path / "net.py", NET.format("power(w)"))
    found = Watched(tmp_path, environment)
    yield found
    found.process.kill()
    found.process.wait()
    found.file.close()


def test_every_change_draws_again_and_errors_keep_the_last_good_picture(watched, tmp_path):
    watched.waits_for("drew out/f.svg")
    assert ">4<" in watched.picture()
    # The file itself, then one that it imports.
    write(tmp_path / "net.py", NET.format("power(w) + 5"))
    watched.waits_for("drew out/f.svg", 2)
    assert ">9<" in watched.picture()
    write(tmp_path / "part.py", "def power(v):\n    return v ** 3\n")
    watched.waits_for("drew out/f.svg", 3)
    assert ">13<" in watched.picture()
    # A line half typed: one line of error, the picture stays.
    write(tmp_path / "net.py", NET.format("power(w"))
    watched.waits_for("graphtrace: error:")
    assert ">13<" in watched.picture()
    assert "Traceback" not in watched.said()
    # A file that is away for a moment.
    (tmp_path / "net.py").unlink()
    watched.waits_for("graphtrace: error:", 2)
    write(tmp_path / "net.py", NET.format("power(w) - 1"))
    watched.waits_for("drew out/f.svg", 4)
    assert ">7<" in watched.picture()
    assert watched.ends() == 0
    assert "Traceback" not in watched.said()


def test_a_module_that_is_missing_or_broken_is_waited_for(watched, tmp_path):
    watched.waits_for("drew out/f.svg")
    write(tmp_path / "net.py", "import more\n" + NET.format("more.plus(power(w))"))
    watched.waits_for("No module named 'more'")
    # It appears, half typed; then whole.
    write(tmp_path / "more.py", "def plus(v):\n    return v +\n")
    watched.waits_for("more.py:2: SyntaxError")
    write(tmp_path / "more.py", "def plus(v):\n    return v + 2\n")
    watched.waits_for("drew out/f.svg", 2)
    assert ">6<" in watched.picture()
    # A program that ends itself does not end the watching; nor does a folder that is away.
    write(tmp_path / "more.py", "def plus(v):\n    raise SystemExit(3)\n")
    watched.waits_for("SystemExit: 3")
    shutil.rmtree(watched.drawn.parent)
    write(tmp_path / "more.py", "def plus(v):\n    return v + 3\n")
    watched.waits_for("cannot write 'out/f.svg'")
    watched.drawn.parent.mkdir()
    write(tmp_path / "more.py", "def plus(v):\n    return v + 4\n")
    watched.waits_for("drew out/f.svg", 3)
    assert ">8<" in watched.picture()
    assert watched.ends() == 0


def test_a_program_that_never_ends_can_be_interrupted(watched, tmp_path):
    watched.waits_for("drew out/f.svg")
    loop = "def loss(w=2.0):\n    print('runs', flush=True)\n    while True:\n        pass\n"
    write(tmp_path / "net.py", loop)
    watched.waits_for("runs")
    assert watched.ends() == 0
    assert ">4<" in watched.picture()
    assert "Traceback" not in watched.said()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (("f = x", "--at", "x=1", "-o", "f.svg", "--watch"), ("--watch", "FILE.py")),
        (("none.py:f", "-o", "f.svg", "--watch"), ("no such file",)),
    ],
)
def test_what_cannot_be_watched_is_one_line(cli, line, words):
    assert cli("render", *line).is_refusal(*words)
