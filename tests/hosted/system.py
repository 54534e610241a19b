"""The hosted system: Postgres, server, keeper, workers and trigger, each as its template declares it.

Only addresses are of this machine, and two times are shorter, because a test that waits for them proves no more.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from keeper.settings import DatabaseAddress
from local.server_process import HOST, free_port
from tests.keeper.postgres import Postgres, connect
from tests.waiting import wait_until
from wire.client import Client
from worker.health import what_is_wrong

from .account import Account, environ
from .asking import is_answering, is_ready
from .declared import Declared
from .name import Name
from .program import Program
from .turnstile import Turnstile

# What a worker that was killed held waits as long, and so long a step may go on in one that leaves. Seconds.
SHORTER: Final = {"WORKER_LEASE_SECONDS": "5", "WORKER_GRACE_SECONDS": "3"}
# Of the keeper, who has defaults for them that the template leaves alone: an hour and a minute.
OFTENER: Final = {"HISTORY_INTERVAL_SECONDS": "1", "GAUGES_INTERVAL_SECONDS": "1"}
_HANGING: Final = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE %s"


@dataclass
class Hosted:
    """Use it in a `with` block. What a test has killed, `mend` starts again."""

    folder: Path
    declared: Declared
    account: Account
    postgres: Postgres
    database: DatabaseAddress
    binary: Path
    name: Name
    turnstile: Turnstile
    programs: list[Program] = field(default_factory=list)  # all that were ever started
    workers: list[Program] = field(default_factory=list)
    server: Program = field(init=False)
    keeper: Program = field(init=False)
    trigger: Program = field(init=False)
    url: str = field(init=False)
    _metrics: int = 0
    _is_database_there: bool = True

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.callback(self._end)
            (self.folder / "resonate-server").symlink_to(self.binary)
            self.make_keys("Create")
            self.server = self.start_server()
            self.keeper = self.start_keeper()
            self.workers.append(self.start_worker())
            self.trigger, self.url = self.start_trigger()
            stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def _end(self) -> None:
        self.turnstile.let()
        for program in self.programs:
            if program.is_running:
                program.kill()

    def make_keys(self, request: str, **changes: str) -> None:
        """Have the keys' function make what is missing, and put what it answers into the template."""
        self.declared.meanings.update(self.account.meanings)
        self.account.make_keys(request, self.declared.resource("Custom::Keys") | changes)
        self.declared.meanings.update(self.account.meanings)

    def _started(self, name: str, words: list[str], given: dict[str, str]) -> Program:
        program = Program(name, words, self.folder, given)
        self.programs.append(program)
        return program

    def start_server(self) -> Program:
        """Start it by the text in its container's entry point; its name means the newest one that is ready."""
        port, metrics = free_port(), free_port()
        given = self.declared.container(
            "Server",
            DB_PORT=str(self.database.port),
            DB_SSLMODE=self.database.sslmode,
            RESONATE_SERVER__BIND=HOST,
            RESONATE_SERVER__PORT=str(port),
            RESONATE_SERVER__URL=self.name.url,
            RESONATE_OBSERVABILITY__METRICS_PORT=str(metrics),
        )
        own = {"PATH": f"{self.folder}:/usr/bin:/bin", "TMPDIR": str(self.folder)}
        server = self._started("server", self.declared.words("Server"), given | own)
        wait_until(lambda: is_ready(port) or not server.is_running, lambda: f"it is not ready: {server.said}")
        assert server.is_running, server.said
        self.name.port, self._metrics = port, metrics
        return server

    def start_keeper(self) -> Program:
        """Start it beside the server."""
        given = self.declared.container(
            "Keeper",
            DB_PORT=str(self.database.port),
            DB_SSLMODE=self.database.sslmode,
            READY_URL=f"{self.name.url}/ready",
            METRICS_URL=f"http://{HOST}:{self._metrics}/metrics",
        )
        return self._started("keeper", [sys.executable, "-m", "keeper"], given | OFTENER)

    def start_worker(self, program: str = "worker", **instead: str) -> Program:
        """Start one, and return it once its health check would say that it is healthy."""
        port = free_port()
        worker = self.launch_worker(program, WORKER_HEALTH_PORT=str(port), **instead)

        def is_healthy() -> bool:
            return not worker.is_running or what_is_wrong(port, "ready") is None

        wait_until(is_healthy, lambda: f"it is not healthy: {worker.said}")
        assert worker.is_running, worker.said
        return worker

    def launch_worker(self, program: str = "worker", **instead: str) -> Program:
        """Start one, whatever becomes of it."""
        given = self.declared.container("Worker", **{"RESONATE_URL": self.name.url, **SHORTER, **instead})
        words = [sys.executable, "-m", program]
        return self._started("worker", words, given | environ(self.turnstile.url))

    def start_trigger(self, **instead: str) -> tuple[Program, str]:
        """Start the function behind its gateway, and return its address."""
        port = free_port()
        given = self.declared.function("Trigger", **{"RESONATE_URL": self.name.url, **instead})
        words = [sys.executable, "-m", "local.gateway", "--port", str(port)]
        gateway = self._started("trigger", words, given | environ(self.turnstile.url))
        url = f"http://{HOST}:{port}"
        wait_until(lambda: is_answering(url), lambda: f"it does not answer: {gateway.said}")
        return gateway, url

    def kill_database(self) -> None:
        """End it as a crash does."""
        self._is_database_there = False
        self.postgres.kill()

    @contextmanager
    def hanging_database(self) -> Iterator[Callable[[str], int]]:
        """Have it hang, and crash at the block's end: what the server asks for gets an error then and not at once.

        Gives a function that counts the statements with these words that hang.
        """
        holder, watcher = connect(self.database), connect(self.database)
        try:
            holder.execute("BEGIN")
            holder.execute("LOCK TABLE promises IN ACCESS EXCLUSIVE MODE")

            def hanging(words: str) -> int:
                row = watcher.execute(_HANGING, [f"%{words}%"]).fetchone()
                return int(str(row[0])) if row else 0

            yield hanging
        finally:
            self.kill_database()
            for connection in (holder, watcher):
                connection.close()

    def start_database(self) -> None:
        """Have it run."""
        if not self._is_database_there:
            self.postgres.start()
            self._is_database_there = True

    def client(self) -> Client:
        """Look at the server as the trigger may."""
        return Client(self.name.url, token=self.declared.function("Trigger")["RESONATE_TOKEN"])

    def mend(self) -> None:
        """Have one of everything run."""
        self.turnstile.let()
        self.start_database()
        if not self.server.is_running:
            self.server = self.start_server()
        if not self.keeper.is_running:
            self.keeper = self.start_keeper()
        self.workers = [worker for worker in self.workers if worker.is_running] or [self.start_worker()]

    @property
    def worker_lines(self) -> list[dict[str, Any]]:
        """What all workers have logged, those that are gone too."""
        return [line for program in self.programs if program.log.name.startswith("worker") for line in program.lines]
