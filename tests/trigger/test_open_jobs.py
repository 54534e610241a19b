"""The limit of a requester's open jobs: one more is a 429, and what was accepted before is accepted again."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from durable.wire.client import Client
from durable.wire.clock import Clock
from lambdas.trigger.ports import KeeperAddress, Ports
from lambdas.trigger.progress import ProgressReader
from lambdas.trigger.progress_store import ProgressStore
from lambdas.trigger.routes import Api as TriggerApi
from tests.loopback import serve_in_thread

from .conftest import Api, api_over

LIMIT = 3


@dataclass
class Keeper:
    """A keeper that counts what it is told to."""

    count: int = 0
    times: tuple[int, ...] = ()
    status: int = 200
    asked: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def keeper() -> Iterator[Keeper]:
    keeper = Keeper()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            keeper.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            body = json.dumps({"count": keeper.count, "times": keeper.times}).encode()
            self.send_response(keeper.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    keeper.url = f"http://127.0.0.1:{server.server_address[1]}"
    with serve_in_thread(server):
        yield keeper


@pytest.fixture
def api(client: Client, folder: Path, keeper: Keeper) -> Api:
    log = Logger(service="trigger-test", level="CRITICAL")
    ports = Ports(
        server=client,
        progress=ProgressReader(ProgressStore(folder.as_uri()), log),
        log=log,
        store_url=folder.as_uri(),
        keeper=KeeperAddress(url=keeper.url),
        max_open_jobs=LIMIT,
    )
    return Api(TriggerApi(ports))


def test_one_job_more_than_allowed_is_refused_until_others_have_ended(api: Api, keeper: Keeper) -> None:
    keeper.count = LIMIT
    reply = api.submit()
    assert (reply.status, reply.body["code"], reply.headers["Retry-After"]) == (429, "too_many_jobs", "30")
    assert keeper.asked == [{"kind": "count", "requesterId": "me", "most": LIMIT}]
    assert api.status().status == 404
    keeper.count = LIMIT - 1
    assert api.submit().status == 202


def test_a_job_that_was_accepted_is_accepted_again(api: Api, keeper: Keeper) -> None:
    assert api.submit().status == 202
    keeper.count = LIMIT
    assert api.submit().status == 202
    assert api.submit(documentUrl="https://example.com/b.pdf", jobId="job-2").status == 429


@pytest.mark.parametrize(
    ("places", "age"),
    [((1, 3), 1_000), ((1, 4), 100), ((1, 5), 10), ((2, 1), 1_000), ((2, 2), 100)],
)
def test_there_is_room_when_the_jobs_of_all_cells_that_are_too_many_have_grown_old(
    client: Client, folder: Path, keeper: Keeper, places: tuple[int, int], age: int
) -> None:
    """Each cell has three jobs of the hour, and five may be sent: the batch needs so many of them to be older."""
    cells, added = places
    now = 1_800_000_000.0
    keeper.count, keeper.times = 3, tuple(int((now - one) * 1_000) for one in (10, 100, 1_000))
    api = api_over(
        client,
        folder,
        clock=Clock(now=lambda: now),
        keeper=KeeperAddress(url=keeper.url),
        other_keepers=(KeeperAddress(url=keeper.url, token="of another cell"),)[: cells - 1],  # noqa: S106
        max_hourly_jobs=5,
    )
    items = [{"documentUrl": "https://example.com/a.pdf"}] * added
    reply = api.send("POST", "/batches", json.dumps({"batchId": "b", "requesterId": "me", "items": items}))
    assert (reply.status, reply.headers["Retry-After"]) == (429, str(3_600 - age))


def test_a_keeper_that_is_away_refuses_no_job(api: Api, keeper: Keeper) -> None:
    keeper.status = 503
    assert api.submit().status == 202
