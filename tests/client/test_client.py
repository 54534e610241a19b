"""The typed client: what it sends, repeats, waits for and raises. Each test runs with both clients, over real HTTP."""

import asyncio
import inspect
import json
from collections.abc import AsyncIterator, Callable, Iterator
from operator import methodcaller
from typing import Any

import pytest

from contract.answers import Done, JobState, Processing
from contract.events import Event, EventKind, JobEvents
from contract.job import DocumentJob
from contract.jobs import JobAccepted, JobRequest, make_links
from contract.uploads import UploadComplete, UploadOpen
from longhand_client import (
    AddressError,
    ApiError,
    AsyncClient,
    BearerAuth,
    Client,
    ClientError,
    ForeignAnswerError,
    NotFoundError,
    Pace,
    Request,
    UnreachableError,
    UploadError,
    WaitTimeoutError,
    send_no_credentials,
)
from longhand_client.methods import Methods
from longhand_client.sending import send
from tests.ops import fake_server
from tests.ops.fake_server import FakeServer, Reply, serve

JOB = DocumentJob(job_id="a", document_url="https://example.com/a.pdf", requester_id="me")
LINKS = make_links("a", JobState.PROCESSING)
ACCEPTED_REPLY = Reply(202, JobAccepted(id="a", state=JobState.PROCESSING, links=LINKS).to_json())
PROCESSING_REPLY = Reply(200, b'{"status":"processing","jobId":"a"}', {"ETag": '"1"', "Retry-After": "1"})
UNCHANGED_REPLY = Reply(304, b"", {"ETag": '"1"', "Retry-After": "3"})
DONE_REPLY = Reply(200, b'{"status":"done","jobId":"a","result":{"pageCount":1}}')
BUSY_REPLY = Reply(503, b'{"error":"the server does not answer","code":"unavailable"}', {"Retry-After": "4"})
CLOSED_PORT = "http://127.0.0.1:9"

type AnyClient = Any  # of either kind: the methods have the same names


class Caller:
    """Makes calls with one kind of client, and records its pauses."""

    def __init__(self, kind: type[Client | AsyncClient]) -> None:
        self.kind = kind
        self.pauses: list[float] = []

    def __call__(self, url: str, ask: Callable[[AnyClient], Any], auth: Any = send_no_credentials) -> Any:  # noqa: ANN401
        """Return what a call returns; a list of what it yields."""
        if self.kind is Client:
            with Client(url, auth, sleep=self.pauses.append) as client:
                answer = ask(client)
                return list(answer) if isinstance(answer, Iterator) else answer
        return asyncio.run(self._await(url, ask, auth))

    async def _await(self, url: str, ask: Callable[[AnyClient], Any], auth: Any) -> Any:  # noqa: ANN401
        async with AsyncClient(url, auth, sleep=self._pause) as client:
            answer = ask(client)
            return [one async for one in answer] if isinstance(answer, AsyncIterator) else await answer

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)


@pytest.fixture(params=[Client, AsyncClient])
def call(request: pytest.FixtureRequest) -> Caller:
    """A client of each kind."""
    return Caller(request.param)


def in_turn(*replies: Reply) -> Callable[[fake_server.Request], Reply]:
    """Answer with each reply in turn."""
    remaining = list(replies)
    return lambda _: remaining.pop(0)


def paths(fake: FakeServer) -> list[str]:
    return [f"{request.method} {request.path}" for request in fake.requests]


def header(request: fake_server.Request, name: str) -> str | None:
    return {name.lower(): value for name, value in request.headers.items()}.get(name.lower())


def test_both_clients_have_a_documented_method_for_each_operation() -> None:
    for name, method in vars(Methods).items():
        if not name.startswith("_"):
            for client in (Client("http://a"), AsyncClient("http://a")):
                bound = getattr(client, name)
                assert inspect.signature(bound) == inspect.signature(getattr(Methods, name)), method
                assert bound.__doc__


def test_a_job_is_submitted_watched_and_read(call: Caller) -> None:
    with serve(in_turn(ACCEPTED_REPLY, PROCESSING_REPLY, DONE_REPLY)) as fake:
        assert call(fake.url, lambda client: client.submit(JOB)).id == "a"
        states = call(fake.url, lambda client: client.watch("a"))
    assert [type(state) for state in states] == [Processing, Done]
    assert states[-1].result == {"pageCount": 1}
    assert json.loads(fake.requests[0].body)["documentUrl"] == "https://example.com/a.pdf"
    assert header(fake.requests[0], "Content-Type") == "application/json"


def test_a_job_without_an_id_gets_one_before_it_is_sent(call: Caller) -> None:
    """So a request that is repeated is the same job."""
    request = JobRequest(document_url="https://example.com/a.pdf", requester_id="me")
    with serve(in_turn(Reply(502), ACCEPTED_REPLY)) as fake:
        call(fake.url, lambda client: client.submit(request))
    [first, second] = [json.loads(sent.body)["jobId"] for sent in fake.requests]
    assert first == second != ""


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


