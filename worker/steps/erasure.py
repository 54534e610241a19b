"""Delete all that a job has stored: its folder, its upload, and the answers of providers that it used.

Each step may run twice: a missing object is not an error. The job's folder has the marks that name the answers, and is
deleted last. So if a worker dies in between, the next one still finds all of them.
"""

from http import HTTPStatus
from typing import Final

from resonate.error import ServerError

from contract.ended_jobs import EndedJobRef
from contract.job import is_job_id
from contract.names import promise_id
from contract.object_keys import ANSWERS, INBOX, answers_prefix, job_prefix, upload_prefix
from durable import current_run, step
from worker.durations import HOUR

from .announcements import read_request
from .ports import Ports


class ErasureSteps:
    """The steps that erase a job; `ports` is their access to the outside."""

    def __init__(self, ports: Ports) -> None:
        self._ports: Final = ports

    @step(timeout=HOUR)  # a job of thousands of pages has as many objects
    async def end_parts(self, job: EndedJobRef) -> None:
        """Call off the job's parts on other workers, such as batches of pages: canceling a job does not end them."""
        await current_run().tools.promises.call_off((), ended=[promise_id(job.job_id)])

    @step(timeout=HOUR)
    async def erase_objects(self, job: EndedJobRef) -> int:
        """Delete the objects, and return how many there were."""
        erase, marks = self._ports.erase, answers_prefix(job.job_id)
        count = 0
        for mark in await self._ports.store.list_keys(marks):
            count += await erase(f"{ANSWERS}/{mark.removeprefix(marks)}/")
        if upload := await self._find_upload(job.job_id):
            count += await erase(upload)
        return count + await erase(f"{job_prefix(job.job_id)}/")

    async def _find_upload(self, job_id: str) -> str | None:
        """Return where the job's document was sent in our store, if it was."""
        match await _read_request(job_id):
            case {"uploadId": str(upload_id)} if is_job_id(upload_id):
                return f"{upload_prefix(upload_id)}/"
            case {"inboxFile": {"key": str(key)}} if _is_inbox_file(key):
                return key
            case {"documentUrl": str(url)} if _is_inbox_file(key := url.removeprefix(self._ports.store.url(""))):
                return key
            case _:  # its document is not in our store
                return None


def _is_inbox_file(key: str) -> bool:
    """Whether it is a document in the inbox: a folder there has those of other jobs."""
    return key.startswith(f"{INBOX}/") and not key.endswith("/")


async def _read_request(job_id: str) -> object:
    """Return the job's request; None if the server's history does not have it any more."""
    try:
        record = await current_run().tools.promises.read(promise_id(job_id))
    except ServerError as exc:
        if exc.code != HTTPStatus.NOT_FOUND:
            raise
        return None
    return read_request(record)
