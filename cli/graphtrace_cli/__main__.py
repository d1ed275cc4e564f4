"""`python -m graphtrace_cli` is `graphtrace`."""

import sys

from graphtrace_cli import main

if __name__ == "__main__":
    sys.exit(main())
