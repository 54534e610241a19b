"""Each end of a job is told once, whatever is away when it ends, and no end of a job depends on its notice."""

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path

import pytest
from resonate.error import ServerError

from contract.codes import Code
from contract.job import DocumentJob, DocumentType
from contract.names import DOCUMENTS_ADDRESS, JOB, PROCESS_DOCUMENT, Tag, ending_id, promise_id
from contract.notice import EndedJob, Notice, Outcome
from durable import PermanentError, PromiseSnapshot, TemporaryError
from durable.wire.errors import NotFound
from durable.wire.records import Promise
from lambdas.trigger.status import status_of
from tests.calls import start_request
from tests.durable.worker_lab import end_leases
from tests.waiting import wait_until
from tests.worker import documents
from tests.worker.document_lab import DocumentLab
from tests.worker.long_text import end_sleep, wait_for_result, wait_for_sleeps
from tests.worker.topic import FakeTopic, serve_topic
from worker.adapters.channels import open_channel
from worker.steps.notice import build_notice, read_ended

ENDED_JOB = EndedJob(job_id="job-1", requester_id="client", type=DocumentType.REPORT)
TEXT_PDF = documents.make_pdf("This page carries a text layer that is long enough")


@pytest.fixture
def topic(lab: DocumentLab, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeTopic]:
    """A topic to which the workers of the lab send notices."""
    with serve_topic() as topic:
        lab.environ |= topic.environ
        for name, value in topic.aws_environ.items():
            monkeypatch.setenv(name, value)
        yield topic


def submit_canceled(lab: DocumentLab) -> str:
    """Create a job that no worker takes, and cancel it."""
    job = DocumentJob(job_id="stopped", document_url="https://a.test/", requester_id="client")
    tags: dict[str, str] = {Tag.KIND: JOB, Tag.TYPE: job.type, Tag.REQUESTER: job.requester_id}
    promise = promise_id(job.job_id)
    lab.client.create(start_request(promise, PROCESS_DOCUMENT, job, target="poll://any@no-worker", tags=tags))
    lab.cancel(promise)
    return promise


def test_a_topic_that_is_away_costs_no_result_and_every_end_is_told_once_it_is_back(
    lab: DocumentLab, topic: FakeTopic
) -> None:
    """One job is done, one fails, one is canceled. Then the worker dies, and the store is lost, too."""
    topic.is_away = True
    canceled = submit_canceled(lab)  # a worker looks for canceled jobs at its start, and then each minute
    first = lab.start()
    done = lab.submit("done", TEXT_PDF)
    missing = DocumentJob(job_id="failed", document_url=f"{lab.site.url}/no", requester_id="client")
    failed = lab.start_workflow(promise_id("failed"), PROCESS_DOCUMENT, missing, DOCUMENTS_ADDRESS)
    assert wait_for_result(lab, done).page_count == 1
    assert lab.wait_for_failure(failed)["code"] == Code.NOT_FOUND
    for job in (done, failed, canceled):
        wait_for_sleeps(lab, ending_of(job))
    first.kill()
    shutil.rmtree(lab.folder / "store" / "jobs")
    topic.is_away = False
    lab.start()
    end_leases(lab.client, first)
    for job in (done, failed, canceled):
        [sleep] = wait_for_sleeps(lab, ending_of(job))
        end_sleep(lab, sleep)
        lab.wait_until_settled(ending_of(job))
    assert topic.keys == ["done.done", "failed.failed", "stopped.canceled"]
    assert topic.refused >= 3
    told = {notice.job_id: notice for notice in topic.notices}
    status = status_of(lab.client.get(done), "done").to_dict()
    assert told["done"].stored_at == status["result"]["storedAt"]
    assert (told["failed"].code, told["failed"].outcome) == (Code.NOT_FOUND, Outcome.FAILED)
    assert "notice_refused" in str(lab.log_tails)


def find_promise(lab: DocumentLab, promise: str) -> Promise | None:
    """Return a promise, if it exists."""
    with suppress(NotFound):
        return lab.client.get(promise)
    return None


def ending_of(job: str) -> str:
    """Return the id of the promise that sends the notice of a job."""
    return ending_id(job.removeprefix(promise_id("")))


