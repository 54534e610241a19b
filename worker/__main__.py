"""python -m worker: the process that ECS runs. Its settings are environment variables; see worker/settings.py."""

import logging
import os
import sys
from typing import NoReturn

from durable.logs import JsonLines
from durable.runtime.serve import serve
from durable.runtime.worker import Worker
from durable.server import Upkeep

from .analysis.choice import ChoiceError
from .endings import Teller, ending_workflow
from .journal import StoredJournal
from .pipeline import document_workflow
from .ports import Ports
from .settings import Settings, SettingsError
from .store import open_objects


def main() -> NoReturn:
    """Work until told to stop; what stands in the way is one sentence and exit code 2."""
    try:
        settings = Settings.from_env(os.environ)
    except SettingsError as error:
        sys.stderr.write(f"worker: {error}\n")
        raise SystemExit(2) from None
    lines = logging.StreamHandler()
    lines.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[lines])
    try:
        worker = worker_of(settings)
    except ChoiceError as error:
        sys.stderr.write(f"worker: {error}\n")
        raise SystemExit(2) from None
    serve(worker)


def worker_of(settings: Settings) -> Worker:
    """Put the worker together."""
    journal = StoredJournal(open_objects(settings.store_url))
    ports = Ports.of(settings, tell_pages=journal.tell_pages)
    tell_ending = ending_workflow(ports)
    return Worker(
        settings.runtime,
        [document_workflow(ports), tell_ending],
        journal=journal,
        upkeep=[Upkeep(name="telling endings", every=settings.endings_every, work=Teller(tell_ending))],
    )


if __name__ == "__main__":
    main()
