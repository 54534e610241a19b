"""GET /jobs and GET /decisions: pages of the keeper's lists, for the caller's requester."""

import base64
import json
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from urllib.parse import quote

import pytest

from durable.wire.answers import OnePromise
from durable.wire.client import Client
from durable.wire.requests import NAME_TAG, PromiseCreate, PromiseRegisterCallback
from lambdas.trigger.ports import KeeperAddress
from local.server_process import ServerProcess, free_port

from .conftest import Api, Reply, api_over
from .keeper import run_keeper

ADA, BOB, ADMIN = {"sub": "ada"}, {"sub": "bob"}, {"sub": "boss", "scope": "admin"}


@pytest.fixture
def api(client: Client, folder: Path, keeper_url: str) -> Api:
    return api_over(client, folder, keeper=KeeperAddress(url=keeper_url))


def get(api: Api, path: str, claims: Mapping[str, str] | None = None) -> Reply:
    path, _, query = path.partition("?")
    return api.send("GET", path, query=query, authorizer={"jwt": {"claims": claims}} if claims else None)


def submit(api: Api, *names: str, requester: str = "ada", kind: str = "invoice") -> None:
    for name in names:
        assert api.submit(jobId=name, requesterId=requester, type=kind).status == 202


def list_ids(api: Api, query: str = "", claims: Mapping[str, str] | None = None) -> list[str]:
    return [job["id"] for job in get(api, f"/jobs{query}", claims).body["jobs"]]


def ask_question(client: Client, job: str, name: str = "ask_for_more") -> None:
    root = f"doc/{job}"
    tags = {"resonate:origin": root, "resonate:scope": "global", NAME_TAG: name}
    client.create(PromiseCreate(id=f"{root}:3", timeout_at=4_000_000_000_000, tags=tags))
    client.ask(PromiseRegisterCallback(awaited=f"{root}:3", awaiter=root), OnePromise)


def test_a_list_is_read_page_by_page_along_its_links(api: Api) -> None:
    """The cursor of the body and that of the header lead to the same page, and the last one has neither."""
    submit(api, *(f"job-{number}" for number in range(5)))
    first = get(api, "/jobs?limit=2&type=invoice")
    target = first.headers["Link"].removesuffix('>; rel="next"').removeprefix("<")
    second, same = get(api, target), get(api, f"/jobs?limit=2&type=invoice&cursor={first.body['cursor']}")
    third = get(api, f"/jobs?limit=2&type=invoice&cursor={second.body['cursor']}")
    assert second.body == same.body
    pages = [[job["id"] for job in page.body["jobs"]] for page in (first, second, third)]
    assert [len(page) for page in pages] == [2, 2, 1]
    assert sorted(chain(*pages)) == [f"job-{number}" for number in range(5)]
    assert "cursor" not in third.body
    assert "Link" not in third.headers


def test_a_job_in_the_list_has_its_state_and_times(api: Api, client: Client) -> None:
    submit(api, "asking", "canceled")
    api.send("POST", "/jobs/canceled/cancel")
    ask_question(client, "asking")
    found = {job["id"]: job for job in get(api, "/jobs").body["jobs"]}
    own = {"type": "invoice", "requesterId": "ada"}
    assert found["asking"].items() >= {**own, "state": "waiting"}.items()
    assert found["asking"]["question"].items() >= {"decision": "asking:3", "reason": "cost"}.items()
    assert found["canceled"].items() >= {**own, "state": "canceled"}.items()
    canceled = get(api, "/jobs/canceled").body
    assert [found["canceled"][name] for name in ("createdAt", "endedAt")] == [
        canceled["createdAt"],
        canceled["endedAt"],
    ]
    assert list_ids(api, "?state=waiting") == ["asking"]
    [decision] = get(api, "/decisions?state=open").body["decisions"]
    assert decision.items() >= {**own, "id": "asking:3", "jobId": "asking", "reason": "cost"}.items()
    assert {name: decision[name] for name in ("since", "until")} == {
        name: found["asking"]["question"][name] for name in ("since", "until")
    }
    assert decision["until"] == "2096-10-02T07:06:40.000+00:00"


def test_an_unchanged_list_is_not_sent_again(api: Api) -> None:
    submit(api, "one")
    tag = get(api, "/jobs").headers["ETag"]
    assert api.send("GET", "/jobs", headers={"if-none-match": tag}).status == 304


