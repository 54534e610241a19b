"""The client against real servers: they understand its requests, and it reports their refusals."""

import time
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from msgspec import structs

from durable.wire.answers import EmptyAnswer, OnePromise
from durable.wire.client import Client
from durable.wire.errors import Conflict, NotFound, Refused
from durable.wire.records import Value
from durable.wire.requests import (
    PromiseCreate,
    PromiseRegisterListener,
    PromiseSearch,
    PromiseSettle,
    TaskContinue,
    TaskHalt,
)
from local.server_process import ServerProcess, ServerProgram
from tests import warm_start
from tests.conftest import SERVER_PROGRAMS, StartServer

MINUTE = 60_000
LISTENER = "poll://any@no-workers"


@pytest.fixture(scope="module", params=SERVER_PROGRAMS)
def kept_server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One server of each kind: a test has a job of its own, and starting a server takes longer than most tests."""
    server_program: ServerProgram = request.param
    with warm_start.start_server(server_program, tmp_path_factory.mktemp(server_program.name)) as server:
        yield server


@pytest.fixture
def client(kept_server: ServerProcess) -> Iterator[Client]:
    """A client of each server in turn."""
    with Client(kept_server.url) as client:
        yield client


@pytest.fixture
def job() -> str:
    """The id of a job that no other test has."""
    return f"job-{uuid4()}"


def promise_request(promise_id: str, **tags: str) -> PromiseCreate:
    """Build the request for a promise that is pending for a minute."""
    tags = {name.replace("_", ":"): value for name, value in tags.items()}
    deadline = int(time.time() * 1000) + MINUTE
    return PromiseCreate(id=promise_id, timeout_at=deadline, param=Value(data="eA=="), tags=tags)


def test_a_promise_is_created_once_read_and_settled_once(client: Client, job: str) -> None:
    """A second create or settle returns what the first one made."""
    request = promise_request(job, kind="report")
    created = client.create(request)
    assert (created.id, created.state, created.param, created.tags) == (
        *(job, "pending", Value(data="eA==")),
        {"kind": "report"},
    )
    assert client.create(structs.replace(request, param=Value(data="eQ=="))) == created
    assert client.get(job) == created
    settled = client.settle(PromiseSettle(id=job, state="resolved", value=Value(data="eg==")))
    assert (settled.state, settled.value) == ("resolved", Value(data="eg=="))
    assert settled.settled_at is not None
    assert client.settle(PromiseSettle(id=job, state="rejected_canceled")) == settled
    assert client.get(job) == settled


def test_a_search_finds_by_tag_and_state_page_by_page(client: Client, job: str) -> None:
    """The results are in the order of their ids."""
    for number in range(5):
        client.create(promise_request(f"{job}/{number}", kind=job))
    client.create(promise_request(f"{job}/other"))
    client.settle(PromiseSettle(id=f"{job}/3", state="resolved"))
    request = PromiseSearch(state="pending", tags={"kind": job}, limit=2)
    page = client.search(request)
    assert ([promise.id for promise in page.promises], page.cursor) == ([f"{job}/0", f"{job}/1"], f"{job}/1")
    assert [promise.id for promise in client.search_all(request)] == [f"{job}/{number}" for number in (0, 1, 2, 4)]


def test_a_listener_is_registered_on_a_promise(client: Client, job: str) -> None:
    """The answer is the promise."""
    created = client.create(promise_request(job))
    assert client.ask(PromiseRegisterListener(awaited=job, address=LISTENER), OnePromise).promise == created


def test_halting_a_task_is_idempotent_and_continuing_it_is_not(client: Client, job: str) -> None:
    """That is why only halting is retried."""
    client.create(promise_request(job, resonate_target="poll://any@no-workers"))
    client.ask(TaskHalt(id=job), EmptyAnswer)
    client.ask(TaskHalt(id=job), EmptyAnswer)
    client.ask(TaskContinue(id=job), EmptyAnswer)
    with pytest.raises(Conflict, match=r"^409: Task is not halted$"):
        client.ask(TaskContinue(id=job), EmptyAnswer)


def test_a_finished_task_cannot_be_halted(client: Client, job: str) -> None:
    """The task is fulfilled."""
    client.create(promise_request(job, resonate_target="poll://any@no-workers"))
    client.settle(PromiseSettle(id=job, state="rejected_canceled"))
    with pytest.raises(Conflict, match=r"^409: Task is fulfilled$"):
        client.ask(TaskHalt(id=job), EmptyAnswer)


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
def test_a_missing_promise_or_task_is_not_found(call: Callable[[Client], object], reason: str, client: Client) -> None:
    """The reason is the server's text."""
    with pytest.raises(NotFound, match=f"^404: {reason}$"):
        call(client)


@pytest.mark.parametrize(
    "call",
    [
        lambda client, _: client.get(""),
        lambda client, _: client.create(PromiseCreate(id="", timeout_at=1)),
        lambda client, _: client.search(PromiseSearch(limit=0)),
        lambda client, job: client.ask(PromiseRegisterListener(awaited=job, address="nonsense"), OnePromise),
    ],
    ids=["no id", "no id to create", "no limit", "no address"],
)
def test_an_invalid_request_is_refused(call: Callable[[Client, str], object], client: Client, job: str) -> None:
    """Each server has its own text for the reason."""
    client.create(promise_request(job))
    with pytest.raises(Refused) as caught:
        call(client, job)
    assert (type(caught.value), caught.value.status) == (Refused, 400)


@pytest.mark.parametrize("size", [2 * 2**20, 20 * 2**20])
def test_a_request_that_is_too_large_is_refused(size: int, client: Client, job: str) -> None:
    """The server stops reading before all of it is sent."""
    with pytest.raises(Refused) as caught:
        client.create(structs.replace(promise_request(job), param=Value(data="A" * size)))
    assert caught.value.status == 413
    assert client.create(promise_request(job)).state == "pending"


def test_a_call_after_a_restart_of_the_server_needs_no_retry(
    server_program: ServerProgram, start_server: StartServer, server: ServerProcess, job: str
) -> None:
    """The idle connection closed with the old process, and the promise survived."""
    with Client(server.url) as client:
        created = client.create(promise_request(job))
        server.stop()
        start_server(server_program, port=server.port)
        assert client.get(job) == created
