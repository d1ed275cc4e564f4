"""`graphtrace render --watch`, as a process while its files change."""

import os
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
        self.folder, self.log = folder, folder / "said.txt"
        self.file = self.log.open("wb")
        command = [sys.executable, "-m", "graphtrace_cli", "render", "net.py:loss", "-o", "f.svg"]
        self.process = subprocess.Popen(
            [*command, "--watch"], cwd=folder, env=environment, stdout=self.file, stderr=self.file
        )

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
        return (self.folder / "f.svg").read_text(encoding="utf-8")


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
    watched.waits_for("drew f.svg")
    assert ">4<" in watched.picture()
    # The file itself, then one that it imports.
    write(tmp_path / "net.py", NET.format("power(w) + 5"))
    watched.waits_for("drew f.svg", 2)
    assert ">9<" in watched.picture()
    write(tmp_path / "part.py", "def power(v):\n    return v ** 3\n")
    watched.waits_for("drew f.svg", 3)
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
    watched.waits_for("drew f.svg", 4)
    assert ">7<" in watched.picture()
    watched.process.send_signal(signal.SIGINT)
    assert watched.process.wait(PATIENCE) == 0
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
