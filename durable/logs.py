"""Log lines as JSON objects, and which of the SDK's are left out."""

import json
import logging
from collections.abc import Mapping

from resonate.error import PlatformError, ResonateError

type Field = str | float | None
CORE = "resonate.core"


def log_event(
    log: logging.Logger, level: int, message: str, fields: Mapping[str, Field], error: Exception | None = None
) -> None:
    """Write a line with fields beside its message; the error's traceback goes with it."""
    log.log(level, message, extra={"fields": dict(fields)}, exc_info=error)


class JsonFormatter(logging.Formatter):
    """One JSON object a line, which is what log stores search in."""

    def format(self, record: logging.LogRecord) -> str:
        """Put the line together; fields come after what every line has."""
        line: dict[str, object] = {
            "at": round(record.created, 3),
            "level": record.levelname.lower(),
            "from": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def is_news(record: logging.LogRecord) -> bool:
    """Whether a line of the SDK's core says more than the worker's own report of how a run ended.

    A parked task is tried again and again: each time a traceback of forty lines would bury everything else.
    """
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, ResonateError | PlatformError)


def quieten_core() -> None:
    """Leave out what the worker reports itself. Doing it twice is doing it once."""
    logging.getLogger(CORE).addFilter(is_news)
