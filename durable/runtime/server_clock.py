"""The server's time, which counts: it decides when leases, sleeps and jobs end.

A worker whose clock is far off would fail jobs at once, or give them deadlines that have passed. So the worker compares
its clock with the header `Date` of each answer, and corrects it if they are far apart. The header has whole seconds, so
small differences stay.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from email.utils import parsedate_to_datetime
from typing import Final

from durable.clock import Clock
from durable.logs import log_event

_LOG: Final = logging.getLogger(__name__)
_TOLERANCE_SECONDS: Final = 60.0

type NoteDate = Callable[[str | None], None]


def ignore_date(_: str | None) -> None:
    """Do nothing."""


class ServerClock:
    """Follows the server's time."""

    def __init__(self, clock: Clock) -> None:
        """`clock` is the machine's."""
        self._clock: Final = clock
        self._ahead = 0.0
        self._last_date: str | None = None

    def as_clock(self) -> Clock:
        """Return the machine's clock with the server's time of day."""
        return replace(self._clock, now=self._now)

    def note_date(self, date: str | None) -> None:
        """Compare the clocks by the header of an answer that has just come."""
        if date is None or date == self._last_date:
            return
        self._last_date = date
        try:
            ahead = self._clock.now() - parsedate_to_datetime(date).timestamp()
        except (ValueError, OverflowError):
            return
        if abs(ahead - self._ahead) > _TOLERANCE_SECONDS:
            self._ahead = ahead if abs(ahead) > _TOLERANCE_SECONDS else 0.0
            message = f"the clock of this machine is {ahead:.0f} s ahead of the server's: set it; the server's counts"
            log_event(_LOG, logging.WARNING, message, {"event": "clock_differs", "ahead": round(ahead)})

    def _now(self) -> float:
        return self._clock.now() - self._ahead
