"""The client against real servers: what it asks is what they understand, and what they refuse is what it says."""

import time
from collections.abc import Callable, Iterator

import pytest
from msgspec import structs

from local.server_process import ServerProcess, ServerProgram
from tests.conftest import StartServer
from wire.answers import EmptyAnswer, OnePromise
from wire.client import Client
from wire.errors import Conflict, NotFound, Refused
from wire.records import Value
from wire.requests import PromiseCreate, PromiseRegisterListener, PromiseSearch, PromiseSettle, TaskContinue, TaskHalt

MINUTE = 60_000
LISTENER = "poll://any@nobody"


@pytest.fixture
def client(server: ServerProcess) -> Iterator[Client]:
    """A client of each server in turn."""
    with Client(server.url) as client:
        yield client


def new(promise_id: str = "job/1", **tags: str) -> PromiseCreate:
    """Ask for a promise that is pending for a minute."""
    tags = {name.replace("_", ":"): value for name, value in tags.items()}
    deadline = int(time.time() * 1000) + MINUTE
    return PromiseCreate(id=promise_id, timeout_at=deadline, param=Value(data="eA=="), tags=tags)


def test_a_promise_is_created_once_read_and_settled_once(client: Client) -> None:
    """Whoever comes second gets what the first one made."""
    request = new(kind="report")
    created = client.create(request)
    assert (created.id, created.state, created.param, created.tags) == (
        *("job/1", "pending", Value(data="eA==")),
        {"kind": "report"},
    )
    assert client.create(structs.replace(request, param=Value(data="eQ=="))) == created
    assert client.get("job/1") == created
    settled = client.settle(PromiseSettle(id="job/1", state="resolved", value=Value(data="eg==")))
    assert (settled.state, settled.value) == ("resolved", Value(data="eg=="))
    assert settled.settled_at is not None
    assert client.settle(PromiseSettle(id="job/1", state="rejected_canceled")) == settled
    assert client.get("job/1") == settled


def test_a_search_finds_by_tag_and_state_page_by_page(client: Client) -> None:
    """In the order of the ids."""
    for number in range(5):
        client.create(new(f"job/{number}", kind="report"))
    client.create(new("other"))
    client.settle(PromiseSettle(id="job/3", state="resolved"))
    request = PromiseSearch(state="pending", tags={"kind": "report"}, limit=2)
    page = client.search(request)
    assert ([promise.id for promise in page.promises], page.cursor) == (["job/0", "job/1"], "job/1")
    assert [promise.id for promise in client.search_all(request)] == ["job/0", "job/1", "job/2", "job/4"]


def test_a_listener_is_registered_on_a_promise(client: Client) -> None:
    """The answer is the promise as it stands."""
    created = client.create(new())
    assert client.ask(PromiseRegisterListener(awaited="job/1", address=LISTENER), OnePromise).promise == created


def test_a_task_is_halted_as_often_as_one_likes_and_continued_once(client: Client) -> None:
    """That is why only halting is repeated."""
    client.create(new(resonate_target="poll://any@nobody"))
    client.ask(TaskHalt(id="job/1"), EmptyAnswer)
    client.ask(TaskHalt(id="job/1"), EmptyAnswer)
    client.ask(TaskContinue(id="job/1"), EmptyAnswer)
    with pytest.raises(Conflict, match=r"^409: Task is not halted$"):
        client.ask(TaskContinue(id="job/1"), EmptyAnswer)


def test_a_finished_task_cannot_be_halted(client: Client) -> None:
    """There is nothing left to stop."""
    client.create(new(resonate_target="poll://any@nobody"))
    client.settle(PromiseSettle(id="job/1", state="rejected_canceled"))
    with pytest.raises(Conflict, match=r"^409: Task is fulfilled$"):
        client.ask(TaskHalt(id="job/1"), EmptyAnswer)


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda client: client.get("none"), "Promise not found"),
        (lambda client: client.settle(PromiseSettle(id="none", state="resolved")), "Promise not found"),
        (
            lambda client: client.ask(PromiseRegisterListener(awaited="none", address=LISTENER), OnePromise),
            "Awaited promise not found",
        ),
        (lambda client: client.ask(TaskHalt(id="none"), EmptyAnswer), "Task not found"),
        (lambda client: client.ask(TaskContinue(id="none"), EmptyAnswer), "Task not found"),
    ],
    ids=["get", "settle", "register_listener", "halt", "continue"],
)
def test_what_is_not_there_is_not_found(call: Callable[[Client], object], reason: str, client: Client) -> None:
    """In the server's words."""
    with pytest.raises(NotFound, match=f"^404: {reason}$"):
        call(client)


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.get(""),
        lambda client: client.create(PromiseCreate(id="", timeout_at=1)),
        lambda client: client.search(PromiseSearch(limit=0)),
        lambda client: client.ask(PromiseRegisterListener(awaited="job/1", address="nonsense"), OnePromise),
    ],
    ids=["no id", "no id to create", "no limit", "no address"],
)
def test_what_makes_no_sense_is_refused(call: Callable[[Client], object], client: Client) -> None:
    """Every server says why, each in words of its own."""
    client.create(new())
    with pytest.raises(Refused) as caught:
        call(client)
    assert (type(caught.value), caught.value.status) == (Refused, 400)


@pytest.mark.parametrize("size", [2 * 2**20, 20 * 2**20])
def test_a_request_that_is_too_large_is_refused(size: int, client: Client) -> None:
    """Though the server stops reading before all of it is sent."""
    with pytest.raises(Refused) as caught:
        client.create(structs.replace(new(), param=Value(data="A" * size)))
    assert caught.value.status == 413
    assert client.create(new()).state == "pending"


def test_a_server_that_was_restarted_is_found_again_without_a_retry(
    server_program: ServerProgram, start_server: StartServer, server: ServerProcess, client: Client
) -> None:
    """The kept connection died with the old one, and what was created is still there."""
    created = client.create(new())
    server.stop()
    start_server(server_program, port=server.port)
    assert client.get("job/1") == created
