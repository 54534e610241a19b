"""Jobs as a client sends them, and the evidence of what became of them.

A step is finished once its checkpoint is settled on the server. What was finished before a fault must be the same after
it, to the byte, and no worker may have done it again.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from contract.job import DocumentJob
from contract.names import DOCUMENTS_ADDRESS, PROCESS_DOCUMENT, PROMISE_PREFIX, Step, promise_id
from local import samples
from tests.calls import start_request
from tests.waiting import wait_until
from wire.errors import NotFound
from wire.records import Promise
from wire.requests import PromiseSearch

from .asking import Answer, ask
from .next_release import NEXT_VERSION
from .system import Hosted
from .turnstile import What

STEPS: Final = ("begin", *Step)  # a job's checkpoints, in their order
_TURN: Final = {What.DOWNLOAD: Step.DOWNLOAD, What.NOTICE: Step.NOTIFY}
_PATIENCE: Final = 90.0  # seconds for several jobs on a crowded machine


@dataclass(frozen=True)
class Finished:
    """The checkpoints of some jobs that were settled at a moment."""

    checkpoints: dict[str, Promise]

    @property
    def steps(self) -> set[tuple[str, str]]:
        """Each with its job's promise."""
        parts = (name.rpartition(":") for name in self.checkpoints)
        return {(job, STEPS[int(number) - 1]) for job, _, number in parts}


class Jobs:
    """Of one test: every id begins with its name."""

    def __init__(self, hosted: Hosted, name: str) -> None:
        self.hosted: Final = hosted
        self._name: Final = name
        self._document: Final = samples.make_invoice()
        self.accepted: list[str] = []

    def request(self, which: str) -> dict[str, str]:
        """Return the body of a request, whose document is there."""
        job = f"{self._name}-{which}"
        url = self.hosted.account.put_document(job, self._document)
        return {"jobId": job, "documentUrl": url, "requesterId": "somebody", "type": "invoice"}

    def try_to_post(self, request: dict[str, str]) -> Answer:
        """Send it, and note whether it was accepted."""
        answer = ask(f"{self.hosted.url}/process-document", request)
        if answer.status == 202:
            self.accepted.append(request["jobId"])
        return answer

    def post(self, *which: str) -> list[str]:
        """Send some that must be accepted, and return their ids."""
        answers = [self.try_to_post(self.request(one)) for one in which]
        assert {answer.status for answer in answers} == {202}, answers
        return [answer.body["jobId"] for answer in answers]

    def post_for_next_release(self, which: str) -> list[str]:
        """Send one as the trigger of the next release would."""
        job = DocumentJob.model_validate(self.request(which))
        request = start_request(
            promise_id(job.job_id), PROCESS_DOCUMENT, job, target=DOCUMENTS_ADDRESS, version=NEXT_VERSION
        )
        with self.hosted.client() as client:
            client.create(request)
        self.accepted.append(job.job_id)
        return [job.job_id]

    def post_held(self, what: What, *which: str, post: Callable[..., list[str]] | None = None) -> list[str]:
        """Send some, and return when each of them is held in the middle of its step."""
        turnstile = self.hosted.turnstile
        jobs = [f"{self._name}-{one}" for one in which]
        turnstile.hold(what, *jobs)
        (post or self.post)(*which)
        wait_until(lambda: all(turnstile.came[what, job] for job in jobs), lambda: f"{jobs} do not come to {what}")
        before = STEPS[: STEPS.index(_TURN[what])]
        wait_until(
            lambda: self.finished(*jobs).steps == {(promise_id(job), step) for job in jobs for step in before},
            lambda: f"finished are {self.finished(*jobs).steps}",
        )
        return jobs

    def finished(self, *jobs: str) -> Finished:
        """Return what is finished now, of all jobs if none is named."""
        found = {}
        with self.hosted.client() as client:
            for job in jobs or self.accepted:
                tags = {"resonate:origin": promise_id(job)}
                for promise in client.search_all(PromiseSearch(tags=tags)):
                    if promise.state != "pending" and promise.id != promise_id(job):
                        found[promise.id] = promise
        return Finished(found)

    def state(self, job: str) -> str | None:
        """Return a job's promise's state, or nothing if there is none."""
        with self.hosted.client() as client:
            try:
                return client.get(promise_id(job)).state
            except NotFound:
                return None

    def wait_until_done(self) -> None:
        """Return once every accepted job is done, with its result stored and its requester told."""
        for job in self.accepted:
            answer = wait_until(lambda job=job: self._ended(job), lambda job=job: f"{job} is not done", _PATIENCE)  # type: ignore[misc] # it is called before the next turn
            assert answer.body["status"] == "done", answer
            result = answer.body["result"]
            assert result["extractedData"]["vendor"] == "Brightwater Logistics Ltd"
            assert self.hosted.account.stored(result["storedAt"])["jobId"] == job
            told = self.hosted.turnstile.notices(job)
            assert {(notice["outcome"], notice["at"]) for notice in told} == {("done", result["notifiedAt"])}

    def _ended(self, job: str) -> Answer | None:
        answer = ask(f"{self.hosted.url}/status/{job}")
        return answer if answer.body.get("status") not in ("processing", None) else None

    def prove_that_nothing_ran_twice(self, before: Finished) -> None:
        """Show that what was finished was kept, and that only what was not may have been done again."""
        after = self.finished().checkpoints
        assert {name: after.get(name) for name in before.checkpoints} == before.checkpoints
        done = self.times_done()
        assert {step: done[step] for step in before.steps} == dict.fromkeys(before.steps, 1)
        for job in self.accepted:
            if (promise_id(job), Step.DOWNLOAD) in before.steps:
                assert self.hosted.turnstile.came[What.DOWNLOAD, job] == 1
        assert {name.partition(":")[0] for name in after} == {f"{PROMISE_PREFIX}{job}" for job in self.accepted}
        assert len(after) == len(STEPS) * len(set(self.accepted))

    def times_done(self) -> Counter[tuple[str, str]]:
        """How often a worker has told that it did a step of a job."""
        lines = (line for line in self.hosted.worker_lines if line.get("event") == "step_done")
        return Counter((line["promiseId"], line["step"]) for line in lines)
