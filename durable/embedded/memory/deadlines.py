"""The time of the next deadline, so that a request before it does not look for promises that are due."""

import sqlite3

UNKNOWN_TIME = -(2**63)
NO_DEADLINE = 2**63


class Deadlines:
    """Knows a time before which no pending promise is due; the deadlines themselves are in the database."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Read the database at the first question."""
        self.sql = connection.execute
        self._none_before = UNKNOWN_TIME

    def add(self, deadline: int) -> None:
        """Add the deadline of a new pending promise."""
        self._none_before = min(self._none_before, deadline)

    def has_passed(self, now: int) -> bool:
        """Return whether a pending promise is due."""
        if now < self._none_before:
            return False
        [[first]] = self.sql("SELECT min(timeout_at) FROM promises INDEXED BY promises_due WHERE state = 'pending'")
        self._none_before = NO_DEADLINE if first is None else first
        return now >= self._none_before

    def forget(self) -> None:
        """Read the database at the next question: a change was rolled back."""
        self._none_before = UNKNOWN_TIME
