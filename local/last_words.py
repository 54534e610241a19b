"""Says why a part is not there: which, how it ended, the end of its log, and where all of that is."""

import signal
from pathlib import Path
from typing import Final

_LINES: Final = 2
_LONGEST: Final = 300  # characters of a line
_END: Final = 8_192  # bytes at the end of a log that are looked at


def last_words(name: str, code: int | None, log: Path, since: int = 0) -> str:
    """Tell it of a part that has ended with the code, or, without one, that does not get ready.

    What is before `since` in its log, in bytes, others said.
    """
    lines = [f"  {line[:_LONGEST]}" for line in _tail(log, since).splitlines() if line.strip()][-_LINES:]
    said = ["and said last:", *lines] if lines else ["and said nothing."]
    return "\n".join([f"the {name} {_how(code)}, {said[0]}", *said[1:], f"Its log: {log}"])


def _how(code: int | None) -> str:
    if code is None:
        return "does not get ready"
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"has ended with exit code {code}"


def _tail(log: Path, since: int) -> str:
    with log.open("rb") as file:
        file.seek(max(since, log.stat().st_size - _END))
        return file.read().decode(errors="replace")
