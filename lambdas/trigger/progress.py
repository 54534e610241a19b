"""How far a job is, from the journal that its worker keeps in the object store.

A hint and nothing more: without a journal, or with one that cannot be read, a job is simply processing.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

import obstore
from aws_lambda_powertools import Logger
from obstore.exceptions import BaseError
from obstore.store import from_url
from pydantic import ValidationError

from contract.answers import Progress
from contract.names import Step
from contract.progress import Mark, marks_prefix

type ReadProgress = Callable[[str], Progress | None]

STEPS = list(Step)
SECONDS: Final = timedelta(seconds=2)  # that S3 has, with one retry


class Marks(Protocol):
    """Where marks lie: `latest` returns the newest delivery's, or None."""

    def latest(self, job_id: str) -> bytes | None:
        """Read it."""


class StoredMarks:
    """The marks in the object store."""

    def __init__(self, url: str) -> None:
        # A hint must not take the answer down with it: the library would retry for minutes.
        if url.startswith("s3:"):
            self._store = from_url(
                url,
                client_options={"connect_timeout": SECONDS / 2, "timeout": SECONDS},
                retry_config={"max_retries": 1, "retry_timeout": SECONDS},
            )
        else:
            self._store = from_url(url, mkdir=True)

    def latest(self, job_id: str) -> bytes | None:
        """Read the one with the highest fence: names in the order of fences are in the order of time."""
        found = [item["path"] for page in obstore.list(self._store, marks_prefix(job_id)) for item in page]
        return bytes(obstore.get(self._store, max(found)).bytes()) if found else None


def progress_reader(marks: Marks, log: Logger) -> ReadProgress:
    """Make the function that status asks."""

    def read(job_id: str) -> Progress | None:
        try:
            content = marks.latest(job_id)
            return _progress(Mark.model_validate_json(content)) if content else None
        except (BaseError, OSError, ValidationError):
            log.exception("the journal cannot be read", jobId=job_id)
            return None

    return read


def _progress(mark: Mark) -> Progress:
    return Progress(
        step=mark.step,
        number=STEPS.index(mark.step) + 1,
        of=len(STEPS),
        attempt=mark.attempt,
        since=datetime.fromtimestamp(mark.at, UTC).isoformat(timespec="seconds"),
        pages=mark.pages,
    )
