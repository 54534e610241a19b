"""A client answers a workflow's question by the name that the workflow gave it."""

import time
from collections.abc import Iterator

import pytest

from durable.wire.callbacks import BEAT_TAG, answer, find_question, refuse, send_beat
from durable.wire.client import Client
from durable.wire.errors import Conflict, NotFound
from durable.wire.records import Value
from durable.wire.requests import NAME_TAG, PromiseCreate, PromiseSearch
from local.server_process import ServerProcess

MINUTE = 60_000


@pytest.fixture
def client(server: ServerProcess) -> Iterator[Client]:
    """A client of each server in turn."""
    with Client(server.url) as client:
        yield client


def ask(client: Client, name: str, promise_id: str = "job:1") -> None:
    tags = {NAME_TAG: name, "resonate:external": "true"}
    deadline = int(time.time() * 1_000) + MINUTE
    client.create(PromiseCreate(id=promise_id, timeout_at=deadline, param=Value(), tags=tags))


def test_the_first_answer_counts_and_another_one_is_refused(client: Client) -> None:
    ask(client, "approval/a")
    ask(client, "approval/b", "job:2")
    answer(client, "approval/a", {"yes": True})
    assert client.get("job:1").value.decode() == {"yes": True}
    answer(client, "approval/a", {"yes": True})
    with pytest.raises(Conflict, match="question 'approval/a' was answered otherwise"):
        answer(client, "approval/a", {"yes": False})
    with pytest.raises(NotFound, match="no question 'approval/c' is open: it was answered, has ended, or was not"):
        answer(client, "approval/c", {"yes": True})
    assert client.get("job:1").value.decode() == {"yes": True}
    assert client.get("job:2").state == "pending"


def test_a_question_that_was_asked_again_under_its_name_gets_a_new_answer(client: Client) -> None:
    ask(client, "approval/a")
    answer(client, "approval/a", "maybe")
    ask(client, "approval/a", "job:2")
    answer(client, "approval/a", {"yes": True})
    answer(client, "approval/a", {"yes": True})
    assert client.get("job:2").value.decode() == {"yes": True}


def test_a_refused_question_cannot_be_answered(client: Client) -> None:
    ask(client, "approval/a")
    refuse(client, "approval/a", "on_leave", "ada is away")
    with pytest.raises(Conflict):
        answer(client, "approval/a", {"yes": True})


def test_a_name_of_two_open_questions_is_refused(client: Client) -> None:
    ask(client, "approval/a", "one:1")
    ask(client, "approval/a", "two:1")
    with pytest.raises(NotFound, match="one:1 and two:1 both ask 'approval/a': settle one of them by its id"):
        answer(client, "approval/a", 1)


def test_a_refusal_is_an_error_that_no_retry_helps(client: Client) -> None:
    ask(client, "approval/a")
    refuse(client, "approval/a", "on_leave", "ada is away")
    promise = client.get("job:1")
    assert promise.state == "rejected"
    text = '{"code": "on_leave", "message": "ada is away", "step": null, "retry": false}'
    assert promise.value.decode() == {"__type": "error", "message": text}


def test_a_beat_closes_older_ones_and_those_of_one_moment_are_one_promise(client: Client) -> None:
    ask(client, "film/a")
    for now in (1_900_000_000, 1_900_000_001, 1_900_000_060):
        send_beat(client, "film/a", now)
    beats = client.search_all(PromiseSearch(tags={BEAT_TAG: find_question(client, "film/a").id}))
    states = [(beat.id, beat.state) for beat in beats]
    assert states == [("beat/job/1/190000000", "resolved"), ("beat/job/1/190000006", "pending")]
