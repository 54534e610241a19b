"""python -m examples.accounts URL [api|workers|db]: one of the three services, or each in a process of its own."""

import argparse
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from durable.runtime import Settings, Worker, WorkerProcess
from durable.wire.client import Client

from .agreement import DATABASE, WORKERS
from .api import ApiServer
from .database import Database
from .jobs import WORKFLOWS


def run_api(arguments: argparse.Namespace) -> None:
    """Serve the API."""
    with Client(arguments.url) as client, ApiServer(client, arguments.port) as server:
        logging.getLogger(__name__).info("http://127.0.0.1:%s", server.server_port)
        server.serve_forever()


def run_workers(arguments: argparse.Namespace) -> None:
    """Process jobs."""
    WorkerProcess([Worker(Settings(url=arguments.url, group=WORKERS), WORKFLOWS)]).run()


def run_database(arguments: argparse.Namespace) -> None:
    """Serve the database."""
    database = Database(arguments.database)
    WorkerProcess([Worker(Settings(url=arguments.url, group=DATABASE), database.workflows)]).run()


SERVICES: Final[Mapping[str, Callable[[argparse.Namespace], None]]] = {
    "api": run_api,
    "workers": run_workers,
    "db": run_database,
}


def run_all(arguments: argparse.Namespace) -> None:
    """Run each service in a process of its own, until one of them ends."""
    options = ["--port", str(arguments.port), "--database", str(arguments.database)]
    command = [sys.executable, "-m", "examples.accounts", arguments.url]
    processes = [subprocess.Popen([*command, service, *options]) for service in SERVICES]
    try:
        os.wait()
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()


def main() -> None:
    """Run what the command line names; SIGTERM ends it, as Ctrl-C does."""
    parser = argparse.ArgumentParser(prog="python -m examples.accounts")
    parser.add_argument("url", help="of the Resonate server, such as http://127.0.0.1:8001")
    parser.add_argument("service", nargs="?", choices=SERVICES, help="(default: all three)")
    parser.add_argument("--port", type=int, default=8090, help="of the API (default %(default)s)")
    parser.add_argument("--database", type=Path, default=Path(".state/accounts.db"), help="(default %(default)s)")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format=f"{arguments.service}: %(message)s")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    arguments.database.parent.mkdir(parents=True, exist_ok=True)
    SERVICES.get(arguments.service, run_all)(arguments)


if __name__ == "__main__":
    main()
