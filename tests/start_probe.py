"""A program that reports what it was started with, and ends as its first argument says."""

import atexit
import json
import os
import signal
import stat
import sys
import threading
from pathlib import Path


def main() -> None:
    """Print the report, and end."""
    descriptors = [int(path.name) for path in Path("/proc/self/fd").iterdir() if path.exists()]
    report = {
        "parent": os.getppid(),
        "group is the parent's": os.getpgrp() == os.getpgid(os.getppid()),
        "leads a session": os.getsid(0) == os.getpid(),
        "folder": str(Path.cwd()),
        "words": sys.argv,
        "command": sys.orig_argv,
        "path": sys.path,
        "environ": dict(os.environ),
        "descriptors": [one for one in descriptors if one > 2],
        "terminals": [stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)],
        "buffering": [stream.line_buffering for stream in (sys.stdout, sys.stderr)],
        "encodings": [(stream.encoding, stream.errors) for stream in (sys.stdin, sys.stdout, sys.stderr)],
        "signals": {
            number.name: str(signal.getsignal(number)) for number in signal.valid_signals() if number in signal.Signals
        },
        "blocked": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, ())),
        "umask": os.umask(0o22),
        "threads": threading.active_count(),
        "module": [__name__, __spec__.name, __package__],
        "input": sys.stdin.read(),
        "error": stat.S_IFMT(os.fstat(2).st_mode),
    }
    print(json.dumps(report), flush=True)  # noqa: T201 - the program's output
    match sys.argv[1]:
        case "code":
            sys.exit(7)
        case "sentence":
            sys.exit("it failed")
        case "error":
            raise ValueError("it failed")
        case "interrupt":
            os.kill(os.getpid(), signal.SIGINT)
        case "wait":
            signal.pause()
        case "closed pipe":
            reader, writer = os.pipe()
            os.close(reader)
            os.dup2(writer, sys.stdout.fileno())
            sys.stdout.write("unread")
        case "last words":
            atexit.register(sys.stdout.write, "at the exit")
            threading.Thread(target=_write_last).start()


def _write_last() -> None:
    threading.main_thread().join()
    sys.stdout.write("in a thread, ")


if __name__ == "__main__":
    main()
