"""Shared by every test: the independent oracles, and the rule that CI skips none of them."""

import importlib
import os
from collections.abc import Callable, Generator
from types import ModuleType
from typing import Any

import pytest

REQUIRED = os.environ.get("GRAPHTRACE_REQUIRE_ORACLES") == "1"


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
            reason = f"needs {name}: pip install 'graphtrace[oracles]' ({error})"
            if REQUIRED:
                pytest.fail(reason, pytrace=False)
            pytest.skip(reason)

    return load


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that asks for the `oracle` fixture, so that `-m oracle` finds it."""
    for item in items:
        if "oracle" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.oracle)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skipped oracle test into a failure where the oracles are required."""
    report = yield
    if REQUIRED and report.skipped and item.get_closest_marker("oracle"):
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
