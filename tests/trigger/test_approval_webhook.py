"""POST /webhooks/approval: a signed message of a system outside answers a question, once."""

import json
import time
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from contract.decision_link import DecisionKey
from contract.names import ASK_FOR_MORE, ASK_REVIEWER
from durable.wire.client import Client
from durable.wire.clock import Clock
from local.server_process import ServerProcess

from .conftest import DECISION_KEY, Api, Reply, api_over, settle
from .questions import QUESTION, Ask, create_question

KEY = DecisionKey.parse(DECISION_KEY)
OTHER_KEY = DecisionKey.parse(b64encode(b"k" * 32).decode())
NOW = time.time()
CLOCK = Clock(now=lambda: NOW)
APPROVAL = {"promiseId": QUESTION, "approved": True}


def send(  # noqa: PLR0913 keyword-only
    api: Api, message: object, *, key: DecisionKey = KEY, at: float = NOW, webhook_id: str = "msg_1", sent: str = ""
) -> Reply:
    """Send a message signed as of a time; `sent` goes in its place."""
    body = json.dumps(message)
    signature = key.sign_webhook(webhook_id, str(int(at)), body.encode())
    headers = {"webhook-id": webhook_id, "webhook-timestamp": str(int(at)), "webhook-signature": signature}
    return api.send("POST", "/webhooks/approval", sent or body, headers=headers)


@pytest.fixture
def api(client: Client, folder: Path) -> Api:
    """The API at a time that stands still."""
    return api_over(client, folder, decision_key=DECISION_KEY, clock=CLOCK)


@pytest.mark.parametrize(("approved", "state"), [(True, "resolved"), (False, "rejected")])
def test_a_message_decides_and_may_come_again(reviewed: Api, client: Client, approved: bool, state: str) -> None:  # noqa: FBT001 a parameter of the test
    for webhook_id in ("msg_1", "msg_1", "msg_2"):
        reply = send(reviewed, APPROVAL | {"approved": approved}, webhook_id=webhook_id)
        assert (reply.status, reply.text) == (204, "")
    assert client.get(QUESTION).state == state
    reply = send(reviewed, APPROVAL | {"approved": not approved})
    assert (reply.status, reply.body["code"]) == (409, "decided_otherwise")
    assert "by webhook" in reply.body["error"]


def test_a_message_is_signed_as_the_public_library_signs(reviewed: Api) -> None:
    body, at = json.dumps(APPROVAL), datetime.fromtimestamp(NOW, UTC)
    signature = Webhook(DECISION_KEY).sign("msg_1", at, body)
    assert signature == KEY.sign_webhook("msg_1", str(int(NOW)), body.encode())
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(NOW)), "webhook-signature": f"v1a,x {signature}"}
    assert reviewed.send("POST", "/webhooks/approval", body, headers=headers).status == 204


@pytest.mark.parametrize("promise", ["doc/job-1", "doc/job-1:6", "doc/job-9:7", "fn/other", "job-1:7", "", "doc/"])
def test_only_a_question_can_be_answered(reviewed: Api, client: Client, promise: str) -> None:
    reply = send(reviewed, APPROVAL | {"promiseId": promise})
    assert (reply.status, reply.body["code"]) == (404, "decision_not_found")
    assert client.get(QUESTION).state == client.get("doc/job-1").state == "pending"


def test_a_message_must_be_signed_with_the_key_and_not_long_ago(reviewed: Api, client: Client) -> None:
    replies = [
        send(reviewed, APPROVAL, key=OTHER_KEY),
        send(reviewed, APPROVAL, at=NOW - 301),
        send(reviewed, APPROVAL, at=NOW + 301),
        send(reviewed, APPROVAL, sent=json.dumps(APPROVAL | {"approved": False})),
        send(reviewed, APPROVAL, webhook_id=""),
        reviewed.send("POST", "/webhooks/approval", json.dumps(APPROVAL)),
    ]
    assert {(reply.status, reply.body["code"]) for reply in replies} == {(401, "wrong_signature")}
    assert client.get(QUESTION).state == "pending"
    assert send(reviewed, APPROVAL, at=NOW - 299).status == 204


@pytest.mark.parametrize(
    "message", [[], {}, {"promiseId": QUESTION}, APPROVAL | {"approved": "yes"}, APPROVAL | {"maxCostUsd": 1}]
)
def test_a_wrong_message_is_400(reviewed: Api, client: Client, message: object) -> None:
    assert send(reviewed, message).status == 400
    assert client.get(QUESTION).state == "pending"


def test_a_cost_can_be_rejected_and_not_approved(asking: Ask, client: Client) -> None:
    api = asking(ASK_FOR_MORE)
    assert send(api, APPROVAL).status == 400
    assert client.get(QUESTION).state == "pending"
    assert send(api, APPROVAL | {"approved": False}).status == 204


def test_a_canceled_job_takes_no_message(reviewed: Api, client: Client) -> None:
    settle(client, "rejected_canceled")
    reply = send(reviewed, APPROVAL)
    assert (reply.status, reply.body["code"]) == (409, "job_ended")
    assert client.get(QUESTION).state == "pending"


@pytest.fixture
def each_client(server: ServerProcess) -> Iterator[Client]:
    """A client of each kind of server."""
    with Client(server.url) as client:
        yield client


def test_the_same_message_a_hundred_times_at_once_decides_once(each_client: Client, tmp_path: Path) -> None:
    api = api_over(each_client, tmp_path, decision_key=DECISION_KEY, clock=CLOCK)
    api.submit()
    create_question(each_client, QUESTION, ASK_REVIEWER)
    with ThreadPoolExecutor(16) as pool:
        replies = list(pool.map(lambda number: send(api, APPROVAL | {"approved": number % 2 == 0}), range(100)))
    assert sorted(reply.status for reply in replies) == [204] * 50 + [409] * 50
    state = each_client.get(QUESTION).state
    winners = {number % 2 for number, reply in enumerate(replies) if reply.status == 204}
    assert winners == {0 if state == "resolved" else 1}
