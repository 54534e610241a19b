"""GET /jobs/<jobId>/why and /history: from the server's records, without a worker."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from contract.names import Step
from contract.progress import DeliveryProgress, progress_key
from durable.wire.answers import OneTask
from durable.wire.call_record import CallKind, CallRecord, EndRecord
from durable.wire.client import Client
from durable.wire.records import Value
from durable.wire.requests import PromiseCreate, PromiseSettle, TaskAcquire, TaskGet

from .conftest import Api, Reply, settle

YEAR_3000 = 32_503_680_000_000


def show(api: Api, part: str, job_id: str = "job-1") -> Reply:
    return api.send("GET", f"/jobs/{job_id}/{part}")


def acquire_task(client: Client, task: str, worker: str) -> None:
    """Acquire a task, as a worker does."""
    version = client.ask(TaskGet(id=task), OneTask).task.version
    client.ask(TaskAcquire(id=task, version=version, pid=worker, ttl=60_000), Any)


def create_step(client: Client, promise_id: str, name: str, *, run: int | None = None) -> None:
    """Create the promise of a step, as a worker does."""
    tags = {"resonate:origin": "doc/job-1", **CallRecord(name=name, kind=CallKind.STEP, fence=run).tags}
    client.create(PromiseCreate(id=promise_id, timeout_at=YEAR_3000, tags=tags))


def test_a_job_without_a_worker_says_so(api: Api) -> None:
    api.submit()
    reply = show(api, "why")
    assert (reply.status, reply.body["state"], reply.body["jobId"]) == (200, "processing", "job-1")
    [wait] = reply.body["waits"]
    assert (wait["reason"], wait["group"]) == ("worker", "documents")
    assert "waits for a worker of the group documents" in reply.body["explanation"]


def test_a_history_lists_the_calls_and_none_of_their_results(api: Api, client: Client) -> None:
    api.submit()
    create_step(client, "doc/job-1:1", "begin")
    client.settle(PromiseSettle(id="doc/job-1:1", state="resolved", value=Value.encode("secret result")))
    create_step(client, "doc/job-1:2", "download")
    reply = show(api, "history")
    assert (reply.status, reply.body["state"]) == (200, "processing")
    assert [(one["name"], one["kind"], one["state"]) for one in reply.body["operations"]] == [
        ("begin", "step", "resolved"),
        ("download", "step", "pending"),
    ]
    assert "secret" not in json.dumps(reply.body)


def test_a_failed_job_shows_its_public_error(api: Api, client: Client) -> None:
    api.submit()
    error = {"code": "unexpected", "message": "OSError: /etc/secret", "step": "extract", "retry": False}
    settle(client, "rejected", {"__type": "error", "message": json.dumps(error)})
    reply = show(api, "why")
    assert (reply.body["state"], reply.body["error"]["code"], reply.body["waits"]) == ("failed", "unexpected", [])
    assert "secret" not in json.dumps(reply.body)


def test_a_canceled_job_waits_for_nothing(api: Api) -> None:
    api.submit()
    api.send("POST", "/jobs/job-1/cancel")
    reply = show(api, "why")
    assert (reply.body["state"], reply.body["waits"]) == ("canceled", [])
    assert "was canceled" in reply.body["explanation"]


@pytest.mark.parametrize("place", [lambda usage: {"usage": usage}, lambda usage: {"value": {"usage": usage}}])
def test_a_history_says_what_each_step_took(api: Api, client: Client, place: Callable[[object], object]) -> None:
    """In either form of a checkpoint, and of its content nothing else."""
    api.submit()
    usage = {"seconds": 1.5, "pages": 7, "inputTokens": 900, "outputTokens": 100, "costUsd": 0.02}
    create_step(client, "doc/job-1:1", "extract")
    value = Value.encode(place({**usage, "text": "secret"}))
    client.settle(PromiseSettle(id="doc/job-1:1", state="resolved", value=value))
    reply = show(api, "history")
    assert reply.body["operations"][0]["usage"] == usage
    assert "secret" not in reply.text


@pytest.mark.parametrize("value", [None, [], {"usage": "secret"}, {"usage": {"seconds": "secret"}}, {"usage": {}}])
def test_a_checkpoint_of_another_form_has_no_usage(api: Api, client: Client, value: object) -> None:
    api.submit()
    create_step(client, "doc/job-1:1", "extract")
    client.settle(PromiseSettle(id="doc/job-1:1", state="resolved", value=Value.encode(value)))
    assert "usage" not in show(api, "history").body["operations"][0]


def test_a_history_names_the_workers_and_the_attempts_of_the_running_step(
    api: Api, client: Client, folder: Path
) -> None:
    api.submit()
    acquire_task(client, "doc/job-1", "worker-1")
    create_step(client, "doc/job-1:1", "begin", run=1)
    end = EndRecord(worker="worker-0", attempts=2, started_at=10.5, ended_at=12.25)
    value = structs.replace(Value.encode(1), headers=end.headers)
    client.settle(PromiseSettle(id="doc/job-1:1", state="resolved", value=value))
    create_step(client, "doc/job-1:2", "extract", run=2)
    path = folder / progress_key("job-1", 2)
    path.parent.mkdir(parents=True)
    path.write_bytes(DeliveryProgress(step=Step.EXTRACT, attempt=3, at=0).to_json())
    body = show(api, "history").body
    assert body["worker"] == "worker-1"
    begin, extract = body["operations"]
    assert [begin["run"], extract["run"]] == [1, 2]
    assert (begin["attempts"], begin["worker"], begin["startedAt"], begin["endedAt"]) == (2, "worker-0", 10.5, 12.25)
    assert (extract["attempts"], "worker" in extract, "endedAt" in extract) == (3, False, False)


def test_a_step_of_an_older_release_has_no_end(api: Api, client: Client) -> None:
    api.submit()
    create_step(client, "doc/job-1:1", "begin", run=1)
    client.settle(PromiseSettle(id="doc/job-1:1", state="resolved", value=Value.encode(1)))
    [begin] = show(api, "history").body["operations"]
    assert not {"attempts", "worker", "startedAt", "endedAt"} & begin.keys()


@pytest.mark.parametrize("part", ["why", "history"])
@pytest.mark.parametrize("job_id", ["never-seen", "job-1:1", "..", "%2F"])
def test_an_unknown_job_is_404(api: Api, client: Client, part: str, job_id: str) -> None:
    create_step(client, "doc/job-1:1", "begin")
    reply = show(api, part, job_id)
    assert (reply.status, reply.body["status"]) == (404, "not_found")
