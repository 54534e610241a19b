"""Times of commands: as a user gives them, and as a table shows them."""

from datetime import UTC, datetime, timedelta

from .durations import is_duration, parse_seconds


def find_time(text: str) -> str:
    """Return the time that lies a duration ago, or any other text as it is: the API checks it."""
    if not is_duration(text):
        return text
    return (datetime.now(UTC) - timedelta(seconds=parse_seconds(text))).isoformat()


def shorten_time(time: str | None) -> str:
    """Return a time of the API without its milliseconds."""
    return f"{time.partition('.')[0]}Z" if time else ""
