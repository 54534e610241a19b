"""The whole system, kept up for your own requests until Ctrl-C."""

import argparse
import json
import os
import shutil
import signal
import sys
import time
from typing import Final

from . import samples, site
from .servers import ROOT, NotReadyError
from .system import System

FOLDER: Final = ROOT / ".state" / "serve"
PORT: Final = 8080
LOOK: Final = 0.5  # seconds between two looks whether everything still runs


def try_it(url: str, document: str) -> str:
    """What to type to see it work."""
    job = json.dumps({"jobId": "first", "documentUrl": document, "requesterId": "me", "type": "invoice"})
    return f"  curl -s {url}/process-document -d '{job}'\n  curl -s {url}/status/first\n"


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
    arguments = parser.parse_args()
    if arguments.fresh:
        shutil.rmtree(FOLDER, ignore_errors=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the parts are stopped then, too
    documents = {name: make() for name, make in samples.DOCUMENTS.items()}
    port = arguments.port
    try:
        # The documents keep their address, too: a job that outlives a restart still finds its own.
        with (
            site.serve(documents, port + 1) as place,
            System(FOLDER, os.environ, allowed_hosts=place.host, port=port) as system,
        ):
            sys.stdout.write(
                f"Up: {system.url}, everything it writes is in {FOLDER.relative_to(ROOT)}. Ctrl-C ends it. Try:\n\n"
            )
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
    sys.exit(f"serve: {dead}")


if __name__ == "__main__":
    main()
