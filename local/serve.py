"""The whole system, kept up for your own requests until Ctrl-C."""

import argparse
import fcntl
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TextIO

from . import samples, site
from .inbox import Inbox
from .servers import ROOT, NotReadyError
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
        "engine": system.engine.url,
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


def _alone(folder: Path) -> TextIO:
    """Take the lock beside the folder, before anything in it is touched."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = folder.with_name(f"{folder.name}.lock").open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(f"serve: another serve uses {folder}: stop it, or choose another folder with --state")
    return lock


def main() -> None:
    """Serve until Ctrl-C, or until a part ends by itself."""
    parser = argparse.ArgumentParser(prog="python -m local.serve", description=__doc__)
    parser.add_argument(
        "--port",
        type=int,
        default=PORT,
        help="port of the HTTP API; the next one serves three sample documents (default %(default)s)",
    )
    parser.add_argument("--fresh", action="store_true", help="forget all jobs of former runs")
    parser.add_argument("--state", type=Path, default=FOLDER, help="folder to write to (default %(default)s)")
    arguments = parser.parse_args()
    folder: Path = arguments.state.resolve()
    alone = _alone(folder)  # held until this process ends
    if arguments.fresh:
        shutil.rmtree(folder, ignore_errors=True)
    for name in (signal.SIGTERM, signal.SIGHUP):  # a closed terminal, too: the parts are stopped then
        signal.signal(name, lambda number, _: sys.exit(128 + number))
    inbox = folder / "inbox"
    documents = Inbox(inbox, {name: make() for name, make in samples.DOCUMENTS.items()})
    port = arguments.port
    try:
        # The documents keep their address, too: a job that outlives a restart still finds its own.
        with (
            site.serve(documents, port + 1) as place,
            System(folder, os.environ, allowed_hosts=place.host, port=port) as system,
            announced(system, place, inbox),
        ):
            shown = folder.relative_to(ROOT) if folder.is_relative_to(ROOT) else folder
            sys.stdout.write(f"Up: {system.url}, everything it writes is in {shown}. Ctrl-C ends it. Try:\n\n")
            sys.stdout.write(try_it(system.url, place.url("invoice.pdf")))
            sys.stdout.flush()
            while (dead := system.dead_part()) is None:
                time.sleep(LOOK)
    except KeyboardInterrupt:
        sys.exit(0)
    except NotReadyError as error:
        sys.exit(f"serve: {error}")
    except OSError as error:
        sys.exit(f"serve: port {port} or {port + 1} cannot be used ({error.strerror}): choose others with --port")
    finally:
        alone.close()
    sys.exit(f"serve: {dead}")


if __name__ == "__main__":
    main()
