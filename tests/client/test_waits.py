"""The typed client: how it waits for a job, and when it sends a request again."""

from typing import Any

import pytest

from contract.answers import Done, Processing
from longhand_client import ApiError, Pace, Request, UnreachableError, WaitTimeoutError
from longhand_client.sending import send
from tests.ops.fake_server import Reply, serve

from .caller import CLOSED_PORT, DONE_REPLY, PROCESSING_REPLY, AnyClient, Caller, header, in_turn, paths

UNCHANGED_REPLY = Reply(304, b"", {"ETag": '"1"', "Retry-After": "3"})
BUSY_REPLY = Reply(503, b'{"error":"the server does not answer","code":"unavailable"}', {"Retry-After": "4"})


def test_waiting_sends_the_held_tag_and_keeps_to_the_seconds_that_the_api_asks_for(call: Caller) -> None:
    with serve(in_turn(PROCESSING_REPLY, *[UNCHANGED_REPLY] * 20, DONE_REPLY)) as fake:
        assert isinstance(call(fake.url, lambda client: client.wait("a")), Done)
    assert [header(request, "If-None-Match") for request in fake.requests] == [None, *['"1"'] * 21]
    assert call.pauses[0] == 0.2  # a short job is read at once
    assert call.pauses == sorted(call.pauses)
    assert call.pauses[-1] == 3  # and a long one as rarely as Retry-After says


def test_a_person_who_watches_can_ask_for_shorter_pauses(call: Caller) -> None:
    with serve(in_turn(PROCESSING_REPLY, *[UNCHANGED_REPLY] * 20, DONE_REPLY)) as fake:
        call(fake.url, lambda client: client.wait("a", pace=Pace(max_seconds=0.5)))
    assert max(call.pauses) == 0.5


def test_an_api_that_holds_requests_is_asked_again_at_once(call: Caller) -> None:
    held = Reply(304, b"", {**UNCHANGED_REPLY.headers, "Preference-Applied": "wait=15"})
    with serve(in_turn(PROCESSING_REPLY, *[held] * 5, DONE_REPLY)) as fake:
        assert isinstance(call(fake.url, lambda client: client.wait("a")), Done)
    assert [header(request, "Prefer") for request in fake.requests] == [None, *["wait=15"] * 6]
    assert call.pauses == [0.2] * 6


def test_a_request_is_held_no_longer_than_the_program_waits(call: Caller) -> None:
    now = iter(range(0, 200, 2))
    with serve(lambda _: PROCESSING_REPLY) as fake, pytest.raises(WaitTimeoutError):
        call(fake.url, lambda client: client.wait("a", 21, Pace(now=lambda: next(now))))
    prefers = [header(request, "Prefer") for request in fake.requests]
    assert prefers[:3] == [None, "wait=15", "wait=9"]
    assert all(one is None or one == f"wait={int(one[5:])}" for one in prefers)


def test_a_wait_that_is_over_has_the_last_state(call: Caller) -> None:
    now = iter(range(100))
    with serve(lambda _: PROCESSING_REPLY) as fake, pytest.raises(WaitTimeoutError, match="after 5 seconds") as raised:
        call(fake.url, lambda client: client.wait("a", 5, Pace(now=lambda: next(now))))
    assert raised.value.last == Processing(job_id="a")


def test_a_restart_of_the_api_does_not_end_a_wait(call: Caller) -> None:
    with serve(in_turn(PROCESSING_REPLY, *[Reply(502)] * 6, DONE_REPLY)) as fake:
        assert isinstance(call(fake.url, lambda client: client.wait("a")), Done)


def test_a_long_outage_ends_a_wait(call: Caller) -> None:
    now = iter(range(0, 10_000, 50))
    replies = [PROCESSING_REPLY]
    with serve(lambda _: replies.pop() if replies else BUSY_REPLY) as fake, pytest.raises(ApiError) as raised:
        call(fake.url, lambda client: client.wait("a", pace=Pace(now=lambda: next(now))))
    assert raised.value.code == "unavailable"


def test_the_api_says_when_a_request_is_repeated(call: Caller) -> None:
    with serve(in_turn(BUSY_REPLY, Reply(429, b"{}", {"Retry-After": "3600"}), Reply(502), PROCESSING_REPLY)) as fake:
        call(fake.url, lambda client: client.status("a"))
    assert call.pauses == [4, 10, 2]  # ten seconds at most, and two if it does not say


def test_a_request_that_cannot_be_repeated_is_repeated_only_if_the_api_says_so(call: Caller) -> None:
    def ask(client: AnyClient) -> Any:  # noqa: ANN401
        return client.run(send(Request(method="POST", path="/x", is_repeatable=False)))

    with serve(in_turn(BUSY_REPLY, Reply(502))) as fake:
        assert call(fake.url, ask).status == 502
    assert paths(fake) == ["POST /x", "POST /x"]
    with pytest.raises(UnreachableError):
        call(CLOSED_PORT, ask)
    assert call.pauses == [4]


def test_a_failed_connection_is_tried_again_before_it_is_an_error(call: Caller) -> None:
    with pytest.raises(UnreachableError, match=r"^http://127.0.0.1:9 does not respond \(connection failed\)$"):
        call(CLOSED_PORT, lambda client: client.status("a"))
    assert call.pauses == [0.1, 0.5, 2.0]
