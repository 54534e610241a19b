"""Times as the API, notices and events have them: ISO 8601 in UTC, to the millisecond."""

from datetime import UTC, datetime
from typing import Final

_LAST_SECOND: Final = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp()


def format_seconds(seconds: float) -> str:
    """Format a time in seconds since 1970. Raises ValueError or OverflowError for a time beyond the format."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def format_ms(milliseconds: int) -> str:
    """Format a time of the server, in milliseconds since 1970.

    A time beyond the format becomes its last possible time.
    """
    return format_seconds(min(milliseconds / 1_000, _LAST_SECOND))
