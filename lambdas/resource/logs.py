"""Log lines as JSON objects on standard output. They contain no secret: secrets are named by ARN."""

import json
import sys
from traceback import extract_tb
from types import TracebackType
from typing import Final

_MAX_FRAMES: Final = 8  # the failing line and the innermost calls

type Field = str | int | float | list[str] | None


def log_event(message: str, **fields: Field) -> None:
    """Write a line."""
    sys.stdout.write(json.dumps({"message": message, **fields}) + "\n")
    sys.stdout.flush()


def list_frames(traceback: TracebackType | None) -> list[str]:
    """Return the lines of code in a traceback, without the error's message, which may quote a secret."""
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in extract_tb(traceback)[-_MAX_FRAMES:]]
