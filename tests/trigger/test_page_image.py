"""GET /jobs/<jobId>/pages/<page>: a worker draws a page once for all who ask, and its image is where they are sent."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from aws_lambda_powertools import Logger

from durable.wire.client import Client
from durable.wire.clock import Clock
from durable.wire.records import Promise, Value
from durable.wire.requests import PromiseSearch, PromiseSettle
from lambdas.trigger.page_image import MAX_WAIT_SECONDS
from lambdas.trigger.ports import Ports
from lambdas.trigger.progress import ProgressReader
from lambdas.trigger.progress_store import ProgressStore
from lambdas.trigger.routes import Api as TriggerApi

from .conftest import Api, Body, Reply, settle
from .test_job_files import checkpoint, refer

DOCUMENT = {"mediaType": "application/pdf", **refer("jobs/job-1/original.pdf")}
IMAGE = refer("jobs/job-1/images/0-00002.webp")


class Worker:
    """Acts while the function waits; it takes a second for each thing to do."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.seconds = 0.0
        self.work: Callable[[Promise], PromiseSettle | None] = lambda _: None

    def drawings(self) -> list[Promise]:
        """Return the pages that are to be drawn, or were."""
        return list(self._client.search_all(PromiseSearch(tags={"longhand:kind": "page"})))

    def sleep(self, seconds: float) -> None:
        """Let time pass, and work."""
        self.seconds += seconds
        for drawing in self.drawings():
            if drawing.state == "pending" and (settlement := self.work(drawing)):
                self._client.settle(settlement)


@pytest.fixture
def worker(client: Client) -> Worker:
    return Worker(client)


@pytest.fixture
def api(client: Client, folder: Path, worker: Worker) -> Api:
    """An API whose time passes when it waits, with a job whose document is downloaded."""
    log = Logger(service="trigger-test", level="CRITICAL")
    clock = Clock(now=lambda: 9e9 + worker.seconds, monotonic=lambda: worker.seconds, sleep=worker.sleep)
    progress = ProgressReader(ProgressStore(folder.as_uri()), log)
    api = Api(TriggerApi(Ports(server=client, progress=progress, log=log, clock=clock, store_url=folder.as_uri())))
    api.submit(documentPassword="key")
    return api


def read(api: Api, page: str = "2") -> Reply:
    return api.send("GET", f"/jobs/job-1/pages/{page}")


def download(client: Client) -> None:
    checkpoint(client, 2, "download", DOCUMENT)


def test_a_page_is_drawn_once_and_the_client_is_sent_to_its_image(api: Api, client: Client, worker: Worker) -> None:
    download(client)
    worker.work = resolve(IMAGE)
    replies = [read(api), read(api)]
    assert [(reply.status, reply.headers["Location"]) for reply in replies] == [
        (303, "/objects/jobs/job-1/images/0-00002.webp")
    ] * 2
    [drawing] = worker.drawings()
    call = drawing.param.decode()
    assert (call["func"], call["args"]) == (
        "draw_page",
        [{"jobId": "job-1", "original": DOCUMENT, "number": 2, "password": "key"}],
    )
    assert drawing.tags["resonate:target"] == "poll://any@notices"


def test_nothing_is_drawn_before_the_document_is_downloaded(api: Api, worker: Worker) -> None:
    reply = read(api)
    assert (reply.status, reply.body["code"], reply.body["state"]) == (409, "wrong_state", "processing")
    assert worker.drawings() == []


def test_a_page_also_of_a_failed_job_is_drawn(api: Api, client: Client, worker: Worker) -> None:
    download(client)
    settle(client, "rejected")
    worker.work = resolve(IMAGE)
    assert read(api).status == 303


def test_without_a_worker_the_client_asks_again(api: Api, client: Client, worker: Worker) -> None:
    download(client)
    reply = read(api)
    assert (reply.status, reply.body["code"], reply.headers["Retry-After"]) == (503, "page_not_ready", "2")
    assert worker.seconds <= MAX_WAIT_SECONDS
    worker.work = resolve(IMAGE)
    assert read(api).status == 303
    assert len(worker.drawings()) == 1


@pytest.mark.parametrize("page", ["0", "-1", "x", "1.5", "1" * 40, "²"])
def test_what_is_no_number_is_no_page(api: Api, client: Client, worker: Worker, page: str) -> None:
    download(client)
    reply = read(api, page)
    assert (reply.status, reply.body["code"]) == (404, "no_such_page")
    assert worker.drawings() == []


def resolve(value: Body) -> Callable[[Promise], PromiseSettle]:
    return lambda drawing: PromiseSettle(id=drawing.id, state="resolved", value=Value.encode(value))


def fail(drawing: Promise) -> PromiseSettle:
    error = {"message": json.dumps({"code": "document_too_complex", "message": "too much"})}
    return PromiseSettle(id=drawing.id, state="rejected", value=Value.encode(error))


@pytest.mark.parametrize("value", [{"reference": None}, refer("jobs/job-2/images/secret.webp")])
def test_a_page_without_an_image_of_this_job_does_not_exist(
    api: Api, client: Client, worker: Worker, value: Body
) -> None:
    download(client)
    worker.work = resolve(value)
    reply = read(api)
    assert (reply.status, reply.body["code"]) == (404, "no_such_page")


def test_a_page_that_cannot_be_drawn_says_why(api: Api, client: Client, worker: Worker) -> None:
    download(client)
    worker.work = fail
    reply = read(api)
    assert (reply.status, reply.body["code"]) == (409, "page_not_drawn")
    assert "document_too_complex: too much" in reply.body["error"]


def test_the_request_names_no_other_job(api: Api) -> None:
    assert api.send("GET", "/jobs/job-2/pages/1").body == {"status": "not_found", "jobId": "job-2"}
