"""python -m worker: the process that ECS runs. Its settings are environment variables; see worker/settings.py."""

import logging
import os
import sys
from typing import Final, NoReturn

from contract.environment import SettingsError
from contract.names import DELIVERY_PREFIX, ENDING_PREFIX, ERASURE_PREFIX, PROMISE_PREFIX, REVOCATION_PREFIX
from durable import Fields, JsonFormatter, start_fork_server
from durable.runtime import TracingError, open_tracing

from .adapters.temporary_folder import remove_abandoned_folders
from .bootstrap import build_worker
from .preloads import DOCUMENTS
from .settings import Settings

_ABOUT_JOBS: Final = (PROMISE_PREFIX, ENDING_PREFIX, DELIVERY_PREFIX, REVOCATION_PREFIX, ERASURE_PREFIX)


def main() -> NoReturn:
    """Run until a signal stops the process; an error of the settings is one sentence and exit code 2."""
    lines = logging.StreamHandler()
    lines.setFormatter(JsonFormatter(enrich=add_job_id))
    logging.basicConfig(level=logging.INFO, handlers=[lines])
    try:
        process = build_worker(Settings.from_env(os.environ), open_tracing(os.environ))
    except (SettingsError, TracingError) as error:
        sys.stderr.write(f"worker: {error}\n")
        raise SystemExit(2) from None
    remove_abandoned_folders()
    start_fork_server(DOCUMENTS)  # loads while the worker connects, so that the first document does not wait
    process.run()


def add_job_id(fields: Fields) -> Fields:
    """Return the job id of a line with a promise id: the trigger logs it under the same key."""
    promise = str(fields.get("promiseId", ""))
    kind = next((prefix for prefix in _ABOUT_JOBS if promise.startswith(prefix)), None)
    return {"jobId": promise.removeprefix(kind).partition(".")[0]} if kind else {}  # job ids have no dots


if __name__ == "__main__":
    main()
