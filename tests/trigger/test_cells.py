"""The API over two cells: a client sees one system, and a cell that is away concerns its own jobs only."""

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import pytest
from aws_lambda_powertools import Logger

from contract.names import ASK_FOR_MORE, schedule_record_id
from durable.wire.answers import OnePromise, OneSchedule
from durable.wire.client import Client
from durable.wire.errors import NotFound
from durable.wire.requests import NAME_TAG, PromiseCreate, PromiseRegisterCallback, ScheduleGet
from lambdas.trigger.bootstrap import open_ports
from lambdas.trigger.routes import Api as TriggerApi
from lambdas.trigger.settings import Settings
from local.server_process import EmbeddedProgram, ServerProcess
from tests.warm_start import start_server

from .conftest import JOB, Api
from .keeper import run_keeper
from .two_cells import BOTH, NAMES, OpenApi, Servers, is_at, name_at, variables

LOG = Logger(service="trigger-test", level="CRITICAL")


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Two servers for the file; each test has names of its own."""
    folder = tmp_path_factory.mktemp("cells")
    with ExitStack() as stack:
        yield {cell: stack.enter_context(start_server(EmbeddedProgram(), folder / cell)) for cell in "12"}


@pytest.fixture(scope="module")
def keepers(cells: Servers) -> Iterator[Mapping[str, str]]:
    with ExitStack() as stack:
        yield {cell: stack.enter_context(run_keeper(one.log.parent / "server.db")) for cell, one in cells.items()}


@pytest.fixture
def api_of() -> Iterator[OpenApi]:
    with ExitStack() as stack:

        def begin(environ: Mapping[str, str]) -> Api:
            ports = open_ports(Settings.from_env(environ), LOG)
            stack.callback(ports.server.close)
            return Api(TriggerApi(ports))

        yield begin


@pytest.fixture
def environ(cells: Servers, keepers: Mapping[str, str], folder: Path) -> dict[str, str]:
    return variables(cells, folder, keepers)


@pytest.fixture
def api(environ: Mapping[str, str], api_of: OpenApi) -> Api:
    return api_of(environ)


@pytest.mark.parametrize("home", ["1", "2"])
def test_every_route_of_a_job_finds_it_in_its_cell(
    api: Api, environ: Mapping[str, str], cells: Servers, home: str, api_of: OpenApi
) -> None:
    """Each request comes to a process that has not seen the job before."""
    name = name_at(home)
    assert [api.submit(jobId=name).status for _ in range(2)] == [202, 202]
    assert [is_at(cells[cell], f"doc/{name}") for cell in "12"] == [home == "1", home == "2"]
    for path in ("", "/why", "/history", "/events", "/deliveries"):
        assert api_of(environ).send("GET", f"/jobs/{name}{path}").status == 200, path
    assert api_of(environ).status(name).body["status"] == "processing"
    assert api_of(environ).submit(jobId=name, requesterId="other").status == 409
    assert api_of(environ).send("POST", f"/jobs/{name}/cancel").body["status"] == "canceled"
    assert api_of(environ).send("POST", f"/jobs/{name}/retry").status == 202
    assert api_of(environ).send("DELETE", f"/jobs/{name}").status == 202
    assert is_at(cells[home], f"erase/{name}")
    assert api_of(environ).send("GET", f"/jobs/{name}").status == 410


@pytest.mark.parametrize("home", ["1", "2"])
def test_a_question_is_answered_in_the_cell_of_its_job(
    api: Api, environ: Mapping[str, str], cells: Servers, home: str, api_of: OpenApi
) -> None:
    name = name_at(home)
    api.submit(jobId=name)
    _ask(cells[home], name)
    decided = api_of(environ).send("POST", f"/decisions/{name}:3", json.dumps({"approve": True, "maxCostUsd": 2}))
    assert decided.status == 200
    assert api_of(environ).send("GET", f"/decisions/{name}:3").body["state"] == "approved"


def _ask(server: ServerProcess, name: str) -> None:
    root = f"doc/{name}"
    tags = {"resonate:origin": root, "resonate:scope": "global", "resonate:external": "true", NAME_TAG: ASK_FOR_MORE}
    with closing(Client(server.url)) as client:
        client.create(PromiseCreate(id=f"{root}:3", timeout_at=4_000_000_000_000, tags=tags))
        client.ask(PromiseRegisterCallback(awaited=f"{root}:3", awaiter=root), OnePromise)


def test_the_lists_of_all_cells_are_one_list(api: Api, cells: Servers) -> None:
    """The newest first, page by page, with each job and each decision once."""
    names = [name_at(home) for home in "1212112221"]
    for name in names:
        api.submit(jobId=name, requesterId="lister")
    for name in names[2:5]:
        _ask(cells[BOTH.find_home(f"doc/{name}")], name)
    for limit in (1, 3, 10, 11):
        assert _list_all(api, "jobs", limit) == list(reversed(names))
    for limit in (1, 2, 3):
        assert _list_all(api, "decisions", limit) == [f"{name}:3" for name in reversed(names[2:5])]


def _list_all(api: Api, path: str, limit: int) -> list[str]:
    found, cursor = list[str](), ""
    while True:
        page = api.send("GET", f"/{path}", query=f"requesterId=lister&limit={limit}{cursor}").body
        assert len(page[path]) <= limit
        found += [one["id"] for one in page[path]]
        if "cursor" not in page:
            return found
        cursor = f"&cursor={page['cursor']}"


def test_a_batch_is_read_from_all_cells(api: Api, environ: Mapping[str, str], cells: Servers, api_of: OpenApi) -> None:
    """Its own record is in one cell, and each of its jobs in its own: here both exist before."""
    items = [{"jobId": name_at(home), "documentUrl": "https://example.com/a.pdf"} for home in "12"]
    for one in items:
        api.submit(**one)
    batch = {"batchId": next(NAMES), "requesterId": "me", "items": items}
    assert api.send("POST", "/batches", json.dumps(batch)).status == 202
    assert api_of(environ).send("GET", f"/batches/{batch['batchId']}").body["total"] == 2
    assert api_of(environ).send("POST", f"/batches/{batch['batchId']}/cancel").status == 202
    home = BOTH.find_home(f"batch/{batch['batchId']}")
    assert is_at(cells[home], f"batch-cancel/{batch['batchId']}")


def test_schedules_and_invocations_are_found_wherever_they_are(
    api: Api, environ: Mapping[str, str], api_of: OpenApi
) -> None:
    job = {key: value for key, value in JOB.items() if key != "jobId"}
    for name in ("nightly", "hourly", "weekly"):
        made = api.send("POST", "/schedules", json.dumps({"id": name, "cron": "0 6 * * *", "job": job}))
        again = api_of(environ).send("POST", "/schedules", json.dumps({"id": name, "cron": "0 6 * * *", "job": job}))
        assert (made.status, again.status) == (201, 200)
    listed = api_of(environ).send("GET", "/schedules").body["schedules"]
    assert [one["id"] for one in listed] == ["hourly", "nightly", "weekly"]
    assert api_of(environ).send("DELETE", "/schedules/nightly").status == 200
    for number in range(4):
        invocation = json.dumps({"function": "factorial", "args": [number + 1]})
        invoked = api.send("POST", "/invocations", invocation)
        assert api_of(environ).send("GET", invoked.body["statusUrl"]).status == 200


def test_an_older_job_is_found_after_a_cell_was_added_and_sent_again_it_is_the_same(
    environ: dict[str, str], cells: Servers, api_of: OpenApi
) -> None:
    """By default the first cell has all anchors: so nothing about the past needs to be told."""
    del environ["ANCHOR_CELLS"]
    name = name_at("2")
    one_cell = {key: value for key, value in environ.items() if not key.endswith("2") and key != "CELLS"}
    assert api_of(one_cell).submit(jobId=name).status == 202
    assert api_of(environ).status(name).body["status"] == "processing"
    assert api_of(environ).submit(jobId=name).status == 202
    assert not is_at(cells["2"], f"doc/{name}")
    new = name_at("2")
    assert api_of(environ).submit(jobId=new).status == 202
    assert is_at(cells["2"], f"doc/{new}")
    refused = api_of(one_cell).submit(jobId=new)
    assert (refused.status, refused.headers["Retry-After"]) == (503, "2"), "it does not know the second cell yet"


def test_a_closed_cell_only_drains(environ: dict[str, str], cells: Servers, api_of: OpenApi) -> None:
    """Its jobs are found, listed, decided and canceled; new ones go to the other cell."""
    environ["ANCHOR_CELLS"], environ["CLOSED_CELLS"] = "1", "2"
    old, new = name_at("2"), name_at("2")
    opened = api_of(environ | {"CLOSED_CELLS": ""})
    opened.submit(jobId=old, requesterId="drained")
    closed = api_of(environ)
    assert closed.submit(jobId=new, requesterId="drained").status == 202
    assert is_at(cells["1"], f"doc/{new}")
    assert not is_at(cells["2"], f"doc/{new}")
    listed = closed.send("GET", "/jobs", query="requesterId=drained").body["jobs"]
    assert [one["id"] for one in listed] == [new, old]
    [numbers] = closed.send("GET", "/numbers", query="requesterId=drained").body["jobs"]
    assert (numbers["open"], numbers["done"]) == (2, 0)
    _ask(cells["2"], old)
    assert closed.send("POST", f"/decisions/{old}:3", json.dumps({"approve": False})).status == 200
    assert closed.send("POST", f"/jobs/{old}/cancel").status == 200


def test_a_killed_cell_is_unavailable_for_its_own_jobs_only(tmp_path: Path, folder: Path, api_of: OpenApi) -> None:
    """Then it is back with all that it had. Lists need every cell, and say so."""
    with ExitStack() as stack:
        servers = {cell: stack.enter_context(start_server(EmbeddedProgram(), tmp_path / cell)) for cell in "12"}
        keeper = stack.enter_context(run_keeper(tmp_path / "1" / "server.db"))
        environ = variables(servers, folder, {"1": keeper, "2": servers["2"].url})
        api = api_of(environ)
        here, there = name_at("1"), name_at("2")
        assert {api.submit(jobId=name).status for name in (here, there)} == {202}
        servers["2"].kill()
        assert api.submit(jobId=name_at("1")).status == 202
        assert {api.status(here).status, api.send("GET", f"/jobs/{here}/why").status} == {200}
        lost = [api.submit(jobId=name_at("2")), api.status(there), api.send("POST", f"/jobs/{there}/cancel")]
        lost.append(api.send("GET", "/jobs"))
        assert [(reply.status, reply.headers["Retry-After"]) for reply in lost] == 4 * [(503, "2")]
        stack.enter_context(start_server(EmbeddedProgram(), tmp_path / "2", port=servers["2"].port))
        assert api.status(there).body["status"] == "processing"


def test_the_jobs_of_a_requester_are_counted_in_all_cells(environ: dict[str, str], api_of: OpenApi) -> None:
    api = api_of(environ | {"MAX_OPEN_JOBS": "2"})
    replies = [api.submit(jobId=name_at(home), requesterId="counted") for home in "122"]
    assert [reply.status for reply in replies] == [202, 202, 429]


def test_without_cells_there_is_one_plain_client_and_one_keeper(environ: dict[str, str]) -> None:
    """So one server costs no further request."""
    ports = open_ports(Settings.from_env(environ | {"CELLS": ""}), LOG)
    assert type(ports.server) is Client
    assert ports.other_keepers == ()


def test_a_schedule_of_a_closed_cell_stays_there_until_it_is_made_again(
    environ: dict[str, str], cells: Servers, api_of: OpenApi
) -> None:
    name = next(name for name in NAMES if BOTH.find_home(schedule_record_id(name)) == "2")
    body = json.dumps({"id": name, "cron": "0 6 * * *", "job": {k: v for k, v in JOB.items() if k != "jobId"}})
    assert api_of(environ).send("POST", "/schedules", body).status == 201
    closed = api_of(environ | {"CLOSED_CELLS": "2"})
    assert (closed.send("POST", "/schedules", body).status, has_schedule(cells["2"], name)) == (200, True)
    assert closed.send("DELETE", f"/schedules/{name}").status == 200
    assert closed.send("POST", "/schedules", body).status == 201
    assert [has_schedule(cells[cell], name) for cell in "12"] == [True, False]
    assert closed.send("DELETE", f"/schedules/{name}").status == 200


def has_schedule(server: ServerProcess, name: str) -> bool:
    with closing(Client(server.url)) as client, suppress(NotFound):
        return bool(client.ask(ScheduleGet(id=schedule_record_id(name)), OneSchedule).schedule)
    return False
