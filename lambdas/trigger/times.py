"""The times of the server as the API writes them."""

from datetime import UTC, datetime


def format_time(milliseconds: int) -> str:
    """Return a time in milliseconds since 1970 in ISO 8601, in UTC."""
    return datetime.fromtimestamp(milliseconds / 1_000, UTC).isoformat(timespec="milliseconds")
