"""The typed client: each problem is an error with its own type, code and sentence."""

from operator import methodcaller

import pytest

from longhand_client import AddressError, ApiError, ClientError, ForeignAnswerError, NotFoundError
from tests.ops.fake_server import Reply, serve

from .caller import CLOSED_PORT, Caller


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
