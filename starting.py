"""Run a program of this project so that Ctrl-C ends it without a traceback: `python -m starting local.demo --crash`.

Imports take up to seconds, and Ctrl-C during an import does not always raise KeyboardInterrupt: C code may swallow it,
crash, or raise another error. So during imports SIGINT keeps its default action: the kernel ends the process, and the
shell sees that. This module imports nothing heavy.
"""

import signal
import sys
from importlib import import_module
from typing import Never


def start(name: str) -> Never:
    """Import a module, or the `__main__` of a package, and exit with what its `main` returns."""
    usual = signal.getsignal(signal.SIGINT)
    if usual != signal.SIG_IGN:  # a script's background process ignores SIGINT, and must go on to do so
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    module = import_module(name)
    if hasattr(module, "__path__"):
        module = import_module(f"{name}.__main__")
    signal.signal(signal.SIGINT, usual)
    try:
        sys.exit(module.main())
    except KeyboardInterrupt:
        # The program has cleaned up. Ending by the signal skips what an event loop would print on the way out.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.raise_signal(signal.SIGINT)
        raise


if __name__ == "__main__":
    if not sys.argv[1:]:
        sys.exit("usage: python -m starting PROGRAM [ARGUMENT ...]")
    del sys.argv[0]
    start(sys.argv[0])
