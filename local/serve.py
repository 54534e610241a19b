"""The whole system, kept up for your own requests until Ctrl-C."""

import errno
import fcntl
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NoReturn

from worker.analysis.schema import SchemaError

from . import samples, site
from .choices import chosen, known_types
from .command_line import Parser, first_port, folder
from .inbox import Inbox
from .server_process import HOST, ROOT, NotReadyError
from .state import emptied, taken
from .system import System

FOLDER: Final = ROOT / ".state" / "serve"
PORT: Final = 8080
LOOK: Final = 0.5  # seconds between two looks whether everything still runs


def try_it(url: str, document: str) -> str:
    """What to type to see it work."""
    job = json.dumps({"jobId": "first", "documentUrl": document, "requesterId": "me", "type": "invoice"})
    return f"  curl -s {url}/process-document -d '{job}'\n  curl -s {url}/status/first\n"


@contextmanager
def announced(system: System, place: site.Site, inbox: Path) -> Iterator[None]:
    """Say where everything is for as long as it is there; the lock tells whether whoever wrote it still lives."""
    addresses = {
        "api": system.url,
        "server": system.server.url,
        "store": str(system.store),
        "documents": f"http://{place.host}",
        "inbox": str(inbox),
    }
    path = system.folder / "address.json"
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        json.dump(addresses, file)
        file.flush()
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def serve(place: Path, port: int, choices: Mapping[str, str]) -> str:
    """Keep the system up; return which part has ended by itself, and how. Raises NotReadyError."""
    inbox = place / "inbox"
    documents = Inbox(inbox, {name: make() for name, make in samples.DOCUMENTS.items()})
    # The documents keep their address, too: a job that outlives a restart still finds its own.
    with (
        site.serve(documents, port + 1) as files,
        System(place, os.environ, allowed_hosts=files.host, port=port, choices=choices) as system,
        announced(system, files, inbox),
    ):
        shown = place.relative_to(ROOT) if place.is_relative_to(ROOT) else place
        sys.stdout.write(f"Up: {system.url}, everything it writes is in {shown}. Ctrl-C ends it. Try:\n\n")
        sys.stdout.write(try_it(system.url, files.url("invoice.pdf")))
        sys.stdout.flush()
        while (dead := system.dead_part()) is None:
            time.sleep(LOOK)
        return dead


def _refuse_used(port: int) -> None:
    """End the program when somebody else uses the ports: a part that cannot listen would say it in its log only."""
    for number in (port, port + 1):
        with socket.socket() as place:
            place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                place.bind((HOST, number))
            except OSError as error:
                _end_for(port, error)


def _end_for(port: int, error: OSError) -> NoReturn:
    why = f"port {port} or {port + 1} cannot be used ({error.strerror})"
    sys.exit(f"serve: {why}: choose others with --port")


def main() -> None:
    """Serve until Ctrl-C, or until a part ends by itself."""
    arguments = _parser().parse_args()
    place: Path = arguments.state
    alone = taken(place, "serve")  # held until this process ends
    try:
        choices = chosen(os.environ, arguments.types)
        known_types(choices)  # now, and in words of its own: later it would be a part that does not start
    except SchemaError as error:
        _parser().exit(2, f"serve: {error}\n")
    _refuse_used(arguments.port)
    if arguments.fresh:
        emptied(place)
    for name in (signal.SIGTERM, signal.SIGHUP):  # a closed terminal, too: the parts are stopped then
        signal.signal(name, lambda number, _: sys.exit(128 + number))
    try:
        dead = serve(place, arguments.port, choices)
    except KeyboardInterrupt:
        sys.exit(0)
    except NotReadyError as error:
        sys.exit(f"serve: {error}")
    except OSError as error:
        if error.errno != errno.EADDRINUSE:  # somebody took it in the moment since it was looked at
            raise
        _end_for(arguments.port, error)
    finally:
        alone.close()
    sys.exit(f"serve: {dead}")


def _parser() -> Parser:
    parser = Parser(prog="python -m local.serve", description=__doc__)
    parser.add_argument(
        "--port",
        type=first_port,
        default=PORT,
        help="port of the HTTP API; the next one serves a few sample documents (default %(default)s)",
    )
    parser.add_argument("--fresh", action="store_true", help="forget all jobs of former runs")
    parser.add_argument(
        "--types", type=Path, help="folder with a file for each type of documents of yours; else DOCUMENT_TYPES"
    )
    parser.add_argument("--state", type=folder, default=str(FOLDER), help="folder to write to (default %(default)s)")
    return parser


if __name__ == "__main__":
    main()