def test_a_job_that_is_canceled_in_its_last_moment_has_one_notice(lab: DocumentLab, topic: FakeTopic) -> None:
    """The worker is stopped after it handed over the notice, and before the job's own promise is settled."""
    first = lab.start(stops_after="notify")
    job = lab.submit("late", TEXT_PDF)
    wait_until(lambda: find_promise(lab, ending_of(job)), lambda: f"the notice is not handed over: {lab.log_tails}")
    assert lab.client.get(job).state == "pending"
    lab.cancel(job)
    first.kill()
    lab.start()
    end_leases(lab.client, first)
    lab.wait_until_settled(ending_of(job))
    assert topic.keys == ["late.canceled"]


@pytest.mark.parametrize(
    ("ended", "expected"),
    [
        (
            PromiseSnapshot(id="", state="resolved", value={"storedAt": "file:///x"}, settled_at=1.5),
            {"outcome": "done", "storedAt": "file:///x"},
        ),
        (PromiseSnapshot(id="", state="resolved", value=["settled by hand"], settled_at=1.5), {"outcome": "done"}),
        (
            PromiseSnapshot(id="", state="resolved", value={"storedAt": "half a character: \ud800"}, settled_at=1.5),
            {"outcome": "done"},
        ),
        (
            PromiseSnapshot(
                id="", state="rejected", settled_at=1.5, value={"message": '{"code": "no", "message": "never"}'}
            ),
            {"outcome": "failed", "code": "no", "message": "never"},
        ),
        (
            PromiseSnapshot(id="", state="rejected", value={"message": "/srv/private"}, settled_at=1.5),
            {
                "outcome": "failed",
                "code": "unexpected",
                "message": "unexpected error: the worker's log has the details",
            },
        ),
        (PromiseSnapshot(id="", state="rejected_canceled", settled_at=1.5), {"outcome": "canceled"}),
        (
            PromiseSnapshot(id="", state="rejected_timedout", settled_at=1.5),
            {
                "outcome": "timed_out",
                "code": "deadline_exceeded",
                "message": "the job was not done by its deadline",
            },
        ),
    ],
)
def test_a_notice_says_what_the_promise_says(ended: PromiseSnapshot, expected: dict[str, str]) -> None:
    notice = build_notice(ENDED_JOB, ended).model_dump(mode="json", by_alias=True, exclude_none=True)
    job = {"jobId": "job-1", "requesterId": "client", "type": "report"}
    assert notice == {
        **expected,
        **job,
        "key": f"job-1.{expected['outcome']}",
        "at": "1970-01-01T00:00:01.500+00:00",
    }
    assert Notice.model_validate(notice) == build_notice(ENDED_JOB, ended)


def test_a_notice_waits_for_the_end_of_its_job() -> None:
    """For a moment in memory; if the worker died just before the end, durably."""
    states = iter(("pending", "pending", "resolved"))
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    async def read(job: str) -> PromiseSnapshot:
        return PromiseSnapshot(id=job, state=next(states, "pending"))  # type: ignore[arg-type] # one of its words

    assert asyncio.run(read_ended("doc/a", read, sleep)).state == "resolved"
    assert len(pauses) == 2
    with pytest.raises(TemporaryError, match="has not ended yet") as caught:
        asyncio.run(read_ended("doc/a", read, sleep))
    assert (caught.value.after or 0) > 0


def test_a_job_whose_record_was_deleted_is_not_waited_for() -> None:
    async def read(job: str) -> PromiseSnapshot:
        raise ServerError(HTTPStatus.NOT_FOUND, f"{job} is gone")

    with pytest.raises(PermanentError, match="the record of the job was deleted"):
        asyncio.run(read_ended("doc/a", read, asyncio.sleep))


def test_an_outbox_that_takes_no_file_is_a_temporary_error_and_keeps_no_draft(tmp_path: Path) -> None:
    notice = build_notice(ENDED_JOB, PromiseSnapshot(id="", state="rejected_canceled"))
    folder = tmp_path / "outbox"
    (folder / f"{notice.key}.json").mkdir(parents=True)  # as good as a full disk
    with pytest.raises(TemporaryError) as caught:
        asyncio.run(open_channel(folder.as_uri())(notice))
    assert caught.value.code == Code.NOTICE_FAILED
    assert caught.value.after is not None
    assert str(tmp_path) not in caught.value.message
    assert [file.name for file in folder.iterdir()] == [f"{notice.key}.json"]
