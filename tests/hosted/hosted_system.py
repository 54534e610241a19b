"""The hosted system: Postgres, server, keeper, workers and trigger, each as the template declares it.

Only addresses are local, a few times are shorter, because longer waits in a test prove no more, and a worker has fewer
jobs at a time.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from durable.wire.client import Client
from keeper.settings import DatabaseAddress
from local.server_process import HOST, free_port
from tests.keeper.postgres import Postgres, connect
from tests.waiting import wait_until
from worker.health import ask_worker

from .account import Account, aws_environment
from .aws_proxy import AwsProxy
from .http_requests import is_answering, is_ready
from .program import Program
from .server_name import ServerName
from .template import Template

# A message that no worker took is sent again after the first; the server looks for messages after the second.
SERVER_TIMES: Final = {"RESONATE_TASKS__RETRY_TIMEOUT": "2000", "RESONATE_MESSAGES__POLL_INTERVAL": "50"}
# A killed worker's tasks wait for the lease; a draining worker's steps may run for the grace.
# Two jobs that are held in their result step take all permits of a worker: a download gives its permit up.
WORKER_LIMITS: Final = {"WORKER_LEASE_SECONDS": "5", "WORKER_GRACE_SECONDS": "3", "WORKER_CONCURRENCY": "2"}
# The template leaves the keeper's defaults: an hour and a minute.
KEEPER_TIMES: Final = {"HISTORY_INTERVAL_SECONDS": "1", "GAUGES_INTERVAL_SECONDS": "1"}
_COUNT_BLOCKED: Final = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE %s"


@dataclass
class HostedSystem:
    """Runs inside a `with` block. `repair` restarts what a test has killed."""

    folder: Path
    template: Template
    account: Account
    postgres: Postgres
    database: DatabaseAddress
    binary: Path
    server_name: ServerName
    proxy: AwsProxy
    programs: list[Program] = field(default_factory=list)  # all that were started, also those that have ended
    workers: list[Program] = field(default_factory=list)
    server: Program = field(init=False)
    keeper: Program = field(init=False)
    trigger: Program = field(init=False)
    url: str = field(init=False)
    _metrics: int = 0
    _keeper_port: int = field(default_factory=free_port)  # of each keeper, one after the other
    _is_database_running: bool = True

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.callback(self._kill_all)
            (self.folder / "resonate-server").symlink_to(self.binary)
            self.make_keys("Create")
            self.server = self.start_server()
            self.keeper = self.start_keeper()
            self.workers.append(self.start_worker())
            self.trigger, self.url = self.start_trigger()
            stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._kill_all()

    def _kill_all(self) -> None:
        self.proxy.release()
        for program in self.programs:
            if program.is_running:
                program.kill()

    def make_keys(self, request: str, **changes: str) -> None:
        """Call the keys function, and put the attributes that it returns into the template."""
        self.template.references.update(self.account.references)
        self.account.make_keys(request, self.template.resource("Custom::Keys") | changes)
        self.template.references.update(self.account.references)

    def _start(self, name: str, command: list[str], env: dict[str, str]) -> Program:
        program = Program(name, command, self.folder, env)
        self.programs.append(program)
        return program

    def start_server(self) -> Program:
        """Start it by its container's entry point; once it is ready, the server's name leads to it."""
        port, metrics = free_port(), free_port()
        env = self.template.container(
            "Server",
            DB_PORT=str(self.database.port),
            DB_SSLMODE=self.database.sslmode,
            RESONATE_SERVER__BIND=HOST,
            RESONATE_SERVER__PORT=str(port),
            RESONATE_SERVER__URL=self.server_name.url,
            RESONATE_OBSERVABILITY__METRICS_PORT=str(metrics),
            **SERVER_TIMES,
        )
        own = {"PATH": f"{self.folder}:/usr/bin:/bin", "TMPDIR": str(self.folder)}
        server = self._start("server", self.template.entry_point("Server"), env | own)
        wait_until(
            lambda: is_ready(port) or not server.is_running, lambda: f"the server is not ready: {server.log_text}"
        )
        assert server.is_running, server.log_text
        self.server_name.port, self._metrics = port, metrics
        return server

    def start_keeper(self) -> Program:
        """Start the keeper beside the server."""
        env = self.template.container(
            "Keeper",
            DB_PORT=str(self.database.port),
            DB_SSLMODE=self.database.sslmode,
            READY_URL=f"{self.server_name.url}/ready",
            METRICS_URL=f"http://{HOST}:{self._metrics}/metrics",
            KEEPER_PORT=str(self._keeper_port),
        )
        return self._start("keeper", [sys.executable, "-m", "keeper"], env | KEEPER_TIMES)

    def start_worker(self, program: str = "worker", **changes: str) -> Program:
        """Start a worker, and return it once its health check succeeds."""
        port = free_port()
        worker = self.launch_worker(program, WORKER_HEALTH_PORT=str(port), **changes)

        def is_healthy() -> bool:
            return not worker.is_running or ask_worker(port, "ready") is None

        wait_until(is_healthy, lambda: f"the worker is not healthy: {worker.log_text}")
        assert worker.is_running, worker.log_text
        return worker

    def launch_worker(self, program: str = "worker", **changes: str) -> Program:
        """Start a worker without waiting for its health."""
        env = self.template.container("Worker", **{"RESONATE_URL": self.server_name.url, **WORKER_LIMITS, **changes})
        command = [sys.executable, "-m", program]
        return self._start("worker", command, env | aws_environment(self.proxy.url))

    def start_trigger(self, **changes: str) -> tuple[Program, str]:
        """Start the function behind a gateway, and return the gateway's url."""
        port = free_port()
        own = {"RESONATE_URL": self.server_name.url, "KEEPER_URL": self.keeper_url}
        env = self.template.function("Trigger", **{**own, **changes})
        command = [sys.executable, "-m", "local.gateway", "--port", str(port)]
        gateway = self._start("trigger", command, env | aws_environment(self.proxy.url))
        url = f"http://{HOST}:{port}"
        wait_until(lambda: is_answering(url), lambda: f"the gateway does not answer: {gateway.log_text}")
        return gateway, url

    @property
    def keeper_url(self) -> str:
        """Where the keeper answers queries."""
        return f"http://{HOST}:{self._keeper_port}"

    def kill_database(self) -> None:
        """Kill the database as a crash does."""
        self._is_database_running = False
        self.postgres.kill()

    @contextmanager
    def hang_database(self) -> Iterator[Callable[[str], int]]:
        """Block the database inside the block, and kill it at the end: so statements fail late and not at once.

        Give a function that counts the blocked statements that contain a text.
        """
        holder, watcher = connect(self.database), connect(self.database)
        try:
            holder.execute("BEGIN")
            holder.execute("LOCK TABLE promises IN ACCESS EXCLUSIVE MODE")

            def count_blocked(text: str) -> int:
                row = watcher.execute(_COUNT_BLOCKED, [f"%{text}%"]).fetchone()
                return int(str(row[0])) if row else 0

            yield count_blocked
        finally:
            self.kill_database()
            for connection in (holder, watcher):
                connection.close()

    def start_database(self) -> None:
        """Start the database, unless it is running."""
        if not self._is_database_running:
            self.postgres.start()
            self._is_database_running = True

    def client(self) -> Client:
        """Return a client with the trigger's token."""
        return Client(self.server_name.url, token=self.template.function("Trigger")["RESONATE_TOKEN"])

    def repair(self) -> None:
        """Make sure that each program runs."""
        self.proxy.release()
        self.start_database()
        if not self.server.is_running:
            self.server = self.start_server()
        if not self.keeper.is_running:
            self.keeper = self.start_keeper()
        self.workers = [worker for worker in self.workers if worker.is_running] or [self.start_worker()]

    @property
    def worker_lines(self) -> list[dict[str, Any]]:
        """The log lines of all workers, also of those that have ended."""
        return [line for program in self.programs if program.log.name.startswith("worker") for line in program.lines]
