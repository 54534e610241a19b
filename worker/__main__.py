"""python -m worker: the process that ECS runs. Its settings are environment variables; see worker/settings.py."""

import logging
import os
import sys
from typing import NoReturn

from durable.logs import JsonLines
from durable.runtime.serve import serve
from durable.runtime.settings import Settings as RuntimeSettings
from durable.runtime.worker import Worker

from .journal import StoredJournal
from .pipeline import document_workflow
from .ports import Ports
from .settings import SettingError, Settings
from .store import open_objects


def main() -> NoReturn:
    """Work until told to stop; what stands in the way is one sentence and exit code 2."""
    try:
        settings = Settings.from_env(os.environ)
    except SettingError as error:
        sys.stderr.write(f"worker: {error}\n")
        raise SystemExit(2) from None
    lines = logging.StreamHandler()
    lines.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[lines])
    runtime = RuntimeSettings(
        url=settings.resonate_url,
        group=settings.group,
        token=settings.resonate_token,
        concurrency=settings.concurrency,
        slots=settings.slots,
        lease=settings.lease,
        grace=settings.grace,
    )
    journal = StoredJournal(open_objects(settings.store_url))
    ports = Ports.of(settings, tell_pages=journal.tell_pages)
    serve(Worker(runtime, [document_workflow(ports)], journal=journal))


if __name__ == "__main__":
    main()
