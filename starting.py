"""Starts a program of ours, so that Ctrl-C ends it without a trace from its first import on. It imports nothing heavy.

A program that people start by hand is two modules: a thin one with its name, which calls `start`, and one with its
`main`. Imports take up to seconds, and Ctrl-C in the middle of one is not always an exception at its end: what is
written in C may swallow it, die of it, or make another of it. So while they last the kernel ends the process, and the
shell that has started it sees what it sees of any program.
"""

import signal
import sys
from importlib import import_module
from typing import Never


def start(module: str) -> Never:
    """Import the module and run its `main`, which returns an exit code, or nothing."""
    usual = signal.getsignal(signal.SIGINT)
    if usual != signal.SIG_IGN:  # so it is in the background of a script, and stays
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    main = import_module(module).main
    signal.signal(signal.SIGINT, usual)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        # By now everything was taken down, but what an event loop leaves would tell of itself on the way out.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.raise_signal(signal.SIGINT)
        raise
