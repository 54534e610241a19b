"""GET /numbers: figures of jobs, for the caller's requester."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from durable.wire.client import Client
from durable.wire.records import Value
from durable.wire.requests import PromiseSettle
from lambdas.trigger.ports import KeeperAddress
from local.server_process import free_port

from .conftest import Api, Reply, api_over

ADA, BOB, ADMIN = {"sub": "ada"}, {"sub": "bob"}, {"sub": "boss", "scope": "admin"}


@pytest.fixture
def api(client: Client, folder: Path, keeper_url: str) -> Api:
    return api_over(client, folder, keeper=KeeperAddress(url=keeper_url))


def get(api: Api, query: str = "", claims: Mapping[str, str] | None = None, method: str = "GET") -> Reply:
    return api.send(method, "/numbers", query=query, authorizer={"jwt": {"claims": claims}} if claims else None)


def counts(reply: Reply) -> list[tuple[Any, ...]]:
    assert reply.status == 200
    return [(one["type"], one["done"], one["failed"], one["open"], one["costUsd"]) for one in reply.body["jobs"]]


def submit(api: Api, client: Client, name: str, *, requester: str, value: object = None) -> None:
    assert api.submit(jobId=name, requesterId=requester, type="invoice").status == 202
    if value:
        state = "resolved" if "costUsd" in str(value) else "rejected"
        client.settle(PromiseSettle(id=f"doc/{name}", state=state, value=Value.encode(value)))  # type: ignore[arg-type]


def test_a_requester_sees_the_figures_of_own_jobs_and_an_admin_all(api: Api, client: Client) -> None:
    submit(api, client, "ada-done", requester="ada", value={"costUsd": 0.5})
    submit(api, client, "ada-open", requester="ada")
    failure = {"message": '{"code": "document_damaged", "message": "it is damaged", "step": "extract"}'}
    submit(api, client, "bob-failed", requester="bob", value=failure)
    assert counts(get(api, claims=ADA)) == counts(get(api, "requesterId=ada")) == [("invoice", 1, 0, 1, 0.5)]
    assert counts(get(api, claims=BOB)) == [("invoice", 0, 1, 0, 0)]
    assert counts(get(api, claims=ADMIN)) == counts(get(api)) == [("invoice", 1, 1, 1, 0.5)]
    assert get(api, "requesterId=bob", ADMIN).body["failures"] == [{"code": "document_damaged", "jobs": 1}]
    others = get(api, "requesterId=bob", ADA)
    assert (counts(others), others.body["failures"], "oldestJob" in others.body) == ([], [], False)
    assert get(api, claims=ADA).body["oldestJob"]["id"] == "ada-open"


def test_the_figures_of_requesters_without_jobs_and_of_others_look_alike(api: Api, client: Client) -> None:
    submit(api, client, "bob-1", requester="bob")
    query = "since=2026-01-01&until=2026-02-01"
    assert get(api, f"{query}&requesterId=bob", ADA).body == get(api, query, {"sub": "eve"}).body


@pytest.mark.parametrize(
    ("query", "period"),
    [
        ("", "hour"),
        ("since=2026-11-27T12:00:00Z&until=2026-11-29T12:00:00Z", "hour"),
        ("since=2026-11-27T11:59:59Z&until=2026-11-29T12:00:00Z", "day"),
        ("since=0001-01-01T00:00:00%2B14:00", "day"),
        ("until=9999-12-31T23:59:59-14:00", "hour"),
        ("until=0001-01-01T00:00:00%2B14:00", "hour"),
        ("since=2026-01-02&until=2026-01-01", "hour"),  # a stretch without jobs
        ("since=2999-01-01", "hour"),
        ("period=day", "day"),
    ],
)
def test_a_long_stretch_is_counted_by_days(api: Api, query: str, period: str) -> None:
    reply = get(api, query)
    assert (reply.status, reply.body["period"], reply.body["isComplete"]) == (200, period, True)


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("since=yesterday", "since"),
        ("until=2026-13-01", "until"),
        ("period=week", "period must be one of hour, day"),
        ("period=hour,day", "period"),  # the same parameter twice
        ("requesterId=%00", "requesterId"),
        (f"requesterId={'x' * 257}", "requesterId"),
        ("limit=5", "the parameters are since, until, period, requesterId"),
    ],
)
def test_a_wrong_parameter_is_named(api: Api, query: str, word: str) -> None:
    reply = get(api, query)
    assert (reply.status, reply.body["code"]) == (400, "bad_request")
    assert word in reply.body["error"]


def test_figures_cannot_be_changed(api: Api) -> None:
    assert {get(api, method=method).status for method in ("POST", "PUT", "DELETE")} == {405}


def test_without_a_keeper_figures_are_503(client: Client, folder: Path) -> None:
    for keeper in (None, KeeperAddress(url=f"http://127.0.0.1:{free_port()}")):
        reply = get(api_over(client, folder, keeper=keeper))
        assert (reply.status, reply.body["code"]) == (503, "unavailable")
        assert int(reply.headers["Retry-After"]) > 0
