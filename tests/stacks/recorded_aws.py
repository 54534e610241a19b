"""A fake AWS (moto) that records each call as IAM names it: an action and a resource."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Final
from urllib.parse import parse_qs, unquote

import pytest
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.loopback import serve_in_thread

REGION: Final = "eu-central-1"
_FUNCTIONS: Final = "/2015-03-31/functions/"
_S3: Final = {"GET": "GetObject", "HEAD": "GetObject", "PUT": "PutObject", "DELETE": "DeleteObject"}

type Call = tuple[str, str]


@dataclass
class RecordedAws:
    """The address of the fake, and the calls since the last clear."""

    url: str = ""
    calls: set[Call] = field(default_factory=set)
    _app: Any = field(default_factory=lambda: DomainDispatcherApplication(create_backend_app))

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:  # noqa: ANN401 as WSGI has it
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        self.calls |= set(_calls(environ, body))
        return self._app({**environ, "wsgi.input": BytesIO(body)}, start_response)


def _calls(environ: dict[str, Any], body: bytes) -> Iterator[Call]:
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    if target.startswith("secretsmanager."):
        yield f"secretsmanager:{target.partition('.')[2]}", json.loads(body).get("SecretId", "")
    elif target.startswith("AWSEvents."):
        entries = json.loads(body).get("Entries", ())
        yield from ((f"events:{target.partition('.')[2]}", entry["EventBusName"]) for entry in entries)
    elif environ["PATH_INFO"].startswith(_FUNCTIONS):
        yield "lambda:InvokeFunction", environ["PATH_INFO"].removeprefix(_FUNCTIONS).partition("/")[0]
    elif environ["PATH_INFO"] == "/":
        form = parse_qs(body.decode())
        yield f"sns:{form['Action'][0]}", form.get("TopicArn", [""])[0]
    else:
        yield from _s3_calls(environ, body)


def _s3_calls(environ: dict[str, Any], body: bytes) -> Iterator[Call]:
    bucket, _, key = environ["PATH_INFO"].lstrip("/").partition("/")
    query = parse_qs(environ["QUERY_STRING"], keep_blank_values=True)
    if "delete" in query:  # a batch, of which each deletion must be allowed
        action = "s3:DeleteObjectVersion" if b"<VersionId>" in body else "s3:DeleteObject"
        yield from ((action, f"{bucket}/{key}") for key in re.findall("<Key>(.*?)</Key>", body.decode()))
        return
    if not key:
        action = "s3:ListBucketVersions" if "versions" in query else "s3:ListBucket"
        yield action, f"{bucket} where s3:prefix like {query.get('prefix', [''])[0]}"
        return
    if source := environ.get("HTTP_X_AMZ_COPY_SOURCE"):
        yield "s3:GetObject", unquote(source).lstrip("/")
    if environ["REQUEST_METHOD"] == "POST":  # the start or the end of a multipart upload
        yield "s3:PutObject", f"{bucket}/{key}"
    elif environ["REQUEST_METHOD"] == "DELETE" and "uploadId" in query:
        yield "s3:AbortMultipartUpload", f"{bucket}/{key}"
    else:
        version = "Version" if "versionId" in query else ""
        yield f"s3:{_S3[environ['REQUEST_METHOD']]}{version}", f"{bucket}/{key}"


class _QuietHandler(WSGIRequestHandler):
    def log(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def record_aws() -> Iterator[RecordedAws]:
    """Make every AWS library call the fake."""
    aws = RecordedAws()
    server = make_server("127.0.0.1", 0, aws, threaded=True, request_handler=_QuietHandler)
    aws.url = f"http://127.0.0.1:{server.server_port}"
    keys = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_ALLOW_HTTP": "true"}
    with serve_in_thread(server), pytest.MonkeyPatch.context() as patch:
        for name, value in {**keys, "AWS_ENDPOINT_URL": aws.url, "AWS_REGION": REGION}.items():
            patch.setenv(name, value)
        yield aws
