"""Log lines as JSON objects on standard output. They name secrets by their ARN and never say what is in them."""

import json
import sys
from traceback import extract_tb
from types import TracebackType
from typing import Final

_FRAMES: Final = 8  # the last ones: where it happened, and how our code came there

type Field = str | int | float | list[str] | None


def say(message: str, **fields: Field) -> None:
    """Write a line."""
    sys.stdout.write(json.dumps({"message": message, **fields}) + "\n")
    sys.stdout.flush()


def where(traceback: TracebackType | None) -> list[str]:
    """Return the places that a traceback leads through, without the error's text, which may quote a value."""
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in extract_tb(traceback)[-_FRAMES:]]
