"""GET /status/<jobId>: the state of the durable promise, and the progress of the worker."""

import base64
import json
from copy import replace
from pathlib import Path

import pytest

from contract.answers import PageCount, Reason
from contract.names import Step
from contract.progress import DeliveryProgress, Wait, batch_key, progress_key
from durable.wire.client import Client
from durable.wire.fields import SettledBy
from durable.wire.records import Value
from durable.wire.requests import PromiseCreate, PromiseSettle
from local.server_process import ServerProcess

from .conftest import Api, api_over, settle


def test_a_pending_job_is_processing(api: Api) -> None:
    api.submit()
    assert api.status().body == {"status": "processing", "jobId": "job-1"}


def test_a_finished_job_has_its_result(api: Api, client: Client) -> None:
    api.submit()
    settle(client, "resolved", {"jobId": "job-1", "pageCount": 3})
    reply = api.status()
    assert reply.status == 200
    assert reply.body == {"status": "done", "jobId": "job-1", "result": {"jobId": "job-1", "pageCount": 3}}


def test_a_failed_job_shows_its_error_and_step(api: Api, client: Client) -> None:
    api.submit()
    error = {"code": "document_encrypted", "message": "it needs a password", "step": "extract", "retry": False}
    settle(client, "rejected", {"__type": "error", "message": json.dumps(error)})
    reply = api.status()
    assert reply.status == 200
    assert reply.body == {
        "status": "failed",
        "jobId": "job-1",
        "error": {"code": "document_encrypted", "message": "it needs a password", "step": "extract"},
    }


FOREIGN_VALUES: list[object] = [None, "text", [], {"message": "no JSON"}, {"message": "{}"}, {"message": "[1]"}]
UNSAFE_VALUES: list[object] = [
    {"message": '{"code": "unexpected", "message": "OSError: /etc/pickle"}'},
    {"__py_pickle": "gASVBQAAAAA="},
]


@pytest.mark.parametrize("value", FOREIGN_VALUES + UNSAFE_VALUES)
def test_a_rejection_in_another_format_is_an_unexpected_failure(api: Api, client: Client, value: object) -> None:
    """Its text is not shown: it may be a traceback, or a pickle."""
    api.submit()
    settle(client, "rejected", value)
    reply = api.status()
    assert (reply.status, reply.body["error"]["code"]) == (200, "unexpected")
    assert "pickle" not in json.dumps(reply.body)


@pytest.mark.parametrize("state", ["resolved", "rejected"])
@pytest.mark.parametrize(
    "text",
    [
        *(r'{"message": "half a character: \ud800"}', r'"\udfff"', '{"message": NaN}', '{"message": 1e400}'),
        *('{"a": ' * 5_000 + "1" + "}" * 5_000, "[" * 900 + "]" * 900, "1" * 5_000),
    ],
    ids=["half", "half alone", "NaN", "infinite", "deep", "rather deep", "long number"],
)
def test_a_value_that_no_program_of_ours_writes_has_an_answer(
    api: Api, client: Client, state: SettledBy, text: str
) -> None:
    """A client of the server has settled the promise; nothing of ours may fail for it for ever."""
    api.submit()
    client.settle(
        PromiseSettle(id="doc/job-1", state=state, value=Value(data=base64.b64encode(text.encode()).decode()))
    )
    reply = api.status()
    assert (reply.status, reply.body["status"]) == (200, "done" if state == "resolved" else "failed")


def test_a_rejection_that_is_not_base64_is_an_unexpected_failure(api: Api, client: Client) -> None:
    api.submit()
    client.settle(PromiseSettle(id="doc/job-1", state="rejected", value=Value(data="%%%")))
    assert api.status().body["error"]["code"] == "unexpected"


def test_a_job_past_its_deadline_has_failed(api: Api, client: Client) -> None:
    client.create(PromiseCreate(id="doc/late", timeout_at=1))
    assert api.status("late").body["error"] == {
        "code": "deadline_exceeded",
        "message": "the job was not done by its deadline",
    }


def test_a_canceled_job_is_canceled(api: Api, client: Client) -> None:
    api.submit()
    settle(client, "rejected_canceled")
    assert api.status().body == {"status": "canceled", "jobId": "job-1"}


@pytest.mark.parametrize(
    "job_id", ["never-seen", "a%20b", "ä", "job-1:1", "x" * 129, "%00", "%2F", "..", "(a", "{x}", "\\"]
)
def test_an_unknown_job_is_404(api: Api, client: Client, job_id: str) -> None:
    """Also when a promise has this name: the checkpoint of a step is no job."""
    client.create(PromiseCreate(id="doc/job-1:1", timeout_at=10**14))
    reply = api.status(job_id)
    assert (reply.status, reply.body["status"]) == (404, "not_found")


def test_a_request_without_an_id_is_400(api: Api) -> None:
    for path in ("/status", "/status/"):
        reply = api.send("GET", path)
        assert (reply.status, reply.body["error"]) == (400, "jobId is required")


def put_progress(folder: Path, fence: int, progress: DeliveryProgress) -> None:
    path = folder / progress_key("job-1", fence)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(progress.to_json())


