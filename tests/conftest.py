"""Shared by every test: libraries and programs that may be absent, and the rule that CI has all.

Without an optional library or program the tests that need it are skipped and say how to get it;
with ``GRAPHTRACE_REQUIRE_ORACLES=1`` they fail instead.
"""

import contextlib
import importlib
import os
import shutil
import signal
from collections.abc import Callable, Generator
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

import pytest

REQUIRED = os.environ.get("GRAPHTRACE_REQUIRE_ORACLES") == "1"

# Started in the background of a script, a process ignores Ctrl-C, and so do those it starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# The extra that brings a library, where it is not the oracles' own.
EXTRAS = {"matplotlib": "plot", "pptx": "pptx", "typst": "pdf", "PIL.Image": "film"}
PROGRAMS = Path(__file__).resolve().parents[1] / ".ci" / "programs.txt"


@pytest.fixture(scope="session")
def oracle() -> Callable[[str], ModuleType]:
    """Return a function that imports an independent oracle: ``torch = oracle("torch")``.

    Without the oracle the test is skipped and says how to get it; with
    ``GRAPHTRACE_REQUIRE_ORACLES=1`` it fails instead.
    """

    def load(name: str) -> ModuleType:
        try:
            return importlib.import_module(name)
        except ImportError as error:
            extra = EXTRAS.get(name, "oracles")
            _absent(f"needs {name}: pip install 'graphtrace[{extra}]' ({error})")

    return load


@pytest.fixture(scope="session")
def program() -> Callable[[str], str]:
    """Return a function that finds a program of `.ci/programs.txt`: ``program("pdflatex")``.

    Without the program the test is skipped and says how to get it; with
    ``GRAPHTRACE_REQUIRE_ORACLES=1`` it fails instead.
    """
    lines = PROGRAMS.read_text(encoding="utf-8").splitlines() if PROGRAMS.exists() else []
    packages = dict(line.split(maxsplit=1) for line in lines if line and line[0] != "#")

    def find(name: str) -> str:
        path = shutil.which(name)
        if path is None:
            how = f"apt-get install {packages[name]}" if name in packages else "see .ci"
            _absent(f"needs {name}: {how}")
        return path

    return find


def _absent(reason: str) -> NoReturn:
    """Skip a test for want of what it needs; fail it where nothing may be wanting."""
    if REQUIRED:
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests that ask for `oracle` or `program`, so that `-m oracle` finds them."""
    for item in items:
        if {"oracle", "program"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.oracle)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup() -> Generator[None]:
    """Skip a test whose fixtures met an operation that needs an absent library."""
    with _skipped_without_library():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None]:
    """Skip a test that met an operation that needs an absent library."""
    with _skipped_without_library():
        return (yield)


@contextlib.contextmanager
def _skipped_without_library() -> Generator[None]:
    """Turn a MissingLibraryError into a skip; where oracles are required, let it fail the test."""
    from graphtrace.ops.late import MissingLibraryError

    try:
        yield
    except MissingLibraryError as error:
        if REQUIRED:
            raise
        reason = f"needs SciPy: pip install 'graphtrace[oracles]' ({error})"
        raise pytest.skip.Exception(reason) from None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a test skipped for an absent library into a failure where the oracles are required."""
    report = yield
    if not (REQUIRED and report.skipped):
        return report
    # The second is how pytest.importorskip begins.
    if item.get_closest_marker("oracle") or "could not import" in _why(report):
        report.outcome = "failed"
        report.longrepr = f"an oracle test was skipped where oracles are required: {_why(report)}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn a whole module skipped at import into a failure where the oracles are required."""
    report = yield
    if REQUIRED and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"{collector.nodeid} was skipped where oracles are required"
    return report


def _why(report: Any) -> str:
    """Return the reason given for a skip."""
    return str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
