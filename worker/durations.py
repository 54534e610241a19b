"""Durations in seconds, for time limits and pauses."""

from typing import Final

MINUTE: Final = 60.0
HOUR: Final = 60 * MINUTE
