"""The tools' functions: each sends one or a few requests to the API. They block: the server runs each in a thread."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from contract.answers import Processing
from contract.job import DocumentJob
from contract.job_lists import JobPage
from ops.api import Api
from ops.downloads import download
from ops.job_options import JobOptions
from ops.uploads import upload_file

from .bounds import MAX_CHARACTERS, Fields, cut, shorten, take, write_json
from .failures import ToolError
from .folders import Folders
from .inputs import DocumentInput, HistoryInput, JobInput, ListInput, ResultInput, WaitInput

_FIRST_PAUSE_SECONDS: Final = 0.2
_MAX_PAUSE_SECONDS: Final = 3.0
_BACKOFF: Final = 1.3


@dataclass(frozen=True, kw_only=True)
class JobTools:
    """The tools over an API. The API is looked up at the first call, because it may start later than the agent."""

    open_api: Callable[[], Api]
    options: JobOptions  # its cost limit is the maximum for an agent
    folders: Folders
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def submit(self, given: DocumentInput) -> Fields:
        """Record a job."""
        api = self.open_api()
        accepted = api.process_document(self._make_job(api, given))
        return {"jobId": accepted.job_id, "state": accepted.state}

    def estimate(self, given: DocumentInput) -> Fields:
        """Return what a job would take, or why it would fail."""
        api = self.open_api()
        return shorten(api.estimate(self._make_job(api, given)).to_dict())

    def status(self, given: JobInput) -> Fields:
        """Return the state of a job, with its result in short."""
        job = self.open_api().get(given.job_id).to_dict()
        del job["links"]  # an agent uses tools instead
        return shorten(job)

    def wait(self, given: WaitInput) -> Fields:
        """Wait until a job has ended or waits for a person; then, or when the time is over, return its state."""
        api, end, pause = self.open_api(), self.now() + given.seconds, _FIRST_PAUSE_SECONDS
        while isinstance(api.status(given.job_id), Processing) and self.now() < end:
            self.sleep(min(pause, max(0.0, end - self.now())))
            pause = min(pause * _BACKOFF, _MAX_PAUSE_SECONDS)
        return self.status(given)

    def list_jobs(self, given: ListInput) -> Fields:
        """Return a page of jobs."""
        page: JobPage = self.open_api().list_jobs(**given.model_dump())
        return page.to_dict()

    def why(self, given: JobInput) -> Fields:
        """Return why a job is where it is."""
        why = self.open_api().why(given.job_id).to_dict()
        waits = take(why.pop("waits"), 0, "waits")
        return {**shorten(why), "waits": waits["waits"], "totalWaits": waits["total"]}

    def history(self, given: HistoryInput) -> Fields:
        """Return what a job has called."""
        history = self.open_api().history(given.job_id).to_dict()
        return {**history, **take(history["operations"], given.offset, "operations")}

    def result(self, given: ResultInput) -> Fields:
        """Return the result of a job, or the text of a page; a long one is returned in parts."""
        api = self.open_api()
        if given.part == "text":
            return self._read_text(api, given)
        answer = api.status(given.job_id).to_dict()
        if "result" not in answer:
            raise ToolError("not_done", f"the job {given.job_id} is {answer['status']}: it has no result")
        text = write_json(answer)
        if given.offset == 0 and len(text) <= MAX_CHARACTERS:
            return answer
        return {"jobId": given.job_id, **cut(text, given.offset)}

    def _read_text(self, api: Api, given: ResultInput) -> Fields:
        pages = json.loads(download(api, api.file_link(given.job_id, "text")))["pages"]
        if given.page > len(pages):
            raise ToolError("bad_input", f"page: the document has {len(pages)} pages")
        about = {"jobId": given.job_id, "page": given.page, "pageCount": len(pages)}
        return {**about, **cut(pages[given.page - 1]["text"], given.offset)}

    def _make_job(self, api: Api, given: DocumentInput) -> DocumentJob:
        limits = [one for one in (given.max_cost_usd, self.options.max_cost) if one is not None]
        options = replace(self.options, kind=given.type, job_id=given.job_id, max_cost=min(limits, default=None))
        is_address = "://" in given.document
        document = given.document if is_address else str(self.folders.find_file(given.document))
        return options.make_job(document, partial(upload_file, api))
