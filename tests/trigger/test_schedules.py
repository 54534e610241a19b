"""Schedules are registered at the server once, and belong to their requester."""

import json
from typing import Any

import pytest

from durable.wire.answers import SchedulePage
from durable.wire.client import Client
from durable.wire.requests import ScheduleSearch

from .conftest import Api, Reply

JOB: dict[str, Any] = {"documentUrl": "https://example.com/a.pdf", "requesterId": "ada", "type": "invoice"}
SCHEDULE: dict[str, Any] = {"id": "daily", "cron": "30 6 * * MON-FRI", "job": JOB}
ADA, BOB = ({"jwt": {"claims": {"sub": name}}} for name in ("ada", "bob"))


def send(api: Api, caller: dict[str, Any] | None = None, **changes: object) -> Reply:
    return api.send("POST", "/schedules", json.dumps(SCHEDULE | changes), authorizer=caller)


def count(client: Client) -> int:
    return len(client.ask(ScheduleSearch(), SchedulePage).schedules)


def test_a_schedule_is_registered_read_listed_and_deleted(api: Api, client: Client) -> None:
    created = send(api)
    assert created.status == 201
    expected = {"id": "daily", "cron": "30 6 * * MON-FRI", "requesterId": "ada", "job": JOB}
    assert created.body.items() >= expected.items()
    assert created.body["nextRunAt"].endswith("T06:30:00.000+00:00")
    assert api.send("GET", "/schedules/daily").body == created.body
    assert api.send("GET", "/schedules").body == {"schedules": [created.body]}
    deleted = api.send("DELETE", "/schedules/daily")
    assert (deleted.status, deleted.body) == (200, {"status": "deleted", "id": "daily"})
    for method in ("GET", "DELETE"):
        gone = api.send(method, "/schedules/daily")
        assert (gone.status, gone.body["code"]) == (404, "no_schedule")
    assert count(client) == 0


def test_the_same_schedule_again_is_one_and_another_is_refused(api: Api, client: Client) -> None:
    first, again = send(api), send(api, job=dict(reversed(JOB.items())))
    assert (first.status, again.status, first.body == again.body) == (201, 200, True)
    for change in ({"cron": "0 7 * * *"}, {"job": JOB | {"type": "report"}}):
        other = send(api, **change)
        assert (other.status, other.body["code"]) == (409, "schedule_id_taken")
    assert count(client) == 1


@pytest.mark.parametrize(
    "cron", ["", "x", "* * * *", "* * * * * * * *", "60 * * * *", "0 0 31 2", "every day", "0 0 * * 8", "a" * 201]
)
def test_a_wrong_cron_is_refused_with_what_it_must_be(api: Api, client: Client, cron: str) -> None:
    reply = send(api, cron=cron)
    assert (reply.status, reply.body["code"], count(client)) == (400, "bad_request", 0)
    assert "cron" in reply.body["error"]


@pytest.mark.parametrize("cron", ["* * * * *", "0 0 6 * * *", "0 0 6 1 JAN * 2030", "@daily"])
def test_a_cron_has_five_to_seven_fields(api: Api, cron: str) -> None:
    assert send(api, cron=cron).status == 201


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"id": "a/b"}, "a schedule has id"),
        ({"id": "a" * 101}, "a schedule has id"),
        ({"job": "x"}, "a schedule has id"),
        ({"more": 1}, "a schedule has id"),
        ({"job": {}}, "documentUrl and requesterId are required"),
        ({"job": JOB | {"jobId": "a"}}, "jobId is no field of the job of a schedule"),
        ({"job": JOB | {"uploadId": "a-1"}}, "uploadId is no field of the job of a schedule"),
        ({"job": JOB | {"documentPassword": "secret"}}, "documentPassword is no field of the job of a schedule"),
        ({"job": JOB | {"type": "unknown"}}, "type must be one of"),
        ({"job": JOB | {"typ": "x"}}, 'the field "typ" is unknown'),
    ],
    ids=str,
)
def test_a_wrong_schedule_is_refused_in_one_sentence(
    api: Api, client: Client, change: dict[str, Any], words: str
) -> None:
    reply = send(api, **change)
    assert (reply.status, reply.body["code"], count(client)) == (400, "bad_request", 0)
    assert words in reply.body["error"]
    assert "secret" not in reply.text


def test_a_requester_reaches_its_own_schedules_only(api: Api) -> None:
    job = {name: value for name, value in JOB.items() if name != "requesterId"}
    assert send(api, ADA, job=job).status == 201
    assert send(api, BOB, id="other", job=job).status == 201
    assert send(api, BOB).body["code"] == "other_requester"
    assert send(api, BOB, job=job).body["code"] == "schedule_id_taken"
    for method in ("GET", "DELETE"):
        assert api.send(method, "/schedules/daily", authorizer=BOB).body["code"] == "no_schedule"
    listed = api.send("GET", "/schedules", authorizer=ADA).body["schedules"]
    assert [one["id"] for one in listed] == ["daily"]


def test_the_list_has_pages(api: Api) -> None:
    for number in range(102):
        assert send(api, id=f"s{number:03}").status == 201
    first = api.send("GET", "/schedules")
    assert (len(first.body["schedules"]), first.body["cursor"]) == (100, "s099")
    assert first.headers["Link"] == '</schedules?cursor=s099>; rel="next"'
    second = api.send("GET", "/schedules", query="cursor=s099")
    assert ([one["id"] for one in second.body["schedules"]], "cursor" in second.body) == (["s100", "s101"], False)


@pytest.mark.parametrize("query", ["cursor=a/b", "limit=1"])
def test_a_wrong_parameter_of_the_list_is_refused(api: Api, query: str) -> None:
    assert api.send("GET", "/schedules", query=query).status == 400
