"""The rule about oracles: absent ones are skipped with a reason, and where required they fail."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
TESTS = """
import pytest

def test_by_fixture(oracle):
    oracle("no_such_oracle")

def test_by_program(program):
    program("no-such-program")

@pytest.mark.oracle
def test_by_mark():
    pytest.skip("not today")

def test_without_oracle():
    pytest.skip("on this platform")

def test_by_import():
    pytest.importorskip("no_such_oracle")

@pytest.fixture
def special():
    from graphtrace.ops.late import scipy
    return scipy("no_such_module", "erfinv")

def test_by_operation():
    from graphtrace.ops.late import scipy
    scipy("no_such_module", "erf")

def test_by_operation_in_a_fixture(special):
    pass

def test_that_fails():
    assert __import__("os").environ.get("FAILS") is None
"""


@pytest.fixture
def run(tmp_path):
    """Run some tests under this suite's conftest; return exit code and summary."""
    shutil.copy(HERE / "conftest.py", tmp_path)
    (tmp_path / "test_it.py").write_text(TESTS, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = oracle\n", encoding="utf-8")

    def call(required: str, **more: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-ra", "-p", "no:cacheprovider", str(tmp_path)],
            capture_output=True,
            text=True,
            env=os.environ
            | {"GRAPHTRACE_REQUIRE_ORACLES": required, "PYTHONPATH": str(HERE.parent)}
            | more,
            cwd=tmp_path,
            check=False,
        )
        return done.returncode, done.stdout

    return call


def test_an_absent_oracle_is_skipped_with_the_way_to_get_it(run):
    code, text = run("0")
    assert code == 0
    assert "1 passed, 7 skipped" in text
    assert "needs no_such_oracle: pip install 'graphtrace[oracles]'" in text


def test_an_operation_without_its_library_is_skipped_with_the_way_to_get_it(run):
    _, text = run("0")
    for operation in ("erf", "erfinv"):
        assert f"needs SciPy: pip install 'graphtrace[oracles]' ({operation} needs" in text


def test_where_oracles_are_required_a_skip_is_a_failure(run):
    code, text = run("1")
    assert code == 1
    assert "5 failed, 1 passed, 1 skipped, 1 error" in text


def test_any_other_failure_stays_one(run):
    code, text = run("0", FAILS="1")
    assert code == 1
    assert "1 failed, 7 skipped" in text
