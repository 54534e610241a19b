"""`python -m keeper prove`: whether the server beside this process accepts work, and none without a token.

Before a deployment stops the running server, it runs the new one and this program as a task of its own, on a database
of its own. The running keeper has made that database, and former servers their tables, so a new server also changes
their schema there.
"""

import logging
from typing import Final

from psycopg import sql
from psycopg.errors import DuplicateDatabase, InsufficientPrivilege, UniqueViolation

from contract.names import PROOF_DATABASE_SUFFIX

from .clock import Clock
from .database import Connection, Database
from .logs import log_event
from .server_probe import ServerProbe

# Less than ECS' shortest time after which it starts an ended container again.
_PROOF_SECONDS: Final = 45.0
_POLL_SECONDS: Final = 0.5


class ProofDatabaseBuilder:
    """A periodic task that ends once the database for proofs exists."""

    def __init__(self, database: Database, *, name: str) -> None:
        self._database: Final = database
        self._name: Final = f"{name}{PROOF_DATABASE_SUFFIX}"

    async def run(self) -> None:
        """Create it, unless it exists. Without the permission no new server can be proven, but jobs still run."""
        try:
            await self._database.run(self._create)
            log_event(logging.INFO, "created the database for proofs of new servers", database=self._name)
        except (DuplicateDatabase, UniqueViolation):  # the second error: another keeper creates it at the same moment
            pass
        except InsufficientPrivilege as error:
            log_event(logging.WARNING, "cannot create the database for proofs of new servers", reason=str(error))
        await self._database.close()

    async def _create(self, connection: Connection) -> None:
        await connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(self._name)))


async def prove_server(probe: ServerProbe, *, seconds: float = _PROOF_SECONDS, clock: Clock | None = None) -> bool:
    """Return whether the server becomes ready in time and requires a token; log the one that fails."""
    clock = clock or Clock()
    for _ in range(int(seconds / _POLL_SECONDS)):
        if await probe.is_ready():
            break
        await clock.sleep(_POLL_SECONDS)
    else:
        log_event(logging.ERROR, f"the server was not ready within {seconds:.0f} seconds: its log has the cause")
        return False
    if problem := await probe.find_protocol_problem():
        log_event(logging.ERROR, "the server did not ask for a token, or has another protocol", answer=problem)
        return False
    log_event(logging.INFO, "the server is ready, has our protocol, and requires a token")
    return True
