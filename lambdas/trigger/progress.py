"""Reads a job's progress, and what it waits for, from the object store.

Progress is a hint: without readable progress the state of a pending job is just `processing`.
"""

from dataclasses import dataclass
from typing import Final

from aws_lambda_powertools import Logger

from contract.answers import PageCount, Progress, Waiting
from contract.names import Step, decision_id
from contract.progress import DeliveryProgress, Wait
from contract.times import format_seconds

from .progress_store import ProgressError, ProgressStore, StoredProgress

STEPS: Final = list(Step)


@dataclass(frozen=True, kw_only=True)
class JobProgress:
    """A job's progress. `waiting` is the answer of the API if the promise that the job waits for is still pending."""

    progress: Progress
    waiting: Waiting | None = None


class ProgressReader:
    """Reads progress, and logs why it could not be read."""

    def __init__(self, store: ProgressStore, log: Logger) -> None:
        self.store: Final = store
        self._log: Final = log

    def read(self, job_id: str) -> JobProgress | None:
        """Read what the newest delivery recorded; None if that is missing or unreadable."""
        try:
            stored = self.store.latest(job_id)
            return _parse(job_id, stored) if stored else None
        except (ProgressError, ValueError, OverflowError):
            self._log.exception("progress cannot be read", jobId=job_id)
            return None


def _parse(job_id: str, stored: StoredProgress) -> JobProgress:
    delivery = DeliveryProgress.from_json(stored.delivery)
    pages = delivery.pages
    progress = Progress(
        step=delivery.step,
        number=STEPS.index(delivery.step) + 1,
        of=len(STEPS),
        attempt=delivery.attempt,
        since=format_seconds(delivery.at),
        pages=pages and PageCount(done=min(pages.done + stored.batch_pages, pages.of), of=pages.of),
    )
    return JobProgress(
        progress=progress, waiting=_build_waiting(job_id, delivery.wait, progress) if delivery.wait else None
    )


def _build_waiting(job_id: str, wait: Wait, progress: Progress) -> Waiting:
    return Waiting(
        job_id=job_id,
        reason=wait.reason,
        message=wait.message,
        promise=wait.promise,
        until=format_seconds(wait.until),
        progress=progress,
        decision=decision_id(wait.promise),
        findings=wait.findings,
        fields=wait.fields,
    )
