"""Log lines as JSON objects on standard output, in the worker's format. Gauges are lines of the same stream."""

import json
import logging
import sys
from typing import Final

LOG: Final = logging.getLogger("keeper")

type Field = str | float


class JsonFormatter(logging.Formatter):
    """Writes one JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line: what every line has, then the event's fields."""
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


def log_event(level: int, message: str, **fields: Field) -> None:
    """Log a message with fields."""
    LOG.log(level, message, extra={"fields": fields})


def write_line(line: str) -> None:
    """Write a line that is not a log line, and flush it."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def configure_logging() -> None:
    """Send log lines to standard output."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
