"""What a job costs the hosted server and its database: the laptop's system on the real server with Postgres."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from keeper.settings import DatabaseAddress
from local import samples, site
from local.server_process import ServerProcess, find_real_program, start
from local.system import System
from stacks.server_settings import SERVER_SETTINGS
from tests.keeper.postgres import NO_POSTGRES, Postgres, connect, find_postgres

from .hosted_server import HostedProgram
from .pipeline import CLIENTS, DOCUMENT, JOBS, make_client, run_jobs
from .process_usage import measure_cpu_seconds
from .report import format_table
from .scale import Scale

_IDLE_SECONDS: Final = 10.0


class HostedSystem(System):
    """The system with a server on Postgres, tuned as on AWS."""

    def __init__(self, folder: Path, binary: Path, database: DatabaseAddress, *, allowed_hosts: str) -> None:
        super().__init__(folder, os.environ, allowed_hosts=allowed_hosts)
        self._program: Final = HostedProgram(binary, database, SERVER_SETTINGS)

    def _start_server(self) -> ServerProcess:
        return start(self._program, self.folder / "server")


def measure_hosted_pipeline(scale: Scale) -> str:
    """Digital PDFs of one page on the real server with Postgres: CPU and bytes of a job, CPU of a second at rest."""
    program, postgres = find_real_program(os.environ), find_postgres(os.environ)
    if program is None or postgres is None:
        return "Not measured: set RESONATE_BIN." if program is None else NO_POSTGRES
    count = min(JOBS, scale.workflows)
    with (
        TemporaryDirectory() as folder,
        Postgres(postgres) as cluster,
        site.serve_documents({DOCUMENT: samples.make_invoice()}) as documents,
        _run_system(Path(folder), program.binary, cluster, documents) as system,
    ):
        address, post = cluster.address("resonate"), make_client(system, documents)
        run_jobs(post, "warm", 2 * CLIENTS)
        before = _read_usage(system, cluster, address)
        run_jobs(post, "job", count)
        worked = _read_usage(system, cluster, address)
        time.sleep(_IDLE_SECONDS)
        rested = _read_usage(system, cluster, address)
    per_job = [f"{(after - at) / count * 1000:.1f}" for at, after in zip(before[:3], worked[:3], strict=True)]
    at_rest = [f"{(after - at) / _IDLE_SECONDS * 1000:.1f}" for at, after in zip(worked[:3], rested[:3], strict=True)]
    columns = ("server CPU ms", "Postgres CPU ms", "worker and children CPU ms", "kB in Postgres")
    kilobytes = f"{(worked[3] - before[3]) / count / 1000:.1f}"
    return format_table(("", *columns), [("a job", *per_job, kilobytes), ("a second at rest", *at_rest, "")])


@contextmanager
def _run_system(folder: Path, binary: Path, cluster: Postgres, documents: site.Site) -> Iterator[System]:
    with HostedSystem(folder, binary, cluster.create("resonate"), allowed_hosts=documents.host) as system:
        yield system


def _read_usage(system: System, cluster: Postgres, address: DatabaseAddress) -> tuple[float, ...]:
    """Return CPU seconds so far, and the bytes of the database, indexes included and dead rows left out."""
    with connect(address) as sql:
        sql.execute("VACUUM FULL")
        [[size]] = sql.execute("SELECT pg_database_size(current_database())").fetchall()
    pids = (system.server.process.pid, cluster.pid, system.worker.process.pid)
    return (*(measure_cpu_seconds(pid) for pid in pids), float(str(size)))
