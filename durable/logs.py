"""Log lines as JSON objects, and a filter for the SDK's own lines."""

import json
import logging
from collections.abc import Callable, Mapping

from resonate.error import PlatformError, ResonateError

type Field = str | float | None
type Fields = Mapping[str, object]
CORE = "resonate.core"
# The SDK's line when a body ends with open calls: each race and map that calls some off ends so, and it runs once more.
_OPEN_CALLS_TEXT = "workflow returned done with pending remote todos"


def log_event(
    log: logging.Logger, level: int, message: str, fields: Mapping[str, Field], error: Exception | None = None
) -> None:
    """Log a message with fields, and the error's traceback if one is given."""
    log.log(level, message, extra={"fields": dict(fields)}, exc_info=error)


def add_nothing(_: Fields) -> Fields:
    """Return no fields."""
    return {}


class JsonFormatter(logging.Formatter):
    """Writes one JSON object per line. `enrich` gets an event's fields and returns more of them."""

    def __init__(self, enrich: Callable[[Fields], Fields] = add_nothing) -> None:
        super().__init__()
        self._enrich = enrich

    def format(self, record: logging.LogRecord) -> str:
        """Return the line: what every line has, then the event's fields."""
        fields: Fields = getattr(record, "fields", {})
        line: dict[str, object] = {
            "at": round(record.created, 3),
            "level": record.levelname.lower(),
            "from": record.name,
            "message": record.getMessage(),
            **self._enrich(fields),
            **fields,
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def log_as_json_by_default() -> None:
    """Write JSON lines to standard error, unless the program has configured logging.

    By itself Python would write warnings only, and without their fields, such as the reason.
    """
    if not logging.getLogger().handlers:
        lines = logging.StreamHandler()
        lines.setFormatter(JsonFormatter())
        logging.basicConfig(level=logging.INFO, handlers=[lines])


def is_unreported(record: logging.LogRecord) -> bool:
    """Whether a line of the SDK's core adds to the worker's own report of how a run ended.

    A parked task is retried again and again; its traceback of forty lines would bury all other lines.
    """
    if _OPEN_CALLS_TEXT in str(record.msg):
        return False
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, ResonateError | PlatformError)


def filter_core_logs() -> None:
    """Drop the SDK's lines about events that the worker reports itself. Adding the filter twice has no effect."""
    logging.getLogger(CORE).addFilter(is_unreported)
