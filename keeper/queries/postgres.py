"""The adapter for Postgres: statements on the connection that the keeper has for queries."""

from collections.abc import Sequence
from typing import Any, Final

from keeper.database import STATEMENT_ABORTS, Database
from keeper.errors import AbortedError

from .conditions import Conditions
from .dialects import POSTGRES

# Each query is written for one index; a plan without it reads the whole table. Postgres has few statistics about tags,
# and might sort all jobs of a requester for the newest ten.
PLANS_BY_INDEX: Final = " ".join(
    f"-c enable_{plan}=off" for plan in ("sort", "seqscan", "bitmapscan", "hashjoin", "mergejoin")
)


class PostgresStatements:
    """Statements on a database whose sessions have PLANS_BY_INDEX, and limits of time."""

    conditions: Final = Conditions(POSTGRES)

    def __init__(self, database: Database) -> None:
        self._database: Final = database

    async def rows(self, statement: str, **values: object) -> Sequence[Sequence[Any]]:
        """Run one statement and return its rows."""
        try:
            return await self._database.rows(statement, **values)
        except STATEMENT_ABORTS as error:
            raise AbortedError(str(error)) from error
