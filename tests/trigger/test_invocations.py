"""POST /invocations and GET /invocations/<id>: a durable function by its name."""

import json
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from contract.functions import MAX_FACTORIAL
from contract.names import Tag
from durable.wire.client import Client
from durable.wire.fields import SettledBy
from durable.wire.records import Value
from durable.wire.requests import PromiseCreate, PromiseSearch, PromiseSettle
from durable.wire.roots import TRACEPARENT
from lambdas.trigger.invocations import FORM
from lambdas.trigger.ports import Ports
from lambdas.trigger.progress import ProgressReader
from lambdas.trigger.progress_store import ProgressStore
from lambdas.trigger.routes import Api as TriggerApi
from local.server_process import ServerProcess

from .conftest import Api, Reply, api_over

REQUEST: dict[str, Any] = {"id": "a-1", "function": "factorial", "args": [10]}


def invoke(api: Api, **changes: object) -> Reply:
    return api.send("POST", "/invocations", json.dumps(REQUEST | changes))


def read(api: Api, name: str = "a-1") -> Reply:
    return api.send("GET", f"/invocations/{name}")


def find_promises(client: Client) -> list[str]:
    return [promise.id for promise in client.search_all(PromiseSearch(tags={Tag.KIND: "invocation"}))]


def test_an_invocation_is_recorded_for_the_functions_group_and_answered(api: Api, client: Client) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    sent = json.dumps(REQUEST)
    reply = api.send("POST", "/invocations", sent, headers={"traceparent": trace})
    assert (reply.status, reply.body) == (
        202,
        {"status": "accepted", "id": "a-1", "statusUrl": "/invocations/a-1", "state": "processing"},
    )
    assert reply.headers["Location"] == "/invocations/a-1"
    promise = client.get("fn/a-1")
    assert promise.tags["resonate:target"] == "poll://any@functions"
    assert promise.tags[TRACEPARENT] == trace
    assert promise.param.decode() == {"func": "factorial", "args": [10], "kwargs": {}, "version": 1}
    assert (read(api).status, read(api).body) == (200, {"status": "processing", "id": "a-1"})
    assert read(api).headers["Retry-After"] == "1"


def test_a_repeated_invocation_is_one_and_shows_its_state(api: Api, client: Client) -> None:
    invoke(api)
    client.settle(PromiseSettle(id="fn/a-1", state="resolved", value=Value.encode(3628800)))
    assert [invoke(api).body["state"] for _ in range(2)] == ["done", "done"]
    assert find_promises(client) == ["fn/a-1"]


def test_without_an_id_the_same_request_has_the_same_one_and_another_request_another(api: Api) -> None:
    def send(**values: object) -> str:
        reply = api.send("POST", "/invocations", json.dumps({"function": "factorial", **values}))
        assert reply.status == 202, reply
        name: str = reply.body["id"]
        return name

    first, again, other = send(args=[3]), send(args=[3]), send(args=[4])
    assert first == again != other
    assert first.startswith("factorial-")
    assert read(api, first).status == 200


@pytest.mark.parametrize(
    ("state", "value", "answer"),
    [
        ("resolved", 3628800, {"status": "done", "id": "a-1", "result": 3628800}),
        ("resolved", None, {"status": "done", "id": "a-1", "result": None}),
        (
            "rejected",
            {"__type": "error", "message": '{"code": "step_timeout", "message": "too slow", "step": "multiply"}'},
            {"status": "failed", "id": "a-1", "error": {"code": "step_timeout", "message": "too slow"}},
        ),
        ("rejected_canceled", None, {"status": "canceled", "id": "a-1"}),
    ],
)
def test_the_end_of_an_invocation_is_its_result_or_its_error(
    api: Api, client: Client, state: SettledBy, value: object, answer: dict[str, Any]
) -> None:
    invoke(api)
    client.settle(PromiseSettle(id="fn/a-1", state=state, value=Value.encode(value)))
    assert (read(api).status, read(api).body) == (200, answer)


def test_an_invocation_past_its_deadline_has_failed(api: Api, client: Client) -> None:
    client.create(PromiseCreate(id="fn/late", timeout_at=1))
    assert read(api, "late").body["error"]["code"] == "deadline_exceeded"


@pytest.mark.parametrize("changes", [{"args": [11]}, {"function": "other"}, {"args": []}], ids=str)
def test_the_same_id_for_another_invocation_is_refused(api: Api, changes: dict[str, Any]) -> None:
    invoke(api)
    reply = invoke(api, **changes)
    assert (reply.status, reply.body["code"]) == (409, "invocation_id_taken")
    assert "a-1" in reply.body["error"]


@pytest.mark.parametrize(
    ("changes", "code", "sentence"),
    [
        ({"function": "nothing"}, "unknown_function", 'there is no function "nothing": the functions are factorial'),
        ({"function": "é" * 500}, "unknown_function", 'there is no function "'),
        ({"args": ["seven"]}, "invalid_arguments", "the arguments do not fit factorial: "),
        ({"args": []}, "invalid_arguments", "the arguments do not fit factorial: "),
        ({"args": [MAX_FACTORIAL + 1]}, "invalid_arguments", "the arguments do not fit factorial: "),
        ({"args": [10**400]}, "invalid_arguments", "the arguments do not fit factorial: "),
        ({"args": {"n": 10}}, "bad_request", FORM),
        ({"function": 7}, "bad_request", FORM),
        ({"id": "a/b"}, "bad_request", FORM),
        ({"id": None}, "bad_request", FORM),
        ({"id": ""}, "bad_request", FORM),
        ({"id": "x" * 129}, "bad_request", FORM),
        ({"again": True}, "bad_request", FORM),
    ],
    ids=str,
)
def test_an_invocation_that_does_not_fit_is_refused_before_anything_is_recorded(
    api: Api, client: Client, changes: dict[str, Any], code: str, sentence: str
) -> None:
    reply = invoke(api, **changes)
    assert (reply.status, reply.body["code"]) == (400, code)
    assert reply.body["error"].startswith(sentence)
    assert len(reply.body["error"]) < 1_000
    assert find_promises(client) == []


def test_a_deployment_without_functions_refuses_new_invocations_and_shows_old_ones(
    api: Api, client: Client, folder: Path
) -> None:
    invoke(api)
    log = Logger(service="trigger-test", level="CRITICAL")
    progress = ProgressReader(ProgressStore(folder.as_uri()), log)
    without = Api(
        TriggerApi(Ports(server=client, progress=progress, log=log, store_url=folder.as_uri(), has_functions=False))
    )
    refused = invoke(without, id="a-2")
    assert (refused.status, refused.body["code"]) == (400, "unknown_function")
    assert "-c functions" in refused.body["error"]
    assert (invoke(without).status, read(without).status) == (202, 200)
    assert find_promises(client) == ["fn/a-1"]


@pytest.mark.parametrize("name", ["never-seen", "a-1:1", "x" * 129, "%2F", "..", ""])
def test_only_an_invocation_can_be_read(api: Api, client: Client, name: str) -> None:
    """A part of one is none."""
    client.create(PromiseCreate(id="fn/a-1:1", timeout_at=10**14))
    assert (read(api, name).status, read(api, name).body) == (404, {"status": "not_found", "id": name})


def test_a_server_that_is_down_records_nothing_and_is_503(mortal: ServerProcess, folder: Path) -> None:
    with Client(mortal.url) as client:
        api = api_over(client, folder)
        mortal.kill()
        for reply in (invoke(api), read(api)):
            assert (reply.status, reply.body["code"]) == (503, "unavailable")
            assert int(reply.headers["Retry-After"]) > 0
