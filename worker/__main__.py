"""python -m worker: the process that ECS runs. Its settings are environment variables; see worker/settings.py."""

import logging
import os
import sys
from typing import NoReturn

from obstore.exceptions import BaseError

from contract.environment import SettingsError, settings_errors
from durable import JsonFormatter
from durable.runtime import WorkerProcess

from .adapters.channels import ChannelError
from .adapters.object_store import open_objects
from .adapters.progress import StoredJournal
from .analysis.choice import ChoiceError
from .bootstrap import all_groups
from .settings import Settings
from .steps.ports import Ports


def main() -> NoReturn:
    """Work until told to stop; what stands in the way is one sentence and exit code 2."""
    lines = logging.StreamHandler()
    lines.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[lines])
    try:
        process = worker_of(Settings.from_env(os.environ))
    except SettingsError as error:
        sys.stderr.write(f"worker: {error}\n")
        raise SystemExit(2) from None
    process.run()


def worker_of(settings: Settings) -> WorkerProcess:
    """Put the worker together, or say which variable names what cannot be opened."""
    with settings_errors("STORE_URL", BaseError, OSError):
        journal = StoredJournal(open_objects(settings.store_url))
    with (
        settings_errors("NOTIFY_URL", ChannelError),
        settings_errors("ANALYZER, LLM_BASE_URL or DOCUMENT_TYPES", ChoiceError),
    ):
        ports = Ports.of(
            settings, tell_pages=journal.tell_pages, tell_batch=journal.tell_batch, tell_wait=journal.tell_wait
        )
    return all_groups(settings, ports, journal=journal)


if __name__ == "__main__":
    main()
