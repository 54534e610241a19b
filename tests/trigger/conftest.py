"""The function in this process, called with events of API Gateway's format."""

import base64
import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser.models import APIGatewayProxyEventV2Model

from contract.job import DocumentType
from contract.names import ASK_FOR_MORE, ASK_REVIEWER
from durable.wire.client import Client
from durable.wire.fields import SettledBy
from durable.wire.records import Value
from durable.wire.requests import PromiseSettle
from lambdas.trigger.ports import Ports
from lambdas.trigger.progress import ProgressReader
from lambdas.trigger.progress_store import ProgressStore
from lambdas.trigger.routes import Api as TriggerApi
from local.events import make_event
from local.server_process import EmbeddedProgram, Options, ServerProcess
from tests.conformance.target import HttpChannel, Target
from tests.warm_start import start_server

from .keeper import run_keeper
from .questions import Ask, make_asker

type Body = dict[str, Any]

DECISION_KEY = "whsec_" + base64.b64encode(bytes(32)).decode()
JOB: Body = {"jobId": "job-1", "documentUrl": "https://example.com/a.pdf", "requesterId": "me"}


@dataclass(frozen=True)
class Reply:
    """An answer as API Gateway passes it on."""

    status: int
    text: str
    headers: dict[str, str]

    @property
    def body(self) -> Body:
        """The JSON of the answer."""
        body: Body = json.loads(self.text)
        return body


class Api:
    """The API, one request at a time."""

    def __init__(self, api: TriggerApi) -> None:
        self.api = api

    def send(  # noqa: PLR0913 keyword-only
        self,
        method: str,
        path: str,
        body: str | None = None,
        *,
        is_base64: bool = False,
        query: str = "",
        headers: Mapping[str, str] | None = None,
        authorizer: Body | None = None,
    ) -> Reply:
        """Send a request unchanged; Powertools' model validates its event."""
        made = make_event(method, path, query=query, headers=headers or {})
        APIGatewayProxyEventV2Model.model_validate(made)
        if authorizer:
            made["requestContext"]["authorizer"] = authorizer
        made |= {"body": body, "isBase64Encoded": is_base64}  # also bodies that API Gateway never sends
        answer = self.api.answer(made)
        return Reply(answer["statusCode"], answer["body"], answer["headers"])

    def submit(self, **changes: object) -> Reply:
        """Submit a job, by default a valid one."""
        return self.send("POST", "/process-document", json.dumps(JOB | changes))

    def submit_bytes(self, body: bytes) -> Reply:
        """Send bytes, as API Gateway passes on binary bodies."""
        return self.send("POST", "/process-document", base64.b64encode(body).decode(), is_base64=True)

    def status(self, job_id: str = "job-1") -> Reply:
        """Read the status of a job."""
        return self.send("GET", f"/status/{job_id}")


@pytest.fixture(scope="package")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One server for the tests of this folder, in debug mode, so that each test can reset it."""
    with start_server(EmbeddedProgram(), tmp_path_factory.mktemp("server"), options=Options(debug=True)) as server:
        yield server


@pytest.fixture
def client(running: ServerProcess) -> Iterator[Client]:
    with closing(Target("embedded", HttpChannel(running.url))) as target:
        target.call("debug.reset", {})
    with Client(running.url) as connected:
        yield connected


@pytest.fixture(scope="package")
def keeper_url(running: ServerProcess) -> Iterator[str]:
    """One keeper for that server."""
    with run_keeper(running.log.parent / "server.db") as url:
        yield url


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server that a test may kill."""
    with start_server(EmbeddedProgram(), tmp_path / "mortal") as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The object store."""
    made = tmp_path / "store"
    made.mkdir()
    return made


def settle(client: Client, state: SettledBy, value: object = None) -> None:
    """Settle the promise of the job, as a worker does."""
    client.settle(PromiseSettle(id="doc/job-1", state=state, value=Value.encode(value)))


def api_over(client: Client, folder: Path, types: Collection[str] = tuple(DocumentType), **ports: Any) -> Api:  # noqa: ANN401 fields of Ports
    return api_with(client, folder.as_uri(), types, **ports)


def api_with(client: Client, store_url: str, types: Collection[str] = tuple(DocumentType), **ports: Any) -> Api:  # noqa: ANN401 as above
    return Api(TriggerApi(make_ports(client, store_url, types, **ports)))


def make_ports(client: Client, store_url: str, types: Collection[str] = tuple(DocumentType), **ports: Any) -> Ports:  # noqa: ANN401 as above
    log = Logger(service="trigger-test", level="CRITICAL")
    progress = ProgressReader(ProgressStore(store_url), log)
    return Ports(server=client, progress=progress, log=log, store_url=store_url, types=types, **ports)


@pytest.fixture
def api(client: Client, folder: Path) -> Api:
    return api_over(client, folder, decision_key=DECISION_KEY)


@pytest.fixture
def asking(api: Api, client: Client, folder: Path) -> Ask:
    """A function that lets a job ask."""
    return make_asker(api, client, folder)


@pytest.fixture
def costly(asking: Ask) -> Api:
    """The API over a job whose limit is too low."""
    return asking(ASK_FOR_MORE)


@pytest.fixture
def reviewed(asking: Ask) -> Api:
    """The API over a job whose findings wait for a review."""
    return asking(ASK_REVIEWER)
