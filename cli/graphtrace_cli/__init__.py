"""The `graphtrace` command. This file imports nothing heavy, so that Ctrl-C is quiet at once."""

from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 done, 1 the answer is no, 2 wrong request.

    `arguments` are those after the program's name; `sys.argv[1:]` by default.
    """
    try:
        from graphtrace_cli.app import run

        return run(arguments)
    except KeyboardInterrupt:
        return 130
