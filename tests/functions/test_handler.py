"""The handler: its two kinds of events, its answers, its settings, and what a container imports."""

import base64
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from inspect import signature
from typing import Any

import pytest
from msgspec import convert

from contract.environment import SettingsError
from contract.functions import INVOCABLE, MAX_FACTORIAL
from contract.names import FUNCTIONS_ADDRESS, invocation_id
from lambdas.functions import handler
from lambdas.functions.settings import Settings
from local.events import Context
from local.server_process import ROOT, ServerProcess
from tests.calls import start_request

from .function_lab import FunctionLab

MESSAGE = {"kind": "execute", "head": {"serverUrl": "http://127.0.0.1:9"}, "data": {"task": {"id": "a", "version": 0}}}


@pytest.fixture(autouse=True)
def _new_container(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Begin as a container does, without what an earlier one has set up."""
    monkeypatch.delenv("RESONATE_URL", raising=False)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    handler._worker.cache_clear()  # noqa: SLF001
    yield
    handler._worker.cache_clear()  # noqa: SLF001
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def function(server: ServerProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Set the function up."""
    monkeypatch.setenv("RESONATE_URL", server.url)
    yield
    handler._worker().close()  # noqa: SLF001


def post(body: str | None, *, method: str = "POST", is_base64: bool = False) -> dict[str, Any]:
    """Return the event of an HTTP request, which says that it came to another host."""
    headers = {"host": "evil.example", "x-forwarded-proto": "https"}
    context = {"http": {"method": method}}
    return {"requestContext": context, "headers": headers, "body": body, "isBase64Encoded": is_base64}


def call_for(task: str, version: int = 0) -> dict[str, Any]:
    """Return the server's message about a task."""
    return {**MESSAGE, "data": {"task": {"id": task, "version": version}}}


def answer(event: dict[str, Any]) -> dict[str, Any]:
    """Call the function as Lambda does."""
    return handler.handler(event, Context())


@pytest.mark.usefixtures("function")
def test_a_direct_invocation_runs_the_task_it_names(lab: FunctionLab) -> None:
    """The server is the one of the settings, whatever the message says."""
    lab.client.create(start_request(invocation_id("a"), "factorial", 1, target=FUNCTIONS_ADDRESS))
    assert answer(call_for("fn/a")) == {"status": "completed", "version": 1}
    assert lab.result("fn/a") == 1


@pytest.mark.usefixtures("function")
@pytest.mark.parametrize("is_base64", [False, True])
def test_a_request_is_answered_as_the_reference_does(lab: FunctionLab, *, is_base64: bool) -> None:
    lab.client.create(start_request("fn/a", "factorial", 2, target=FUNCTIONS_ADDRESS))
    bodies = [json.dumps(call_for(task)) for task in ("fn/a", "fn/a:1")]
    sent = [base64.b64encode(body.encode()).decode() if is_base64 else body for body in bodies]
    answers = [answer(post(body, is_base64=is_base64)) for body in sent]
    assert [one["statusCode"] for one in answers] == [200, 200]
    assert [json.loads(one["body"]) for one in answers] == [{"status": "suspended"}, {"status": "completed"}]
    assert lab.client.get("fn/a:1").tags["resonate:target"] == FUNCTIONS_ADDRESS, "and not the host of the request"


@pytest.mark.usefixtures("function")
@pytest.mark.parametrize(
    ("event", "status"),
    [
        (post(json.dumps(MESSAGE), method="GET"), 405),
        ({"requestContext": {}, "httpMethod": "POST", "body": json.dumps(MESSAGE)}, 405),
        (post(None), 400),
        (post(""), 400),
        (post("{"), 400),
        (post("[" * 100_000), 400),
        (post("{}"), 400),
        (post('{"kind":"unblock"}'), 400),
        (post(json.dumps(MESSAGE), is_base64=True), 400),
        (post(json.dumps({**MESSAGE, "data": {"task": {"id": "a", "version": "0"}}})), 400),
    ],
)
def test_a_request_that_is_no_call_is_refused(event: dict[str, Any], status: int) -> None:
    refused = answer(event)
    assert refused["statusCode"] == status
    assert set(json.loads(refused["body"])) == {"error"}


@pytest.mark.usefixtures("function")
@pytest.mark.parametrize("event", [{}, {"Records": []}, {"kind": "execute"}])
def test_a_direct_invocation_that_is_no_call_fails(event: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not one that offers a task to run"):
        answer(event)


def test_a_function_that_is_not_set_up_says_so_in_its_log_only(capsys: pytest.CaptureFixture[str]) -> None:
    refused = answer(post(json.dumps(MESSAGE)))
    assert (refused["statusCode"], "RESONATE_URL" in refused["body"]) == (500, False)
    assert "RESONATE_URL is not set" in capsys.readouterr().out
    with pytest.raises(SettingsError, match="RESONATE_URL is not set"):
        answer(call_for("a"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RESONATE_URL", "ftp://server"),
        ("RESONATE_FUNCTION_URL", "functions"),
        ("RESONATE_FUNCTION_URL", "poll://any@a b"),
        ("FUNCTION_MODULES", "lambdas/functions"),
        ("FUNCTION_MODULES", "no_such_module"),
        ("FUNCTION_MODULES", "json"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        Settings.from_env({"RESONATE_URL": "http://server:8001", name: value}).load_workflows()


def test_functions_of_your_own_are_a_module_with_workflows() -> None:
    settings = Settings.from_env({"RESONATE_URL": "http://server:8001", "FUNCTION_MODULES": "tests.functions.flows"})
    assert "dying" in {workflow.name for workflow in settings.load_workflows()}


def test_every_function_that_clients_may_invoke_is_in_the_bundle_and_takes_what_the_api_checks() -> None:
    known = {(workflow.name, workflow.version): workflow for workflow in load()}
    for function in INVOCABLE.values():
        parameters = list(signature(known[function.name, function.version].body, eval_str=True).parameters.values())[1:]
        assert len(parameters) == len(function.arguments.__args__)
    convert([MAX_FACTORIAL], INVOCABLE["factorial"].arguments)


def load() -> list[Any]:
    """Return the workflows of the bundle."""
    return list(Settings.from_env({"RESONATE_URL": "http://server:8001"}).load_workflows())


def test_a_container_imports_neither_an_http_library_nor_what_only_a_worker_needs() -> None:
    code = "import sys, lambdas.functions.handler as h; h._worker(); print(*sys.modules)"
    environment = {"RESONATE_URL": "http://127.0.0.1:9"}
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    loaded = set(run.stdout.split())
    assert not {"aiohttp", "boto3", "botocore", "urllib3", "multiprocessing", "durable.runtime.stream"} & loaded
