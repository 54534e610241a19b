"""Log lines as JSON objects on standard output, in the worker's form; gauges are lines of the same stream."""

import json
import logging
import sys
from typing import Final

LOG: Final = logging.getLogger("keeper")

type Field = str | float


class JsonLines(logging.Formatter):
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


def say(level: int, message: str, **fields: Field) -> None:
    """Write a line with fields beside its message."""
    LOG.log(level, message, extra={"fields": fields})


def write_line(line: str) -> None:
    """Write a line that is not a log line, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def begin() -> None:
    """Send log lines to standard output."""
    lines = logging.StreamHandler(sys.stdout)
    lines.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[lines])
