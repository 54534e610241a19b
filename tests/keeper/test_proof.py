"""A new server is proven on a database of its own, with the real server, its entry point and a real Postgres."""

import asyncio
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from contract.names import PROOF_DATABASE_SUFFIX
from durable.wire.envelope import VERSION
from keeper.clock import Clock
from keeper.database import Database
from keeper.proof import ProofDatabaseBuilder, prove_server
from keeper.server_probe import PROTOCOL, ServerProbe
from keeper.settings import DatabaseAddress
from local.server_process import HOST, ROOT, ServerProcess, free_port
from tests import warm_start
from tests.conftest import REAL
from tests.waiting import wait_until

from .conftest import NO_SERVER
from .keeper_process import PROGRAM, KeeperProcess, keeper_environment
from .postgres import Postgres, connect
from .server_entry import Keys, ServerEntry, entry_environment
from .task_runs import run_on_database, sleep_briefly

KEYS = Keys.generate("EdDSA")
needs_server = pytest.mark.skipif(REAL is None, reason=NO_SERVER)


def proof_of(address: DatabaseAddress) -> DatabaseAddress:
    return replace(address, name=f"{address.name}{PROOF_DATABASE_SUFFIX}")


def run_prover(database: DatabaseAddress, url: str) -> subprocess.CompletedProcess[str]:
    """Run the keeper's container as the proof does."""
    env = keeper_environment(proof_of(database), READY_URL=f"{url}/ready")
    command = [sys.executable, "-m", PROGRAM, "prove"]
    return warm_start.run(command, cwd=ROOT, env={**os.environ, **env}, capture_output=True)


@pytest.fixture
def no_proofs(empty_database: DatabaseAddress, postgres: Postgres) -> DatabaseAddress:
    """The database of jobs alone: keepers of other tests have made the one for proofs beside it."""
    postgres.drop(proof_of(empty_database).name)
    return empty_database


@needs_server
def test_a_new_server_is_proven_beside_the_running_one(no_proofs: DatabaseAddress, tmp_path: Path) -> None:
    """Twice: the second server finds the tables of the first. The database of jobs stays untouched."""
    assert REAL is not None
    with KeeperProcess(tmp_path, keeper_environment(no_proofs)) as keeper:
        keeper.wait_for("created the database for proofs of new servers")
    for _ in range(2):
        env = entry_environment(proof_of(no_proofs), KEYS, tmp_path)
        with ServerEntry(REAL.binary, tmp_path, env) as entry:
            proven = run_prover(no_proofs, entry.url)
        assert (proven.returncode, proven.stderr) == (0, ""), proven.stdout
    with connect(no_proofs) as jobs, connect(proof_of(no_proofs)) as proofs:
        has_tables = "SELECT count(*) > 3 FROM pg_tables WHERE schemaname = 'public'"
        assert [one.execute(has_tables).fetchone() for one in (jobs, proofs)] == [(False,), (True,)]


def test_the_database_for_proofs_is_made_once(no_proofs: DatabaseAddress) -> None:
    async def build_twice(connection: Database) -> None:
        for _ in range(2):
            await ProofDatabaseBuilder(connection, name=no_proofs.name).run()

    run_on_database(no_proofs, build_twice)


@needs_server
def test_a_server_without_its_database_is_not_proven(no_proofs: DatabaseAddress, tmp_path: Path) -> None:
    assert REAL is not None
    with ServerEntry(REAL.binary, tmp_path, entry_environment(proof_of(no_proofs), KEYS, tmp_path)) as entry:
        wait_until(lambda: "does not exist" in entry.log.read_text(), entry.log.read_text)
        assert not prove(entry.url)


def test_a_server_that_requires_no_token_is_not_proven(server: ServerProcess) -> None:
    """Such as one that reads the key under another name."""
    assert not prove(server.url)


def test_no_server_is_not_proven() -> None:
    assert not prove(f"http://{HOST}:{free_port()}")


def test_the_proof_uses_the_protocol_of_workers_and_trigger() -> None:
    assert PROTOCOL == VERSION


def prove(url: str) -> bool:
    """Ask ten times, at once: the server has started, or is no server."""
    probe = ServerProbe(ready_url=f"{url}/ready", metrics_url=f"{url}/metrics")
    return asyncio.run(prove_server(probe, seconds=5, clock=Clock(sleep=sleep_briefly)))
