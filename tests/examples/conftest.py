"""Load an example by its name and keep its printed words and pictures."""

import importlib.util
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "examples"


@dataclass(frozen=True)
class Run:
    """A finished example: its module, what it printed, the folder of its pictures."""

    module: ModuleType
    text: str
    folder: Path

    def numbers(self, line_start: str) -> list[float]:
        """Return the numbers after the first occurrence of `line_start` on its line."""
        found = re.search(rf"^\s*{re.escape(line_start)}(.*)$", self.text, re.MULTILINE)
        assert found, f"no line begins with {line_start!r}:\n{self.text}"
        return [float(word) for word in re.findall(r"(?<![\w.])-?\d+\.?\d*", found[1])]


def plots(path: Path) -> bool:
    """Whether an example draws charts, which takes Matplotlib."""
    return re.search(r"\.plot\(|save_chart\(", path.read_text(encoding="utf-8")) is not None


@pytest.fixture
def example(tmp_path, capsys, oracle) -> Callable[[str], Run]:
    """Return a function that runs an example by its file's stem; one that plots may be skipped."""

    def run(stem: str) -> Run:
        if plots(FOLDER / f"{stem}.py"):
            oracle("matplotlib")
        spec = importlib.util.spec_from_file_location(f"example_{stem}", FOLDER / f"{stem}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        module.main(tmp_path)
        return Run(module, capsys.readouterr().out, tmp_path)

    return run