def test_a_requester_lists_own_jobs_only(api: Api, client: Client) -> None:
    submit(api, "ada-1", requester="ada")
    submit(api, "bob-1", requester="bob")
    for job in ("ada-1", "bob-1"):
        ask_question(client, job)
    assert list_ids(api, claims=ADA) == list_ids(api, "?requesterId=ada", ADA) == ["ada-1"]
    assert list_ids(api, "?requesterId=bob", ADA) == []
    assert list_ids(api, "?state=waiting", BOB) == ["bob-1"]
    assert sorted(list_ids(api, claims=ADMIN)) == ["ada-1", "bob-1"]
    decisions = [get(api, path, claims).body["decisions"] for path, claims in DECISION_LISTS]
    assert [[one["id"] for one in found] for found in decisions] == [["ada-1:3"], [], ["bob-1:3"]]


DECISION_LISTS = [("/decisions", ADA), ("/decisions?requesterId=bob", ADA), ("/decisions?requesterId=bob", None)]


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("state=finished", "state"),
        ("state=done,failed", "state"),  # the same parameter twice
        ("type=Invoice", "type"),
        ("requesterId=%00", "requesterId"),
        (f"requesterId={'x' * 257}", "requesterId"),
        ("since=yesterday", "since"),
        ("since=2026-13-01", "since"),
        ("batch=a/b", "batch"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=-1", "limit"),
        ("limit=2.5", "limit"),
        ("limit=%D9%A3", "limit"),  # a digit, and no ASCII
        ("status=done", "status"),
        ("order=oldest", "order"),
    ],
)
def test_a_wrong_parameter_is_named(api: Api, query: str, word: str) -> None:
    reply = get(api, f"/jobs?{query}")
    assert (reply.status, reply.body["code"]) == (400, "bad_request")
    assert word in reply.body["error"]


@pytest.mark.parametrize("query", ["state=closed", "type=invoice", "since=2026-01-01", "limit=0"])
def test_decisions_have_few_parameters(api: Api, query: str) -> None:
    assert get(api, f"/decisions?{query}").status == 400


def forge(*fields: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(fields).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "....",
        "%FF",
        "A" * 2_000,
        forge(),
        forge(2, "0" * 16, 1, "doc/a"),
        forge(1, "0" * 16, 1, "doc/a"),
        forge(1, "0" * 16, 10**30, "doc/a"),
        forge(1, "0" * 16, 1, "a\0"),
        forge(1, "0" * 16, 1, "\ud800"),
        forge(1, "0" * 16, 1, ""),
        forge(1, "0" * 16, 1, "doc/a", 5),
        base64.urlsafe_b64encode(b"[" * 700).decode(),
    ],
)
def test_a_forged_cursor_is_refused(api: Api, cursor: str) -> None:
    reply = get(api, f"/jobs?cursor={quote(cursor, safe='%')}")
    assert (reply.status, reply.body["code"]) == (400, "bad_request")
    assert "cursor" in reply.body["error"]


def test_a_cursor_belongs_to_its_list_its_filters_and_its_requester(api: Api) -> None:
    submit(api, "one", "two", "three")
    cursor = get(api, "/jobs?limit=1&state=processing", ADA).body["cursor"]
    assert len(list_ids(api, f"?limit=2&state=processing&cursor={cursor}", ADA)) == 2, "another limit is no other list"
    others = [
        get(api, f"/jobs?limit=1&state=done&cursor={cursor}", ADA),
        get(api, f"/jobs?limit=1&cursor={cursor}", ADA),
        get(api, f"/jobs?limit=1&state=processing&cursor={cursor}", BOB),
        get(api, f"/jobs?limit=1&state=processing&cursor={cursor}"),
        get(api, f"/decisions?limit=1&cursor={cursor}", ADA),
    ]
    assert [reply.status for reply in others] == [400] * 5


def test_without_a_keeper_lists_are_503_and_jobs_go_on(client: Client, folder: Path) -> None:
    for keeper in (None, KeeperAddress(url=f"http://127.0.0.1:{free_port()}")):
        api = api_over(client, folder, keeper=keeper)
        for path in ("/jobs", "/decisions"):
            reply = get(api, path)
            assert (reply.status, reply.body["code"]) == (503, "unavailable")
            assert int(reply.headers["Retry-After"]) > 0
        submit(api, "job-1")
        assert api.status().status == 200


def test_a_list_survives_the_end_of_its_keeper(client: Client, folder: Path, running: ServerProcess) -> None:
    """The kept connection is closed by then; the next keeper answers at the same address."""
    file = running.log.parent / "server.db"
    with run_keeper(file) as url:
        api = api_over(client, folder, keeper=KeeperAddress(url=url))
        submit(api, "one")
        assert list_ids(api) == ["one"]
    assert get(api, "/jobs").status == 503
    with run_keeper(file, port=int(url.rpartition(":")[2])):
        assert list_ids(api) == ["one"]
