"""Jobs as a client sends them, and checks of their checkpoints.

A step is finished once its checkpoint is settled on the server. The checkpoint of a step that was finished before a
fault must be unchanged afterwards, and no worker may have run the step again.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from contract.job import DocumentJob
from contract.names import DOCUMENTS_ADDRESS, PROCESS_DOCUMENT, PROMISE_PREFIX, Step, promise_id
from durable.history.parking_notes import PARKED_TAG
from durable.wire.errors import NotFound
from durable.wire.records import Promise
from durable.wire.requests import PromiseSearch
from local import samples
from tests.calls import start_request
from tests.waiting import wait_until

from .aws_proxy import RequestKind
from .hosted_system import HostedSystem
from .http_requests import Response, send_request
from .next_release import NEXT_VERSION

STEPS: Final = ("begin", *Step)  # a job's checkpoints, in order
_HELD_STEPS: Final = {RequestKind.DOWNLOAD: Step.DOWNLOAD, RequestKind.RESULT: Step.STORE}


@dataclass(frozen=True)
class FinishedSteps:
    """The settled checkpoints of some jobs at one moment."""

    checkpoints: dict[str, Promise]

    @property
    def steps(self) -> set[tuple[str, str]]:
        """Each step with the promise id of its job."""
        parts = (name.rpartition(":") for name in self.checkpoints)
        return {(job, STEPS[int(number) - 1]) for job, _, number in parts}


class Jobs:
    """A client of one test; each job id begins with the test's name."""

    def __init__(self, hosted: HostedSystem, name: str) -> None:
        self.hosted: Final = hosted
        self._name: Final = name
        self._document: Final = samples.make_invoice()
        self.accepted: list[str] = []

    def request(self, which: str) -> dict[str, str]:
        """Upload a document, and return the body of the request for it."""
        job = f"{self._name}-{which}"
        url = self.hosted.account.put_document(job, self._document)
        return {"jobId": job, "documentUrl": url, "requesterId": "client", "type": "invoice"}

    def try_to_post(self, request: dict[str, str]) -> Response:
        """Send a request, and record the job id if it is accepted."""
        response = send_request(f"{self.hosted.url}/process-document", request)
        if response.status == 202:
            self.accepted.append(request["jobId"])
        return response

    def post(self, *which: str) -> list[str]:
        """Send requests that must be accepted, and return their job ids."""
        responses = [self.try_to_post(self.request(one)) for one in which]
        assert {response.status for response in responses} == {202}, responses
        return [response.body["jobId"] for response in responses]

    def post_for_next_release(self, which: str) -> list[str]:
        """Create a job as the trigger of the next release does."""
        job = DocumentJob.read(self.request(which))
        request = start_request(
            promise_id(job.job_id), PROCESS_DOCUMENT, job, target=DOCUMENTS_ADDRESS, version=NEXT_VERSION
        )
        with self.hosted.client() as client:
            client.create(request)
        self.accepted.append(job.job_id)
        return [job.job_id]

    def post_held(self, kind: RequestKind, *which: str, post: Callable[..., list[str]] | None = None) -> list[str]:
        """Send requests, and return the job ids once each job is held inside this step."""
        proxy = self.hosted.proxy
        jobs = [f"{self._name}-{one}" for one in which]
        proxy.hold(kind, *jobs)
        (post or self.post)(*which)
        wait_until(lambda: all(proxy.counts[kind, job] for job in jobs), lambda: f"{jobs} do not reach {kind}")
        before = STEPS[: STEPS.index(_HELD_STEPS[kind])]
        wait_until(
            lambda: self.find_finished(*jobs).steps == {(promise_id(job), step) for job in jobs for step in before},
            lambda: f"finished: {self.find_finished(*jobs).steps}",
        )
        return jobs

    def find_finished(self, *jobs: str) -> FinishedSteps:
        """Return the steps that are finished now, of all accepted jobs if none is named."""
        found = {}
        with self.hosted.client() as client:
            for job in jobs or self.accepted:
                tags = {"resonate:origin": promise_id(job)}
                for promise in client.search_all(PromiseSearch(tags=tags)):
                    is_call = promise.id != promise_id(job) and PARKED_TAG not in promise.tags
                    if promise.state != "pending" and is_call:
                        found[promise.id] = promise
        return FinishedSteps(found)

    def state(self, job: str) -> str | None:
        """Return the state of a job's promise, or None if it does not exist."""
        with self.hosted.client() as client:
            try:
                return client.get(promise_id(job)).state
            except NotFound:
                return None

    def wait_until_done(self) -> None:
        """Return once every accepted job is done, its result is stored and its notice published."""
        for job in self.accepted:
            response = wait_until(partial(self._find_ending, job), f"{job} is not done")
            assert response.body["status"] == "done", response
            result = response.body["result"]
            assert result["extractedData"]["vendor"] == "Brightwater Logistics Ltd"
            assert self.hosted.account.read_result(result["storedAt"])["jobId"] == job
            notices = wait_until(partial(self.hosted.proxy.notices, job), f"{job} has no notice")
            assert {(notice["outcome"], notice["storedAt"]) for notice in notices} == {("done", result["storedAt"])}

    def _find_ending(self, job: str) -> Response | None:
        response = send_request(f"{self.hosted.url}/status/{job}")
        return response if response.body.get("status") not in ("processing", None) else None

    def assert_nothing_ran_twice(self, before: FinishedSteps) -> None:
        """Check that finished checkpoints are unchanged, and that only unfinished steps may have run again."""
        after = self.find_finished().checkpoints
        assert {name: after.get(name) for name in before.checkpoints} == before.checkpoints
        runs = self.count_runs()
        assert {step: runs[step] for step in before.steps} == dict.fromkeys(before.steps, 1)
        for job in self.accepted:
            if (promise_id(job), Step.DOWNLOAD) in before.steps:
                assert self.hosted.proxy.counts[RequestKind.DOWNLOAD, job] == 1
        assert {name.partition(":")[0] for name in after} == {f"{PROMISE_PREFIX}{job}" for job in self.accepted}
        assert len(after) == len(STEPS) * len(set(self.accepted))

    def count_runs(self) -> Counter[tuple[str, str]]:
        """Return how often the workers' logs report that a step of a job is done."""
        lines = (line for line in self.hosted.worker_lines if line.get("event") == "step_done")
        return Counter((line["promiseId"], line["step"]) for line in lines)
