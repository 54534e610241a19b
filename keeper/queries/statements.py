"""What the queries need of a database."""

from collections.abc import Sequence
from typing import Any, Protocol

from .conditions import Conditions


class Statements(Protocol):
    """Runs statements of one dialect. Raises UnavailableError or AbortedError."""

    @property
    def conditions(self) -> Conditions:
        """The conditions in their dialect."""

    async def rows(self, statement: str, **values: object) -> Sequence[Sequence[Any]]:
        """Run one statement and return its rows."""
