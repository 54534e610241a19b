"""The embedded server as a program."""

import asyncio
import logging
import sys
from contextlib import closing

from .lifecycle import serve
from .settings import parse
from .store import Store, UnusableError


def main() -> None:
    """Serve until SIGTERM or SIGINT. An unusable folder or port is one sentence and exit code 1."""
    settings = parse()
    logging.basicConfig(level=logging.WARNING, format="server: %(levelname)s %(message)s")
    try:
        with closing(Store(settings.data)) as store:
            asyncio.run(serve(settings, store))
    except UnusableError as error:
        sys.exit(f"server: {error}")


if __name__ == "__main__":
    main()