def test_progress_is_that_of_the_newest_delivery(api: Api, folder: Path) -> None:
    """The tenth delivery is newer than the ninth, even if the ninth writes later."""
    api.submit()
    put_progress(
        folder, 10, DeliveryProgress(step=Step.EXTRACT, attempt=2, at=1_800_000_000, pages=PageCount(done=12, of=40))
    )
    put_progress(folder, 9, DeliveryProgress(step=Step.DOWNLOAD, attempt=1, at=1_800_000_100))
    assert api.status().body["progress"] == {
        "step": "extract",
        "number": 2,
        "of": 5,
        "attempt": 2,
        "since": "2027-01-15T08:00:00.000+00:00",
        "pages": {"done": 12, "of": 40},
    }


def test_pages_of_batches_are_added(api: Api, folder: Path) -> None:
    """Never to more than the document has: a second reading records other batches."""
    api.submit()
    put_progress(folder, 3, DeliveryProgress(step=Step.EXTRACT, attempt=1, at=0, pages=PageCount(done=12, of=40)))
    shown = []
    for first, count in ((13, 8), (21, 8), (29, 8), (13, 16)):
        file = folder / batch_key("job-1", first, count)
        file.parent.mkdir(exist_ok=True)
        file.touch()
        shown.append(api.status().body["progress"]["pages"])
    assert shown == [{"done": done, "of": 40} for done in (20, 28, 36, 40)]
    put_progress(folder, 4, DeliveryProgress(step=Step.ANALYZE, attempt=1, at=0))
    assert "pages" not in api.status().body["progress"]


def test_batches_without_a_delivery_are_no_progress(api: Api, folder: Path) -> None:
    api.submit()
    file = folder / batch_key("job-1", 1, 8)
    file.parent.mkdir(parents=True)
    file.touch()
    assert api.status().body == {"status": "processing", "jobId": "job-1"}


def test_a_job_with_unreadable_progress_is_processing(api: Api, folder: Path) -> None:
    api.submit()
    put_progress(folder, 1, DeliveryProgress(step=Step.EXTRACT, attempt=1, at=0))
    (folder / progress_key("job-1", 2)).write_text("{")
    assert api.status().body == {"status": "processing", "jobId": "job-1"}


def test_a_server_that_is_down_is_503_with_retry_after(mortal: ServerProcess, folder: Path) -> None:
    with Client(mortal.url) as client:
        api = api_over(client, folder)
        api.submit()
        mortal.kill()
        for reply in (api.status(), api.submit()):
            assert (reply.status, reply.body["code"]) == (503, "unavailable")
            assert int(reply.headers["Retry-After"]) > 0
            assert str(mortal.port) not in json.dumps(reply.body)


WAIT = Wait(reason=Reason.COST, message="it would cost 3 dollars", promise="doc/job-1:7", until=1_800_003_600)


def create_decision(client: Client, promise_id: str) -> None:
    """Create the promise of a decision."""
    client.create(PromiseCreate(id=promise_id, timeout_at=10**14))


def test_a_waiting_job_shows_its_decision_and_deadline(api: Api, client: Client, folder: Path) -> None:
    api.submit()
    put_progress(folder, 1, DeliveryProgress(step=Step.ANALYZE, attempt=1, at=1_800_000_000, wait=WAIT))
    assert api.status().body["status"] == "processing"  # the promise does not exist yet
    create_decision(client, WAIT.promise)
    reply = api.status()
    assert reply.status == 200
    assert reply.body == {
        "status": "waiting",
        "jobId": "job-1",
        "reason": "cost",
        "message": "it would cost 3 dollars",
        "promise": "doc/job-1:7",
        "until": "2027-01-15T09:00:00.000+00:00",
        "progress": {"step": "analyze", "number": 3, "of": 5, "attempt": 1, "since": "2027-01-15T08:00:00.000+00:00"},
        "decision": "job-1:7",
    }
    client.settle(PromiseSettle(id=WAIT.promise, state="resolved"))
    assert api.status().body["status"] == "processing"
    settle(client, "resolved", {})
    assert api.status().body["status"] == "done"


@pytest.mark.parametrize("promise", ["doc/job-2:7", "doc/job-12:7", "doc/job-1", "estimate/job-1", "doc/job-1 "])
def test_progress_that_names_a_promise_of_another_job_is_ignored(
    api: Api, client: Client, folder: Path, promise: str
) -> None:
    api.submit()
    create_decision(client, promise)
    put_progress(
        folder,
        1,
        DeliveryProgress(step=Step.ANALYZE, attempt=1, at=0, wait=replace(WAIT, promise=promise)),
    )
    assert api.status().body["status"] == "processing"


@pytest.mark.parametrize("never", [1e300, -1e300])
def test_a_job_with_an_impossible_time_in_its_progress_is_processing(api: Api, folder: Path, never: float) -> None:
    api.submit()
    put_progress(folder, 1, DeliveryProgress(step=Step.ANALYZE, attempt=1, at=0, wait=replace(WAIT, until=never)))
    assert api.status().body == {"status": "processing", "jobId": "job-1"}


@pytest.mark.parametrize("path", ["/status/\0", "/status/a\0b", "/status/a/b", "/status//", "/status/\ud800"])
def test_a_path_that_no_job_id_can_have_is_404(api: Api, path: str) -> None:
    """API Gateway passes on paths decoded."""
    reply = api.send("GET", path)
    assert (reply.status, reply.body["code"]) == (404, "no_route")
