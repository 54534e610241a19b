"""`longhand why` and `longhand history` read a job's records from the server."""

import json

import pytest

from durable.wire.client import Client
from durable.wire.requests import PromiseCreate, PromiseSettle
from local.server_process import EmbeddedProgram, ServerProcess
from tests.conftest import StartServer
from tests.ops.terminal import Terminal

STEP = {"durable:name": "charge", "durable:call": "step;in=-;for=;run=1", "resonate:scope": "local"}
LINEAGE = {"resonate:origin": "order/42", "resonate:branch": "order/42", "resonate:parent": "order/42"}


@pytest.fixture
def server(start_server: StartServer) -> ServerProcess:
    """A server with two jobs: one that no worker has taken, and one that was canceled after its first step."""
    server = start_server(EmbeddedProgram())
    with Client(server.url) as client:
        client.start("doc/a", "process_document", target="poll://any@documents", timeout=3600)
        root = client.start("order/42", "place_order", target="poll://any@orders", timeout=3600)
        client.create(PromiseCreate(id="order/42:1", timeout_at=root.timeout_at, tags={**STEP, **LINEAGE}))
        client.settle(PromiseSettle(id="order/42:1", state="resolved"))
        client.settle(PromiseSettle(id="order/42", state="rejected_canceled"))
    return server


def test_why_says_what_a_job_waits_for(nowhere: Terminal, server: ServerProcess) -> None:
    ended = nowhere.run("why", "a", "--server", server.url)
    sentence, since = ended.out.rstrip().rsplit(" ", 1)
    assert (ended.code, sentence) == (
        2, "doc/a waits: doc/a 'process_document' waits for a worker of the group documents since"
    )  # fmt: skip
    assert since.endswith("Z")
    [wait] = json.loads(nowhere.run("why", "a", "--server", server.url, "--json").out)["waits"]
    assert {key: wait[key] for key in ("reason", "promise", "group")} == {
        "reason": "worker", "promise": "doc/a", "group": "documents"
    }  # fmt: skip


def test_history_lists_the_calls_of_any_workflow(nowhere: Terminal, server: ServerProcess) -> None:
    ended = nowhere.run("history", "order/42", "--server", server.url)
    head, titles, row = ended.out.splitlines()
    assert (ended.code, head.split(" after ")[0]) == (4, "order/42: rejected_canceled")
    assert titles.split() == ["at", "id", "operation", "kind", "state", "attempts", "took", "value"]
    assert row.split()[3:6] == [":1", "charge", "step"] or row.split()[2:5] == [":1", "charge", "step"]
    [operation] = json.loads(nowhere.run("history", "order/42", "--server", server.url, "--json").out)
    assert (operation["name"], operation["kind"], operation["state"]) == ("charge", "step", "resolved")


@pytest.mark.parametrize("command", ["why", "history"])
def test_a_job_that_cannot_be_read_is_one_sentence(nowhere: Terminal, server: ServerProcess, command: str) -> None:
    """The server of a stack is private: the command says what to do, and does not ask AWS."""
    unknown = nowhere.run(command, "b", "--server", server.url)
    assert (unknown.code, unknown.out) == (3, "")
    assert "the job b does not exist" in unknown.err
    on_stack = nowhere.run(command, "a", "--stack", "Longhand")
    assert (on_stack.code, on_stack.out) == (64, "")
    assert "the server of the stack Longhand is private" in on_stack.err
    assert "./longhand status a --stack Longhand" in on_stack.err
    assert nowhere.run(command, "a").code == 78
    assert nowhere.run(command, "a", "--server", "http://127.0.0.1:9").code == 69
