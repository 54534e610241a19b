"""POST and GET /decisions/<id>: a decision settles the question of a job, and no other promise."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from contract.names import ASK_FOR_MORE
from durable.wire.client import Client
from durable.wire.records import Value
from durable.wire.requests import PromiseCreate, PromiseSettle

from .conftest import Api, Body, Reply, settle
from .questions import DECISION, FAR, FIELD, FINDING, QUESTION, ask_expired, create_question
from .test_callers import ADMIN, ARN, OTHER, OWNER

LIMIT: Body = {"approve": True, "maxCostUsd": 2.5}
REJECTION: Body = {"approve": False}
CORRECTION: Body = {"approve": True, "corrections": {"amount": 12.5, "vendor": "Acme", "due": None}}
WRONG_LIMITS: list[object] = [-1, 10_001, True, "2", None, []]


def decide(api: Api, decision: object, name: str = DECISION, authorizer: Body | None = None) -> Reply:
    return api.send("POST", f"/decisions/{name}", json.dumps(decision), authorizer=authorizer)


def test_an_approval_raises_the_limit(costly: Api, client: Client) -> None:
    assert costly.status().body["decision"] == DECISION
    for reply in (decide(costly, LIMIT), decide(costly, LIMIT | {"reviewer": "another"})):
        assert reply.status == 200
        shown = {name: reply.body[name] for name in ("status", "jobId", "promise", "approve", "decision", "reason")}
        assert shown == {
            "status": "decided",
            "jobId": "job-1",
            "promise": QUESTION,
            "approve": True,
            "decision": DECISION,
            "reason": "cost",
        }
    settled = client.get(QUESTION)
    assert (settled.state, settled.value.decode()) == ("resolved", {"maxCostUsd": 2.5})
    assert costly.status().body["status"] == "processing"


def test_a_rejection_rejects_the_question_with_its_reason(costly: Api, client: Client) -> None:
    rejection = REJECTION | {"reviewer": "ada", "comment": "too dear"}
    for reply in (decide(costly, rejection), decide(costly, REJECTION)):
        assert (reply.status, reply.body["approve"], reply.body["reviewer"]) == (200, False, "ada")
    settled = client.get(QUESTION)
    assert settled.state == "rejected"
    error = json.loads(settled.value.decode()["message"])
    assert (error["code"], error["message"], error["retry"]) == ("rejected", "rejected by ada: too dear", False)


def test_a_review_keeps_corrections_and_reviewer(reviewed: Api, client: Client) -> None:
    assert reviewed.status().body["findings"] == [FINDING]
    assert reviewed.send("GET", f"/decisions/{DECISION}").body["fields"] == [FIELD]
    reply = decide(reviewed, CORRECTION | {"reviewer": "ada", "comment": "by the letter"})
    assert (reply.status, reply.body["reason"], reply.body["reviewer"]) == (200, "review", "ada")
    assert client.get(QUESTION).value.decode() == CORRECTION | {"reviewer": "ada", "comment": "by the letter"}
    assert decide(reviewed, CORRECTION).status == 200
    other = decide(reviewed, {"approve": True})
    assert (other.status, other.body["code"]) == (409, "decided_otherwise")
    assert other.body["error"].startswith("job-1:7 was approved with corrections by ada at 20")


@pytest.mark.parametrize("other", [REJECTION, LIMIT | {"maxCostUsd": 3}])
def test_a_second_decision_must_be_the_same(costly: Api, client: Client, other: object) -> None:
    decide(costly, LIMIT)
    reply = decide(costly, other)
    assert (reply.status, reply.body["code"]) == (409, "decided_otherwise")
    assert reply.body["error"].startswith("job-1:7 was approved at 20")
    assert client.get(QUESTION).value.decode() == {"maxCostUsd": 2.5}


def test_of_two_reviewers_at_once_one_decides(costly: Api) -> None:
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda number: decide(costly, [LIMIT, REJECTION][number % 2]), range(16)))
    assert sorted(reply.status for reply in replies) == [200] * 8 + [409] * 8
    assert len({reply.body["approve"] for reply in replies if reply.status == 200}) == 1


@pytest.mark.parametrize(
    ("claims", "named", "reviewer"),
    [
        ({"jwt": {"claims": ADMIN}}, "ada", "boss"),
        ({"iam": {"userArn": ARN}}, "ada", ARN),
        (None, "ada", "ada"),
    ],
)
def test_the_reviewer_is_the_caller_as_far_as_it_is_known(
    reviewed: Api, client: Client, claims: Body | None, named: str, reviewer: str
) -> None:
    decide(reviewed, {"approve": True, "reviewer": named}, authorizer=claims)
    assert client.get(QUESTION).value.decode()["reviewer"] == reviewer


@pytest.mark.parametrize(
    "name",
    ["job-1:6", "job-1:8", "job-1:9", "job-12:7", "never-seen:7", "job-1", "job-1:", "job-1:7.", "job-1:x", ".."],
)
def test_only_a_question_can_be_decided(costly: Api, client: Client, name: str) -> None:
    """Neither a step, nor a promise of another name, nor a question of a job that does not exist."""
    client.create(PromiseCreate(id="doc/job-1:6", timeout_at=FAR, tags={"durable:name": ASK_FOR_MORE}))
    create_question(client, "doc/job-1:9", "announce_something_else")
    create_question(client, "doc/job-12:7")
    for reply in (decide(costly, LIMIT, name), costly.send("GET", f"/decisions/{name}")):
        assert (reply.status, reply.body["code"]) == (404, "decision_not_found")
    for existing in ("doc/job-1", "doc/job-1:6", "doc/job-1:9", "doc/job-12:7", QUESTION):
        assert client.get(existing).state == "pending"


def test_a_question_of_another_requester_does_not_exist(costly: Api, client: Client) -> None:
    """The job of the fixture belongs to `me`."""
    for claims in (OTHER, OWNER):
        authorizer = {"jwt": {"claims": claims}}
        for reply in (
            decide(costly, LIMIT, authorizer=authorizer),
            costly.send("GET", f"/decisions/{DECISION}", authorizer=authorizer),
        ):
            assert (reply.status, reply.body["code"]) == (404, "decision_not_found")
    assert client.get(QUESTION).state == "pending"
    assert decide(costly, LIMIT, authorizer={"jwt": {"claims": {"sub": "me"}}}).status == 200


def test_a_job_that_has_ended_takes_no_decision(costly: Api, client: Client) -> None:
    settle(client, "rejected_canceled")
    reply = decide(costly, LIMIT)
    assert (reply.status, reply.body["code"]) == (409, "job_ended")
    assert "canceled" in reply.body["error"]
    assert client.get(QUESTION).state == "pending"


def test_a_question_whose_time_is_over_takes_no_decision(api: Api, client: Client) -> None:
    ask_expired(api, client)
    reply = decide(api, {"approve": True})
    assert (reply.status, reply.body["code"]) == (409, "decided_otherwise")
    assert "had no answer until 1970" in reply.body["error"]


def test_a_decision_is_shown_before_and_after(reviewed: Api) -> None:
    before = reviewed.send("GET", f"/decisions/{DECISION}").body
    assert (before["state"], before["reason"], before["message"]) == ("open", "review", "decide, please")
    assert (before["id"], before["jobId"], before["findings"]) == (DECISION, "job-1", [FINDING])
    decide(reviewed, CORRECTION | {"reviewer": "ada"})
    after = reviewed.send("GET", f"/decisions/{DECISION}").body
    assert (after["state"], after["reviewer"], after["corrections"]) == ("approved", "ada", CORRECTION["corrections"])
    assert after["since"] <= after["at"] < after["until"]


@pytest.mark.parametrize(("state", "data"), [("resolved", "rubbish!"), ("resolved", "bnVsbA=="), ("rejected", None)])
def test_what_was_settled_by_hand_is_shown(reviewed: Api, client: Client, state: str, data: str | None) -> None:
    """With any value, or none."""
    client.settle(PromiseSettle(id=QUESTION, state=state, value=Value(data=data)))  # type: ignore[arg-type]
    shown = reviewed.send("GET", f"/decisions/{DECISION}").body
    assert shown["state"] == {"resolved": "approved", "rejected": "rejected"}[state]
    assert decide(reviewed, REJECTION).status == (200 if state == "rejected" else 409)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{",
        "{}",
        json.dumps({"approve": True}),
        json.dumps(REJECTION | {"maxCostUsd": 2}),
        json.dumps(REJECTION | {"reason": "too dear"}),
        json.dumps(REJECTION | {"comment": "x" * 1_001}),
        json.dumps(REJECTION | {"reviewer": "a\nb"}),
        json.dumps(LIMIT | {"approve": "yes"}),
        json.dumps(LIMIT | {"corrections": {}}),
        *(json.dumps(LIMIT | {"maxCostUsd": limit}) for limit in WRONG_LIMITS),
        json.dumps(LIMIT).replace("2.5", "NaN"),
        json.dumps(LIMIT).replace("2.5", "1e999"),
        json.dumps(LIMIT).replace('"approve"', '"approve": false, "approve"'),
    ],
)
def test_a_wrong_decision_about_a_cost_is_400_and_decides_nothing(costly: Api, client: Client, body: str) -> None:
    reply = costly.send("POST", f"/decisions/{DECISION}", body)
    assert (reply.status, reply.body["code"]) == (400, "bad_request")
    assert client.get(QUESTION).state == "pending"


@pytest.mark.parametrize(
    "body",
    [
        json.dumps(LIMIT),
        json.dumps(REJECTION | {"corrections": {"amount": 1}}),
        json.dumps({"approve": True, "corrections": {"Amount!": 1}}),
        json.dumps({"approve": True, "corrections": {"amount": True}}),
        json.dumps({"approve": True, "corrections": {"amount": [1]}}),
        json.dumps({"approve": True, "corrections": {"amount": ""}}),
        json.dumps({"approve": True, "corrections": {"amount": "x" * 2_001}}),
        json.dumps({"approve": True, "corrections": {f"a{n}": 1 for n in range(301)}}),
        '{"approve": true, "corrections": {"amount": NaN}}',
        '{"approve": true, "corrections": {"amount": -1e999}}',
    ],
)
def test_a_wrong_review_is_400_and_decides_nothing(reviewed: Api, client: Client, body: str) -> None:
    reply = reviewed.send("POST", f"/decisions/{DECISION}", body)
    assert (reply.status, reply.body["code"]) == (400, "bad_request")
    assert client.get(QUESTION).state == "pending"
