"""The short steps of a document: the work deadline, the download, the result and the notice."""

import logging
from typing import Final

from contract.analysis import Analysis
from contract.delivery_log import EventName
from contract.job import DocumentJob
from contract.names import NOTICES
from contract.object_keys import job_prefix
from contract.reading import Original, Text
from contract.result import Stored, StoredResult
from contract.times import format_seconds
from contract.usage import Usage
from durable import current_run, log_event, step
from worker.costs.meter import job_usage_fields
from worker.durations import MINUTE
from worker.providers.retries import STEP_RETRY

from .announcements import announce
from .document_stream import open_document
from .notice import notice_root
from .ports import Ports

_LOG: Final = logging.getLogger(__name__)


class DocumentSteps:
    """The short steps of a document; `ports` is their access to the outside."""

    def __init__(self, ports: Ports, notices_group: str = NOTICES) -> None:
        self._ports: Final = ports
        self._notices_group: Final = notices_group

    @step(timeout=MINUTE)  # its checkpoint is the deadline of all work, whichever worker resumes it
    async def begin(self) -> float:
        """Return the deadline, in seconds since 1970."""
        return self._ports.now() + self._ports.max_work_seconds

    @step(timeout=MINUTE, retry=STEP_RETRY)
    async def announce_acceptance(self, job: DocumentJob) -> str | None:
        """Announce to the job's receiver that the job is recorded; return the event's key."""
        return await announce(job.job_id, EventName.ACCEPTED, self._notices_group)

    @step(timeout=15 * MINUTE, retry=STEP_RETRY)  # 50 MB at 60 kB/s
    async def download(self, job: DocumentJob) -> Original:
        """Store the document. A url's content may change: the checkpoint names the download that counts."""
        seconds = self._ports.meter.stopwatch()
        async with open_document(job, self._ports) as (media_type, pieces):
            key = f"{job_prefix(job.job_id)}/original.{media_type.extension}"
            reference = await self._ports.store.create_from(key, pieces)
        return Original(reference=reference, media_type=media_type, usage=Usage(seconds=seconds()))

    @step(timeout=2 * MINUTE, retry=STEP_RETRY)
    async def store(self, job: DocumentJob, original: Original, text: Text, analysis: Analysis) -> Stored:
        """Store the result once, beside the original and the text, which earlier steps stored."""
        store, key = self._ports.store, f"{job_prefix(job.job_id)}/result.json"
        result = StoredResult.of(job, text, analysis, store.url(key), download=original.usage)
        is_logged = await store.find(key)  # metrics count the log line, so it must not be repeated
        reference = await store.create(key, result.model_dump_json(indent=2).encode())
        if not is_logged:
            log_event(_LOG, logging.INFO, "metered", job_usage_fields(result))
        return Stored(stored_at=store.url(key), reference=reference)

    @step(timeout=MINUTE, retry=STEP_RETRY)
    async def notify(self, job: DocumentJob) -> str:
        """Hand the notice over to a job of its own, which sends it once this job has ended; return the time."""
        await current_run().tools.promises.start(notice_root(job, self._notices_group))
        return format_seconds(self._ports.now())
