"""POST /jobs/<jobId>/decision: it settles the promise that the job's worker asked about, and no other."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from contract.names import Step
from contract.progress import DeliveryProgress
from durable.wire.client import Client
from durable.wire.requests import PromiseCreate

from .conftest import Api, Reply, settle
from .test_status import WAIT, put_progress

QUESTION = WAIT.promise
APPROVAL = {"promise": QUESTION, "approve": True, "maxCostUsd": 2.5}
WRONG_LIMITS: list[object] = [-1, 10_001, True, "2", None, []]
REJECTION = {"promise": QUESTION, "approve": False}


def decide(api: Api, decision: object, job_id: str = "job-1") -> Reply:
    return api.send("POST", f"/jobs/{job_id}/decision", json.dumps(decision))


@pytest.fixture
def waiting(api: Api, client: Client, folder: Path) -> Api:
    """The API over a job that waits for approval."""
    api.submit()
    client.create(PromiseCreate(id=QUESTION, timeout_at=10**14))
    put_progress(folder, 1, DeliveryProgress(step=Step.ANALYZE, attempt=1, at=0, wait=WAIT))
    assert api.status().body["status"] == "waiting"
    return api


def test_an_approval_raises_the_limit(waiting: Api, client: Client) -> None:
    for reply in (decide(waiting, APPROVAL), decide(waiting, APPROVAL)):
        assert reply.status == 200
        assert reply.body == {"status": "decided", "jobId": "job-1", "promise": QUESTION, "approve": True}
    settled = client.get(QUESTION)
    assert (settled.state, settled.value.decode()) == ("resolved", {"maxCostUsd": 2.5})
    assert waiting.status().body["status"] == "processing"


def test_a_rejection_rejects_the_question(waiting: Api, client: Client) -> None:
    for reply in (decide(waiting, REJECTION), decide(waiting, REJECTION)):
        assert (reply.status, reply.body["approve"]) == (200, False)
    assert client.get(QUESTION).state == "rejected"


@pytest.mark.parametrize("other", [REJECTION, APPROVAL | {"maxCostUsd": 3}])
def test_a_second_decision_must_be_the_same(waiting: Api, client: Client, other: object) -> None:
    decide(waiting, APPROVAL)
    reply = decide(waiting, other)
    assert (reply.status, reply.body["code"]) == (409, "decided_otherwise")
    assert client.get(QUESTION).value.decode() == {"maxCostUsd": 2.5}


def test_of_two_reviewers_at_once_one_decides(waiting: Api) -> None:
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda number: decide(waiting, [APPROVAL, REJECTION][number % 2]), range(16)))
    assert sorted(reply.status for reply in replies) == [200] * 8 + [409] * 8
    assert len({reply.body["approve"] for reply in replies if reply.status == 200}) == 1


@pytest.mark.parametrize("promise", ["doc/job-1", "doc/job-1:6", "doc/job-1:8", "doc/job-12:7", "doc/job-2:7", ""])
def test_only_the_question_can_be_decided(waiting: Api, client: Client, promise: str) -> None:
    """Neither the job, nor a step of it that runs, nor another job's question."""
    for existing in ("doc/job-1:6", "doc/job-12:7", "doc/job-2:7"):
        client.create(PromiseCreate(id=existing, timeout_at=10**14))
    reply = decide(waiting, APPROVAL | {"promise": promise})
    assert (reply.status, reply.body["code"]) == (409, "not_waiting")
    for existing in ("doc/job-1", "doc/job-1:6", "doc/job-12:7", "doc/job-2:7", QUESTION):
        assert client.get(existing).state == "pending"


def test_a_job_that_has_ended_takes_no_decision(waiting: Api, client: Client) -> None:
    settle(client, "rejected_canceled")
    reply = decide(waiting, APPROVAL)
    assert (reply.status, reply.body["code"]) == (409, "job_ended")
    assert client.get(QUESTION).state == "pending"


@pytest.mark.parametrize("job_id", ["never-seen", "job-1:7", ".."])
def test_an_unknown_job_is_404(waiting: Api, job_id: str) -> None:
    reply = decide(waiting, APPROVAL, job_id)
    assert (reply.status, reply.body["status"]) == (404, "not_found")


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{",
        "{}",
        json.dumps({"promise": QUESTION}),
        json.dumps({"promise": QUESTION, "approve": True}),
        json.dumps(REJECTION | {"maxCostUsd": 2}),
        json.dumps(REJECTION | {"reason": "too dear"}),
        json.dumps(APPROVAL | {"approve": "yes"}),
        json.dumps(APPROVAL | {"promise": 7}),
        *(json.dumps(APPROVAL | {"maxCostUsd": limit}) for limit in WRONG_LIMITS),
        json.dumps(APPROVAL).replace("2.5", "NaN"),
        json.dumps(APPROVAL).replace("2.5", "1e999"),
        json.dumps(APPROVAL).replace('"approve"', '"approve": false, "approve"'),
    ],
)
def test_a_wrong_decision_is_400_and_decides_nothing(waiting: Api, client: Client, body: str) -> None:
    reply = waiting.send("POST", "/jobs/job-1/decision", body)
    assert (reply.status, reply.body["code"]) == (400, "bad_request")
    assert client.get(QUESTION).state == "pending"
