"""The whole system, kept up for your own requests until Ctrl-C."""

import argparse
import json
import shutil
import sys
import time
from pathlib import Path
from typing import Final

from . import samples, site
from .servers import NotReadyError
from .system import System

FOLDER: Final = Path(".state/serve")
PORT: Final = 8080
LOOK: Final = 0.5  # seconds between two looks whether everything still runs


def try_it(url: str, document: str) -> str:
    """What to type to see it work."""
    job = json.dumps({"jobId": "first", "documentUrl": document, "requesterId": "me", "type": "invoice"})
    return f"  curl -s {url}/process-document -d '{job}'\n  curl -s {url}/status/first\n"


def main() -> None:
    """Serve until Ctrl-C, or until a part ends by itself."""
    parser = argparse.ArgumentParser(prog="python -m local.serve", description=__doc__)
    parser.add_argument("--port", type=int, default=PORT, help="port of the HTTP API (default %(default)s)")
    parser.add_argument("--fresh", action="store_true", help="forget all jobs of former runs")
    arguments = parser.parse_args()
    if arguments.fresh:
        shutil.rmtree(FOLDER, ignore_errors=True)
    documents = {"invoice.pdf": samples.invoice(), "contract.pdf": samples.contract(), "report.pdf": samples.report()}
    try:
        with site.serve(documents) as place, System(FOLDER, allowed_hosts=place.host, port=arguments.port) as system:
            sys.stdout.write(f"Up: {system.url}, everything it writes is in {FOLDER}. Ctrl-C ends it. Try:\n\n")
            sys.stdout.write(try_it(system.url, place.url("invoice.pdf")))
            sys.stdout.flush()
            while (dead := system.dead_part()) is None:
                time.sleep(LOOK)
    except KeyboardInterrupt:
        sys.exit(0)
    except NotReadyError as error:
        sys.exit(f"serve: {error}")
    sys.exit(f"serve: {dead}")


if __name__ == "__main__":
    main()
