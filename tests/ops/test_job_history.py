"""`longhand why` and `longhand history` ask the API about jobs, and a server about all other workflows."""

import json

import pytest

from durable.wire.client import Client
from durable.wire.requests import PromiseCreate, PromiseSettle
from local.server_process import EmbeddedProgram, ServerProcess
from tests.conftest import StartServer
from tests.ops.fake_server import Reply, serve
from tests.ops.terminal import Ended, Terminal

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
    assert (ended.code, head.split(" after ")[0]) == (4, "order/42: canceled")
    assert titles.split() == ["at", "id", "operation", "kind", "state", "attempts", "took", "value"]
    assert row.split()[3:6] == [":1", "charge", "step"] or row.split()[2:5] == [":1", "charge", "step"]
    shown = json.loads(nowhere.run("history", "order/42", "--server", server.url, "--json").out)
    [operation] = shown["operations"]
    assert (operation["name"], operation["kind"], operation["state"]) == ("charge", "step", "resolved")


@pytest.mark.parametrize("command", ["why", "history"])
def test_a_job_that_cannot_be_read_is_one_sentence(nowhere: Terminal, server: ServerProcess, command: str) -> None:
    """The API knows only documents' jobs: the command says what to do, and does not ask AWS."""
    unknown = nowhere.run(command, "b", "--server", server.url)
    assert (unknown.code, unknown.out) == (3, "")
    assert "the job b does not exist" in unknown.err
    on_stack = nowhere.run(command, "order/42", "--stack", "Longhand")
    assert (on_stack.code, on_stack.out) == (64, "")
    assert "order/42 is no id of a document's job" in on_stack.err
    assert "--server" in on_stack.err
    assert nowhere.run(command, "a").code == 78
    assert nowhere.run(command, "a", "--server", "http://127.0.0.1:9").code == 69


STEP_FIELDS = {
    "id": "doc/a:1", "name": "download", "kind": "step", "state": "resolved", "depth": 0, "createdAt": 100.5,
    "settledAt": 102.5, "timeoutAt": 900.0, "ofALaterVersion": True,
}  # fmt: skip
HISTORY = {"jobId": "a", "state": "done", "createdAt": 100.0, "settledAt": 103.0, "operations": [STEP_FIELDS]}


def ask(terminal: Terminal, reply: Reply, *words: str) -> tuple[Ended, list[str]]:
    """Run a command against an API with this answer, and return also the paths that it asked for."""
    with serve(lambda _: reply) as fake:
        ended = terminal.run(*words, "--url", fake.url)
    return ended, [request.path for request in fake.requests]


def test_the_history_of_a_documents_job_comes_from_the_api(nowhere: Terminal) -> None:
    """So it works for a stack, whose server is private."""
    ended, paths = ask(nowhere, Reply(body=json.dumps(HISTORY).encode()), "history", "a")
    head, _, row = ended.out.splitlines()
    assert (ended.code, head, paths) == (0, "doc/a: done after 3 s", ["/jobs/a/history"])
    assert row.split() == ["+0.5", "s", ":1", "download", "step", "resolved", "2", "s"]


def test_the_reason_of_a_documents_job_comes_from_the_api(nowhere: Terminal) -> None:
    answer = {"jobId": "a", "state": "processing", "explanation": "doc/a waits: doc/a:4 sleeps", "waits": []}
    ended, paths = ask(nowhere, Reply(body=json.dumps(answer).encode()), "why", "a")
    assert (ended.code, ended.out, paths) == (2, "doc/a waits: doc/a:4 sleeps\n", ["/jobs/a/why"])


@pytest.mark.parametrize(
    ("reply", "code", "sentence"),
    [
        (Reply(404, b'{"status":"not_found","jobId":"a"}'), 3, "the job a does not exist"),
        (Reply(body=json.dumps({**HISTORY, "operations": [{"kind": "ritual"}]}).encode()), 69, "cannot read ('ritual'"),
    ],
)
def test_an_answer_without_a_history_is_one_sentence(nowhere: Terminal, reply: Reply, code: int, sentence: str) -> None:
    ended, _ = ask(nowhere, reply, "history", "a")
    assert (ended.code, ended.out, sentence in ended.err) == (code, "", True), ended.err
