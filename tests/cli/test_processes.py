"""A real process: terminals, pipes that close, full disks, Ctrl-C, poor encodings, completion."""

import os
import signal
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs POSIX pipes and signals")

COMMAND = [sys.executable, "-m", "graphtrace_cli"]


def test_a_terminal_gets_drawn_tables_and_a_pipe_plain_ones(s1, environment):
    import pty

    ours, theirs = pty.openpty()
    environment |= {"TERM": "xterm-256color", "COLUMNS": "120"}
    environment.pop("NO_COLOR", None)
    with subprocess.Popen([*COMMAND, "table", *s1], stdout=theirs, env=environment) as process:
        os.close(theirs)
        drawn = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:
                break
            if not part:
                break
            drawn += part
    os.close(ours)
    assert process.returncode == 0
    assert b"\x1b[" in drawn
    assert "∂f/∂node".encode() in drawn
    assert b"40.17" in drawn


def test_a_closed_pipe_is_quiet(environment):
    source = "y = x" + "; y = y + x" * 5000
    with subprocess.Popen(
        [*COMMAND, "table", source, "--at", "x=1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")  # noqa: PTH110 -- not a path of ours
def test_a_full_disk_is_one_line(s1, environment):
    with open("/dev/full", "wb") as full:  # noqa: PTH123 -- a device
        done = subprocess.run(
            [*COMMAND, "table", *s1],
            stdout=full,
            stderr=subprocess.PIPE,
            env=environment,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.startswith(b"graphtrace: error: standard output: No space left")
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize(
    ("sent", "words"),
    [(b"x" * 3_000_000, b"characters"), (b"y = \xff", b"UTF-8"), (b"", b"")],
)
def test_bad_standard_input_is_one_line(environment, sent, words):
    done = subprocess.run(
        [*COMMAND, "table", "-"], input=sent, capture_output=True, env=environment, check=False
    )
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (2, b"", 1)
    assert done.stderr.startswith(b"graphtrace: error: ")
    assert words in done.stderr
    assert b"internal error" not in done.stderr


def test_ctrl_c_is_quiet(environment, tmp_path):
    (tmp_path / "slow.py").write_text(
        "import pathlib, time\n\ndef f(x=1.0):\n"
        "    pathlib.Path('started').touch()\n    time.sleep(60)\n    return x\n",
        encoding="utf-8",
    )
    with subprocess.Popen(
        [*COMMAND, "render", "slow.py:f", "-o", "f.svg"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        cwd=tmp_path,
    ) as process:
        while not (tmp_path / "started").exists() and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert (process.returncode, out, err) == (130, b"", b"")
    assert not (tmp_path / "f.svg").exists()


def test_an_encoding_without_our_letters_loses_letters_only(s1, environment):
    environment |= {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run(
        [*COMMAND, "table", *s1], capture_output=True, env=environment, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"40.17" in done.stdout


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("graphtrace ", "render table check examples"),
        ("graphtrace render x --theme ", "light dark cs231n"),
        ("graphtrace render x --look ", "auto circuit card"),
        ("graphtrace render x --format ", "svg png dot txt json"),
        ("graphtrace examples s0", "s01_log_exp s02_rnn"),
    ],
)
def test_the_shell_completes(environment, typed, offered):
    words = typed.split()
    environment |= {
        "_GRAPHTRACE_COMPLETE": "complete_bash",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(len(words) - (not typed.endswith(" "))),
    }
    done = subprocess.run(COMMAND, capture_output=True, text=True, env=environment, check=False)
    assert set(offered.split()) <= set(done.stdout.split()), done


@pytest.mark.parametrize("encoding", ["utf-8", "ascii:surrogateescape", "latin-1"])
def test_bytes_that_are_no_text_are_one_line(environment, encoding):
    done = subprocess.run(
        [*COMMAND, "table", "-"],
        input=b"y = \xff\xfe\x80\x00",
        capture_output=True,
        env=environment | {"PYTHONIOENCODING": encoding},
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == (
        b"graphtrace: error: standard input is not text (byte 0xff); send an expression in UTF-8\n"
    )


def test_a_byte_order_mark_and_any_locale_leave_an_expression_as_it_is(environment):
    done = subprocess.run(
        [*COMMAND, "table", "-", "--at", "x=2", "--json"],
        input=b"\xef\xbb\xbf\xcf\x86 = x*x\r\ny = \xcf\x86 + 1\r\n",
        capture_output=True,
        env=environment | {"PYTHONIOENCODING": "ascii:surrogateescape"},
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