@pytest.mark.parametrize("url", ["nonsense", "http://", "ftp://a/b"])
def test_an_address_that_is_none_is_an_error_of_its_own(call: Caller, url: str) -> None:
    with pytest.raises(AddressError):
        call(url, lambda client: client.status("a"))


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (Reply(409, b'{"error":"it has ended","code":"job_ended"}'), ApiError, "it has ended (job_ended)"),
        (Reply(403, b'{"message":"Forbidden"}'), ApiError, "Forbidden (HTTP 403)"),
        (Reply(500, b"<html>"), ApiError, "HTTP 500 (HTTP 500)"),
        (Reply(302, b"", {"Location": CLOSED_PORT}), ApiError, "HTTP 302"),
        (Reply(404, b'{"status":"not_found","jobId":"a"}'), NotFoundError, "the job a does not exist (not_found)"),
        (Reply(404, b'{"message":"Not Found"}'), ForeignAnswerError, "HTTP 404"),
        (Reply(404, b"<html>"), ForeignAnswerError, "HTTP 404"),
        (Reply(200, b"\xff\xfe"), ForeignAnswerError, "HTTP 200"),
        (Reply(200, b'{"status":"new"}'), ForeignAnswerError, "HTTP 200"),
    ],
)
def test_every_error_has_its_type(call: Caller, reply: Reply, kind: type[ClientError], words: str) -> None:
    with serve(lambda _: reply) as fake, pytest.raises(kind) as raised:
        call(fake.url, lambda client: client.cancel("a"))
    assert type(raised.value) is kind
    assert words in str(raised.value)
    assert len(fake.requests) == 1


def test_a_problem_has_its_code_status_and_sentence(call: Caller) -> None:
    reply = Reply(409, b'{"error":"job a has ended: it is done","code":"job_ended","status":409,"title":"Conflict"}')
    with serve(lambda _: reply) as fake, pytest.raises(ApiError) as raised:
        call(fake.url, lambda client: client.cancel("a"))
    error = raised.value
    assert (error.code, error.status, error.sentence) == ("job_ended", 409, "job a has ended: it is done")


@pytest.mark.parametrize("job_id", ["", "..", "a/b", "a b", "x" * 129])
def test_an_id_that_no_job_can_have_is_not_found_without_a_request(call: Caller, job_id: str) -> None:
    for ask in ("status", "why", "history", "cancel", "wait"):
        with pytest.raises(NotFoundError):
            call(CLOSED_PORT, methodcaller(ask, job_id))
    assert call.pauses == []


def test_a_token_is_sent_and_has_no_repr(call: Caller) -> None:
    auth = BearerAuth("s3cret")
    with serve(lambda _: PROCESSING_REPLY) as fake:
        call(fake.url, lambda client: client.status("a"), auth)
    assert header(fake.requests[0], "Authorization") == "Bearer s3cret"
    assert "s3cret" not in repr(auth)


def test_a_function_is_invoked_and_awaited(call: Caller) -> None:
    accepted = Reply(202, b'{"status":"accepted","id":"f-1","statusUrl":"/invocations/f-1","state":"processing"}')
    done = Reply(200, b'{"status":"done","id":"f-1","result":6}')
    with serve(in_turn(accepted, Reply(200, b'{"status":"processing","id":"f-1"}'), done)) as fake:
        assert call(fake.url, lambda client: client.invoke("factorial", [3])).id == "f-1"
        assert call(fake.url, lambda client: client.wait_for_invocation("f-1")).result == 6
    assert json.loads(fake.requests[0].body) == {"function": "factorial", "args": [3]}


def test_a_document_is_uploaded_without_the_credentials_of_the_api(call: Caller) -> None:
    """A store that is overloaded gets the bytes again; 412 means that they had arrived."""
    put = [Reply(503), Reply(412)]

    def answer(request: fake_server.Request) -> Reply:
        if request.method == "PUT":
            return put.pop(0)
        opened = UploadOpen(
            upload_id="u", method="PUT", url=f"{fake.url}/bytes", headers={"x-amz-a": "1"}, expires_at="x"
        )
        return Reply(201, opened.to_json())

    with serve(answer) as fake:
        assert call(fake.url, lambda client: client.upload("a.pdf", b"%PDF"), BearerAuth("s3cret")) == "u"
    announced, *sent = fake.requests
    assert json.loads(announced.body)["contentType"] == "application/pdf"
    assert [(one.path, one.body, header(one, "x-amz-a")) for one in sent] == [("/bytes", b"%PDF", "1")] * 2
    assert [header(one, "Authorization") for one in fake.requests] == ["Bearer s3cret", None, None]


def test_a_document_that_the_store_has_is_not_sent(call: Caller) -> None:
    with serve(lambda _: Reply(200, UploadComplete(upload_id="u").to_json())) as fake:
        assert call(fake.url, lambda client: client.upload("a.pdf", b"%PDF")) == "u"
    assert paths(fake) == ["POST /uploads"]


def test_a_store_that_refuses_the_bytes_is_an_error(call: Caller) -> None:
    opened = UploadOpen(upload_id="u", method="PUT", url=f"{CLOSED_PORT}/a", headers={}, expires_at="x")
    with (
        serve(lambda _: Reply(201, opened.to_json())) as fake,
        pytest.raises(UploadError, match=r"a.pdf could not be uploaded: the object store does not answer"),
    ):
        call(fake.url, lambda client: client.upload("a.pdf", b"%PDF"))


def test_events_are_read_page_by_page_until_the_end(call: Caller) -> None:
    """Without Retry-After there are more, and they are read at once."""
    kinds = [(EventKind.ACCEPTED, "0-0-0", {}), (EventKind.MESSAGE, "1-1-0", {"Retry-After": "1"})]
    pages = [
        Reply(200, JobEvents(job_id="a", events=(Event(id=place, at="x", kind=kind),), next=place).to_json(), headers)
        for kind, place, headers in [*kinds, (EventKind.ENDED, "1-1-0-end", {})]
    ]
    with serve(in_turn(*pages)) as fake:
        events = call(fake.url, lambda client: client.events("a"))
    assert [event.kind for event in events] == ["accepted", "message", "ended"]
    assert paths(fake) == [
        "GET /jobs/a/events",
        "GET /jobs/a/events?after=0-0-0",
        "GET /jobs/a/events?after=1-1-0",
    ]
    assert call.pauses == [1]
