"""The architecture, held by reading the source: layers, cycles, start-up, size, safety."""

import ast
import graphlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LAYERS = (
    "errors",
    "formula",
    "ops",
    "tape",
    "run",
    "annotate",
    "diagnose",
    "interop",
    "scene",
    "render",
    "slides",
    "exercise",
    "store",
    # The face: functions for traced code, views of nodes and edges, and Graph itself.
    "special",
    "nn",
    "assign",
    "node",
    "derivatives",
    "readings",
    "lectures",
    "graph",
    "comparison",
    "custom",
    "experiments",
)
HEAVY = (
    "networkx",
    "sympy",
    "graphviz",
    "pygraphviz",
    "wasmtime",
    "ziamath",
    "resvg_py",
    "rich",
    "typer",
    "torch",
    "jax",
    "scipy",
    "matplotlib",
    "typst",
    "pptx",
    "lxml",
    "PIL",
)
# The only module that turns text into code: our own declared formulas, never a user's text.
COMPILER = "graphtrace.formula.compiler"
LONGEST_FILE, LONGEST_FUNCTION = 400, 60


def module_name(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


SOURCES = {
    module_name(path, root): path
    for root, package in ((ROOT, "graphtrace"), (ROOT / "cli", "graphtrace_cli"))
    for path in sorted((root / package).rglob("*.py"))
}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in SOURCES.items()}
LIBRARY = [name for name in SOURCES if name.split(".")[0] == "graphtrace"]


def run_time_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """Walk a tree without what stands under `if TYPE_CHECKING:`."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from run_time_nodes(child)


def imports(name: str) -> Iterator[tuple[str, int]]:
    """Yield what a module imports, at its top or inside of functions, and the line."""
    is_package = SOURCES[name].name == "__init__.py"
    for node in run_time_nodes(TREES[name]):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = name.split(".")[: -(node.level - is_package) or None] if node.level else []
            base = ".".join([*above, node.module] if node.module else above)
            for alias in node.names:
                whole = f"{base}.{alias.name}"
                yield (whole if whole in SOURCES else base), node.lineno


def layer(name: str) -> str:
    """Return the layer of a module; the package itself, which offers all, is its own."""
    return name.partition(".")[2].partition(".")[0]


@pytest.mark.parametrize("name", [name for name in LIBRARY if name != "graphtrace"])
def test_a_layer_imports_only_from_above_itself(name):
    assert layer(name) in LAYERS, f"{name}: unknown layer; put it into LAYERS where it belongs"
    allowed = LAYERS[: LAYERS.index(layer(name)) + 1]
    for target, line in imports(name):
        if target.split(".")[0] == "graphtrace":
            assert layer(target) in allowed, (
                f"{SOURCES[name]}:{line}: {layer(name)} imports {target}, a layer below"
            )


def test_no_two_modules_import_each_other():
    arrows = {
        name: {target for target, _ in imports(name) if target in SOURCES and target != name}
        for name in SOURCES
    }
    list(graphlib.TopologicalSorter(arrows).static_order())


@pytest.mark.parametrize("name", LIBRARY)
def test_the_library_does_not_know_the_command_line(name):
    assert not [line for target, line in imports(name) if target.startswith("graphtrace_cli")]


def loaded_by(statement: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter has after `statement`."""
    code = f"{statement}\nimport sys\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'cli'}"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True
    )
    return set(done.stdout.split())


def test_importing_graphtrace_imports_nothing_heavy():
    assert not loaded_by("import graphtrace") & set(HEAVY)


def test_the_command_line_starts_without_numpy_or_rich():
    assert not loaded_by("import graphtrace_cli.app") & (set(HEAVY) - {"typer"} | {"numpy"})


def says_why(lines: list[str]) -> bool:
    return any("# long because " in line for line in lines)


@pytest.mark.parametrize("name", SOURCES)
def test_files_and_functions_fit_a_screen_or_say_why_not(name):
    lines = SOURCES[name].read_text(encoding="utf-8").splitlines()
    assert len(lines) <= LONGEST_FILE or says_why(lines[:20]), (
        f"{name} has {len(lines)} lines; split it, or begin it with `# long because …`"
    )
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            why = says_why(lines[node.lineno - 2 : node.body[0].lineno + 1])
            assert length <= LONGEST_FUNCTION or why, (
                f"{name}.{node.name} has {length} lines; split it, or say `# long because …`"
            )


@pytest.mark.parametrize("name", SOURCES)
def test_every_public_name_has_a_docstring(name):
    tree = TREES[name]
    assert not tree.body or ast.get_docstring(tree), f"{name} does not say what it is for"
    public = {
        element.value
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
        for element in ast.walk(node.value)
        if isinstance(element, ast.Constant)
    }
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name in public:
            assert ast.get_docstring(node), f"{name}.{node.name} has no docstring"


@pytest.mark.parametrize("name", SOURCES)
def test_nothing_runs_text_as_code_or_opens_a_shell(name):
    for node in ast.walk(TREES[name]):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        assert called not in {"eval", "builtins.eval", "os.system", "os.popen"}, name
        assert called not in {"exec", "compile"} or name == COMPILER, name
        for keyword in node.keywords:
            assert (keyword.arg, ast.unparse(keyword.value)) not in {
                ("shell", "True"),
                ("allow_pickle", "True"),
            }, name
    assert not {"pickle", "marshal", "shelve", "dill"} & {target for target, _ in imports(name)}
