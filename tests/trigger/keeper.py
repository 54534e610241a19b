"""The keeper of a laptop as a process, beside a test's server."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path

from lambdas.trigger.keeper_client import open_keeper
from lambdas.trigger.ports import KeeperAddress
from local.server_process import HOST, ROOT, free_port, has_status
from tests import warm_start
from tests.waiting import wait_until


@contextmanager
def run_keeper(file: Path, *, port: int = 0) -> Iterator[str]:
    """Run the keeper on the database of a server, and give its address."""
    port = port or free_port()
    url = f"http://{HOST}:{port}"
    env = {"SQLITE_FILE": str(file), "KEEPER_PORT": str(port)}
    process = warm_start.start([sys.executable, "-m", "keeper"], cwd=ROOT, env=env)
    try:
        wait_until(lambda: has_status(port, "/ready", HTTPStatus.OK), "the keeper answers")
        yield url
    finally:
        open_keeper(KeeperAddress(url=url)).close()  # a Lambda function keeps its connections for as long as it lives
        process.kill()
        process.wait()
