"""Paths and methods: what each is for, and what is answered where there is nothing."""

import pytest

from local.server_process import ServerProcess, ServerProgram

from .connection import EVENTS, Connection, request
from .fleet import ON_VIRTUAL_TIME, Fleet

GONE_ANSWER = {"error": "This endpoint is no longer supported. Please update to the latest SDK."}
EVERY_METHOD = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]
ALLOWED_METHODS = {"/": {"POST"}, "/ready": {"GET", "HEAD"}, "/health": {"GET", "HEAD"}, "/poll/g/p": {"GET", "HEAD"}}


@pytest.fixture
def server(server_program: ServerProgram, fleet: Fleet) -> ServerProcess:
    """Any server will do: nothing is changed."""
    return fleet.server(server_program, ON_VIRTUAL_TIME)


@pytest.mark.parametrize("path", ["/ready", "/health", "/ready?x=1"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_server_that_is_well_says_so_in_no_words(server: ServerProcess, method: str, path: str) -> None:
    """The status is the answer."""
    with Connection(server).send(request(method, path)) as line:
        status, headers = line.head()
    assert (status, headers.get("content-type"), headers.get("content-length", "0")) == (200, None, "0")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        (method, path, allowed)
        for path, allowed in ALLOWED_METHODS.items()
        for method in EVERY_METHOD
        if method not in allowed
    ],
)
def test_a_method_that_a_path_does_not_know_is_not_allowed(
    server: ServerProcess, method: str, path: str, allowed: set[str]
) -> None:
    """The answer names those that are."""
    with Connection(server).send(request(method, path)) as line:
        head = line.head()
    assert head.status == 405
    assert set(head.headers["allow"].replace(" ", "").split(",")) == allowed


@pytest.mark.parametrize("path", ["/promises", "/tasks", "/schedules", "/promises/a", "/tasks/a/b", "/schedules/a/b/c"])
@pytest.mark.parametrize("method", ["GET", "POST", "PATCH"])
def test_what_old_clients_ask_for_is_gone(server: ServerProcess, method: str, path: str) -> None:
    """Whatever they want there."""
    with Connection(server).send(request(method, path, "content-length: 0")) as line:
        answer = line.answer()
    assert (answer.status, answer.content_type, answer.body) == (410, "application/json", GONE_ANSWER)


@pytest.mark.parametrize(
    "path",
    [
        *("/x", "//", "/ready/", "//ready", "/READY", "/%72eady", "/./ready", "/x/../ready", "/%2f", "/."),
        *("/promises/", "/tasks/", "/schedules/", "/promisesx", "/promise"),
        *("/poll", "/poll/", "/poll/g", "/poll/g/", "/poll/g/p/", "/poll/g/p/q", "/Poll/g/p"),
        "/" + "a" * 5_000,
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_there_is_nothing_at_any_other_path(server: ServerProcess, method: str, path: str) -> None:
    """Paths are taken as they are sent."""
    with Connection(server).send(request(method, path, "content-length: 0")) as line:
        answer = line.answer()
    assert (answer.status, answer.content_type, answer.body) == (404, None, "")


@pytest.mark.parametrize(("method", "path"), [("BREW", "/"), ("BREW", "/poll/g/p"), ("GET", "/é"), ("GET", "ready")])
def test_what_is_hardly_http_is_refused(server: ServerProcess, method: str, path: str) -> None:
    """The two HTTP libraries differ here."""
    with Connection(server).send(request(method, path, "content-length: 0")) as line:
        assert 400 <= line.head().status < 500


@pytest.mark.parametrize(
    "path", ["/poll/g/p", "/poll/g/p?x", "/poll/a%20b/%2f", "/poll/%C3%A9/p", "/poll//p", "/poll/g/%00"]
)
def test_a_seat_is_a_stream_of_events(server: ServerProcess, path: str) -> None:
    """Any client may open one in any group."""
    with Connection(server).send(request("GET", path)) as line:
        status, headers = line.head()
    assert (status, headers["content-type"], headers["cache-control"]) == (200, EVENTS, "no-cache")


def test_the_head_of_a_stream_can_be_looked_at(server: ServerProcess) -> None:
    """A HEAD request opens no stream."""
    with Connection(server).send(request("HEAD", "/poll/g/p")) as line:
        status, headers = line.head()
    assert (status, headers["content-type"], headers["cache-control"]) == (200, EVENTS, "no-cache")


@pytest.mark.parametrize("path", ["/poll/%ff/p", "/poll/g/%ff", "/poll/g/%c3"])
def test_a_seat_has_a_name_in_utf_8(server: ServerProcess, path: str) -> None:
    """What is none is refused in plain text."""
    with Connection(server).send(request("GET", path)) as line:
        answer = line.answer()
    assert (answer.status, answer.content_type) == (400, "text/plain; charset=utf-8")


def test_a_request_may_have_a_query(server: ServerProcess) -> None:
    """The server ignores it."""
    with Connection(server).send(request("POST", "/?a=1", "content-length: 2"), b"{}") as line:
        assert line.answer().status == 400
