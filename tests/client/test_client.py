"""The typed client: what its calls send and return. Each test runs with both clients, over real HTTP."""

import inspect
import json

import pytest

from contract.answers import Done, JobState, Processing
from contract.document_types import DocumentTypes, KnownType
from contract.events import Event, EventKind, JobEvents
from contract.job import DocumentJob
from contract.jobs import JobAccepted, JobRequest, make_links
from contract.uploads import UploadComplete, UploadOpen
from longhand_client import AsyncClient, BearerAuth, Client, UploadError
from longhand_client.methods import Methods
from tests.ops import fake_server
from tests.ops.fake_server import Reply, serve

from .caller import CLOSED_PORT, DONE_REPLY, PROCESSING_REPLY, Caller, header, in_turn, paths

JOB = DocumentJob(job_id="a", document_url="https://example.com/a.pdf", requester_id="me")
LINKS = make_links("a", JobState.PROCESSING)
ACCEPTED_REPLY = Reply(202, JobAccepted(id="a", state=JobState.PROCESSING, links=LINKS).to_json())


def test_both_clients_have_a_documented_method_for_each_operation() -> None:
    clients = (Client("http://a"), AsyncClient("http://a"))
    for name, method in vars(Methods).items():
        if not name.startswith("_"):
            for client in clients:
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


def test_the_types_of_documents_are_listed(call: Caller) -> None:
    known = DocumentTypes(types=(KnownType(name="invoice"), KnownType(name="delivery-note")))
    with serve(lambda _: Reply(200, known.to_json())) as fake:
        assert call(fake.url, lambda client: client.list_types()) == known
    assert paths(fake) == ["GET /types"]


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
