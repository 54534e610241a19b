"""Programs of the pages that the test itself runs, and one of them: a stand-in for `aws`.

It calls boto3, whose models the real program has, too: `aws SERVICE OPERATION --some-option VALUE ...`,
`aws SERVICE wait STATE ...`, and `aws s3 sync s3://A/P s3://B/P`. An operation or option that AWS does not have fails.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import jmespath  # type: ignore[import-untyped] # it has no types

from tests.loopback import serve_http

_PROGRAM = """#!/bin/sh
printf '%s\\n' "$@" | curl --silent --fail --data-binary @- http://{host}
"""


@contextmanager
def serve_program(file: Path, run: Callable[[list[str]], str]) -> Iterator[None]:
    """Write a script that sends its words here, and prints what `run` returns for them, inside the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            words = self.rfile.read(int(self.headers["Content-Length"])).decode().splitlines()
            body = run(words).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    with serve_http(Handler) as host:
        file.write_text(_PROGRAM.format(host=host))
        file.chmod(0o755)
        yield


def run_aws(make_client: Callable[[str], Any], words: list[str]) -> str:
    """Run one command of `aws`, and return its output."""
    service, operation, *options = words
    client = make_client(service)
    if (service, operation) == ("s3", "sync"):
        _sync(client, *options)
        return ""
    if operation == "wait":
        waiter = client.get_waiter(options[0].replace("-", "_"))
        waiter.wait(**_parse(client, waiter.config.operation, options[1:]))
        return ""
    query, as_text = None, options[-2:] == ["--output", "text"]
    options = options[:-2] if as_text else options
    if "--query" in options:
        place = options.index("--query")
        query, options = options[place + 1], options[:place] + options[place + 2 :]
    method = operation.replace("-", "_")
    answer = getattr(client, method)(**_parse(client, client.meta.method_to_api_mapping[method], options))
    found = jmespath.search(query, answer) if query else answer
    return f"{found}\n" if as_text else json.dumps(found, default=str) + "\n"


def _parse(client: Any, operation: str, words: list[str]) -> dict[str, Any]:  # noqa: ANN401 boto3 has no types
    """Return the arguments that the options stand for: switches, numbers, lists of one item, and texts."""
    shape = client.meta.service_model.operation_model(operation).input_shape
    names = {re.sub(r"[^a-z0-9]", "", name.lower()): name for name in shape.members}
    arguments: dict[str, Any] = {}
    rest = iter(words)
    for word in rest:
        option = word.removeprefix("--")
        is_negative = option.startswith("no-")
        name = names[option.removeprefix("no-").replace("-", "")]
        match shape.members[name].type_name:
            case "boolean":
                arguments[name] = not is_negative
            case "integer":
                arguments[name] = int(next(rest))
            case "list":
                arguments[name] = [next(rest)]
            case _:
                arguments[name] = next(rest)
    return arguments


def _sync(client: Any, source: str, target: str) -> None:  # noqa: ANN401 as above
    [(bucket, prefix), (other, new)] = (one.removeprefix("s3://").split("/", 1) for one in (source, target))
    for item in client.list_objects_v2(Bucket=bucket, Prefix=f"{prefix}/").get("Contents", ()):
        key = new + item["Key"].removeprefix(prefix)
        client.copy_object(Bucket=other, Key=key, CopySource={"Bucket": bucket, "Key": item["Key"]})
