"""Describes why a process of the system is not running: how it ended, the end of its log, and where the log is."""

import signal
from pathlib import Path
from typing import Final

_MAX_LINES: Final = 2
_MAX_LINE_LENGTH: Final = 300  # characters
_TAIL_BYTES: Final = 8_192


def describe_exit(name: str, code: int | None, log: Path, since: int = 0) -> str:
    """Describe a process that ended with the code, or, if it is None, one that did not become ready.

    The first `since` bytes of its log belong to former processes.
    """
    lines = [f"  {line[:_MAX_LINE_LENGTH]}" for line in _read_tail(log, since).splitlines() if line.strip()]
    output = ["Last output:", *lines[-_MAX_LINES:]] if lines else ["No output."]
    return "\n".join([f"the {name} {_describe_code(code)}. {output[0]}", *output[1:], f"Log: {log}"])


def _describe_code(code: int | None) -> str:
    if code is None:
        return "did not become ready in time"
    return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"


def _read_tail(log: Path, since: int) -> str:
    with log.open("rb") as file:
        file.seek(max(since, log.stat().st_size - _TAIL_BYTES))
        return file.read().decode(errors="replace")
