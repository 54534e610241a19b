"""The function as Lambda calls it, in a new process: its answers without valid settings, and its imports."""

import json
import subprocess
import sys
from typing import Any

import pytest

from local.events import make_event
from local.server_process import ROOT

# Powertools checks whether botocore exists, which costs nothing; its modules would.
FORBIDDEN = {
    "aiohttp",
    "boto3",
    "botocore.session",
    "durable.steps",
    "durable.workflows",
    "resonate",
    "resonate_base",
    "worker",
}
FORBIDDEN |= {"contract.functions", "lambdas.trigger.invocations"}  # only a request about one imports them
FORBIDDEN |= {"asyncio", "aws_lambda_powertools.event_handler", "pydantic", "urllib3"}
CALL = """
import json, sys
from lambdas.trigger.handler import handler
from local.events import Context
for line in sys.stdin:
    print(json.dumps({"answer": handler(json.loads(line), Context())}))
"""


def run(program: str, environ: dict[str, str], *events: dict[str, Any]) -> list[dict[str, Any]]:
    """Run a program with this environment only, and return the JSON lines that it prints, its log included."""
    given = "".join(json.dumps(one) + "\n" for one in events)
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environ, input=given, check=True, capture_output=True, text=True
    )
    assert ended.stderr == ""
    return [json.loads(line) for line in ended.stdout.splitlines()]


GOOD = {"RESONATE_URL": "http://127.0.0.1:9", "STORE_URL": "file:///nowhere"}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"RESONATE_URL": ""}, "RESONATE_URL is not set: it must be an address such as "),
        ({"STORE_URL": ""}, "STORE_URL is not set: it must be a folder, as file:///its/path, or s3://"),
        ({"RESONATE_URL": "http://user:password@server"}, "RESONATE_URL must be an address such as "),
    ],
)
def test_invalid_settings_are_named_in_the_log_and_not_to_clients(changes: dict[str, str], sentence: str) -> None:
    """Each request is answered: the container does not exit."""
    events = make_event("GET", "/status/a"), make_event("POST", "/process-document")
    first, answer, *_ = lines = run(CALL, GOOD | changes, *events)
    assert [list(line) == ["answer"] for line in lines] == [False, True, False, True]
    assert (first["level"], first["message"]) == ("CRITICAL", "the settings are invalid")
    assert first["reason"].startswith(sentence)
    assert "password" not in json.dumps(lines)
    assert answer["answer"] == {
        "statusCode": 500,
        "headers": {"Content-Type": "application/problem+json", "Cache-Control": "no-store"},
        "body": (
            '{"error":"internal error","code":"internal","title":"Internal Server Error","status":500,'
            '"detail":"internal error"}'
        ),
        "isBase64Encoded": False,
    }


def test_every_log_line_of_a_request_has_its_correlation_id() -> None:
    request = make_event("POST", "/process-document", body=b"{")
    line, _ = run(CALL, GOOD, request)
    assert line["message"] == "refused"
    assert line["correlation_id"] == request["requestContext"]["requestId"]


def test_the_function_imports_no_sdk_and_no_framework() -> None:
    """Each would cost more than a third of what the whole function does."""
    program = "import json, sys, lambdas.trigger.handler; print(json.dumps({'modules': list(sys.modules)}))"
    modules = set(run(program, {})[0]["modules"])
    assert "lambdas.trigger.routes" in modules
    assert modules & FORBIDDEN == set()


def test_the_library_of_the_store_is_not_imported_before_progress_is_read() -> None:
    program = f"{CALL}\nprint(json.dumps({{'obstore': 'obstore' in sys.modules}}))"
    *_, last = run(program, GOOD, make_event("GET", "/status/"), make_event("POST", "/process-document", body=b"{"))
    assert last == {"obstore": False}


def test_garbage_is_collected_again_after_the_start() -> None:
    program = "import gc, json, lambdas.trigger.handler; print(json.dumps({'on': gc.isenabled()}))"
    assert run(program, {}) == [{"on": True}]
