"""Run the whole system for your own requests until Ctrl-C."""

import errno
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, NoReturn, TextIO

from aws_lambda_powertools import Logger

from contract.cells import MAX_CELLS, CellLayout
from ops.laptop import FILE, STATE, Laptop
from worker.analysis.schema import SchemaError

from . import samples, site
from .choices import find_choices, list_known_types
from .command_line import Parser, parse_first_port, parse_folder
from .inbox_watcher import InboxWatcher
from .logged_process import NotReadyError, StartProcess
from .server_process import HOST
from .state import empty_folder, lock_folder, shorten
from .system import System

PORT: Final = 8080
CHECK_SECONDS: Final = 0.5  # between two looks into the inbox, and two checks that every part still runs


def describe(url: str, documents: str, folder: Path) -> str:
    """Return what a user finds where, and commands that process documents and invoke a function."""
    job = json.dumps(
        {"jobId": "sample", "documentUrl": f"{documents}/invoice.pdf", "requesterId": "me", "type": "invoice"}
    )
    here = "" if folder == STATE else f" --url {url}"  # this system is not the one that commands find by themselves
    return f"""Up: {url}. It writes to {shorten(folder)}, where jobs survive a restart. Press Ctrl-C to stop.

In a browser:

  {url}/      the console: drop documents, watch their jobs, review their values
  {url}/docs  the routes of the API, with forms to try them

In another terminal, with this sample or files of yours:

  curl -sO {documents}/invoice.pdf
  ./longhand submit invoice.pdf --type invoice --wait{here}
  ./longhand invoke factorial 10{here}
  curl -s {url}/process-document -d '{job}'
  curl -s {url}/status/sample
"""


@contextmanager
def publish_addresses(system: System, documents: site.Site) -> Iterator[None]:
    """Keep the addresses in a file that is locked while the system runs, so that a stale file is recognized."""
    laptop = Laptop(
        api=system.url,
        server=system.server.url,
        store=system.store,
        documents=f"http://{documents.host}",
        cells=len(system.cells),
    )
    path = system.folder / FILE
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(laptop.model_dump_json())
        file.flush()
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def serve(
    folder: Path, port: int, choices: Mapping[str, str], cells: int = 1, start_process: StartProcess = subprocess.Popen
) -> str:
    """Run the system until a part of it ends, and return which one and how. Raises NotReadyError."""
    # The documents keep their port, so that a job that outlives a restart still finds its own.
    with (
        site.serve_documents(samples.DOCUMENTS, port + 1) as documents,
        System(
            folder,
            os.environ,
            allowed_hosts=documents.host,
            port=port,
            choices=choices,
            layout=CellLayout.make(cells),
            start_process=start_process,
        ) as system,
        publish_addresses(system, documents),
    ):
        sys.stdout.write(describe(system.url, f"http://{documents.host}", folder))
        sys.stdout.flush()
        with (folder / "inbox.log").open("a") as log, closing(_open_inbox(system, log)) as inbox:
            while (failure := system.describe_failure()) is None:
                inbox.look()
                time.sleep(CHECK_SECONDS)
        return failure


def _open_inbox(system: System, log: TextIO) -> InboxWatcher:
    return InboxWatcher(system.trigger_settings, system.store, Logger(service="inbox", stream=log))


def _check_ports(port: int) -> None:
    """End the program if a port is in use: otherwise only a log would have the reason."""
    for number in (port, port + 1):
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind((HOST, number))
            except OSError as error:
                _end_for_port(port, error)


def _end_for_port(port: int, error: OSError) -> NoReturn:
    reason = f"port {port} or {port + 1} cannot be used ({error.strerror})"
    sys.exit(f"serve: {reason}: choose others with --port")


def main(start_process: StartProcess = subprocess.Popen) -> None:
    """Serve until Ctrl-C, or until a part ends by itself."""
    arguments = _make_parser().parse_args()
    folder: Path = arguments.state
    with lock_folder(folder, "serve"):
        try:
            choices = find_choices(os.environ, arguments.types)
            list_known_types(choices)  # checked before the worker starts, for an error without a log
        except SchemaError as error:
            _make_parser().exit(2, f"serve: {error}\n")
        _check_ports(arguments.port)
        if arguments.fresh:
            empty_folder(folder)
        for name in (signal.SIGTERM, signal.SIGHUP):  # a closed terminal stops the system, too
            signal.signal(name, lambda number, _: sys.exit(128 + number))
        try:
            failure = serve(folder, arguments.port, choices, arguments.cells, start_process)
        except KeyboardInterrupt:
            sys.exit(0)
        except NotReadyError as error:
            sys.exit(f"serve: {error}")
        except OSError as error:
            if error.errno != errno.EADDRINUSE:  # another program took the port after the check
                raise
            _end_for_port(arguments.port, error)
    sys.exit(f"serve: {failure}")


def _make_parser() -> Parser:
    parser = Parser(prog="python -m local.serve", description=__doc__)
    parser.add_argument(
        "--port",
        type=parse_first_port,
        default=PORT,
        help="port of the HTTP API; the next port serves a few sample documents (default %(default)s)",
    )
    parser.add_argument("--fresh", action="store_true", help="delete all jobs of former runs first")
    parser.add_argument(
        "--cells",
        type=int,
        choices=range(1, MAX_CELLS + 1),
        default=1,
        help="how many servers to run, each with its own worker; a later run may have more (default %(default)s)",
    )
    parser.add_argument(
        "--types", type=Path, help="folder with a file for each of your document types (default: DOCUMENT_TYPES)"
    )
    parser.add_argument(
        "--state", type=parse_folder, default=str(STATE), help="folder to write to (default %(default)s)"
    )
    return parser


if __name__ == "__main__":
    main()
