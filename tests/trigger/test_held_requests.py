"""`Prefer: wait=N`: a request is held until its answer changes, the job ends, or the seconds are over."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from contract.names import ASK_FOR_MORE
from contract.preference import MAX_WAIT_SECONDS, parse_wait
from durable.wire.client import Client
from durable.wire.clock import Clock
from lambdas.trigger import settings
from local.server_process import ServerProcess

from .conftest import Api, Reply, api_over, settle
from .questions import make_asker

PATHS = ("/status/job-1", "/jobs/job-1")


@dataclass
class Sleeps:
    """Time that passes only in sleeps; `then` happens in the one with this number."""

    number: int = 0
    then: Callable[[], object] = lambda: None
    pauses: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        if len(self.pauses) == self.number:
            self.then()

    def clock(self) -> Clock:
        return Clock(monotonic=lambda: sum(self.pauses), sleep=self.sleep)


@pytest.fixture
def sleeps() -> Sleeps:
    return Sleeps()


@pytest.fixture
def api(client: Client, folder: Path, sleeps: Sleeps) -> Iterator[Api]:
    holding = api_over(client, folder, clock=sleeps.clock(), max_wait_seconds=MAX_WAIT_SECONDS)
    assert holding.submit().status == 202
    yield holding
    assert sum(sleeps.pauses) <= MAX_WAIT_SECONDS


def ask(api: Api, path: str = "/status/job-1", prefer: str = "wait=10", **more: str) -> Reply:
    return api.send("GET", path, headers={"prefer": prefer, **more})


def tag_of(api: Api, path: str) -> Mapping[str, str]:
    return {"if-none-match": api.send("GET", path).headers["ETag"]}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("holds_tag", [True, False])
def test_the_end_of_a_job_is_told_at_the_next_look(
    api: Api, client: Client, sleeps: Sleeps, path: str, *, holds_tag: bool
) -> None:
    sleeps.number, sleeps.then = 4, lambda: settle(client, "resolved", {"jobId": "job-1"})
    reply = ask(api, path, **(tag_of(api, path) if holds_tag else {}))
    assert (reply.status, reply.headers["Preference-Applied"]) == (200, "wait=10")
    assert "done" in (reply.body.get("status"), reply.body.get("state"))
    assert sleeps.pauses == sorted(sleeps.pauses)  # ever longer
    assert len(sleeps.pauses) == 4


@pytest.mark.parametrize("path", PATHS)
def test_a_job_that_asks_is_in_another_state(api: Api, client: Client, folder: Path, sleeps: Sleeps, path: str) -> None:
    """A person may decide at once, whether the client holds the answer before or not."""
    ask_more = make_asker(api, client, folder)
    sleeps.number, sleeps.then = 3, lambda: ask_more(ASK_FOR_MORE)
    reply = ask(api, path)
    assert "waiting" in (reply.body.get("status"), reply.body.get("state"))
    assert len(sleeps.pauses) == 3


@pytest.mark.parametrize("path", PATHS)
def test_without_a_change_the_answer_comes_when_the_time_is_over(api: Api, sleeps: Sleeps, path: str) -> None:
    unchanged = ask(api, path, **tag_of(api, path))
    assert (unchanged.status, unchanged.text, unchanged.headers["Preference-Applied"]) == (304, "", "wait=10")
    assert sum(sleeps.pauses) == 10
    assert ask(api, path).status == 200
    assert sum(sleeps.pauses[len(sleeps.pauses) // 2 :]) == 10
    assert len(sleeps.pauses) < 20  # politely
    del sleeps.pauses[:]


def test_progress_is_a_change_only_for_a_client_that_holds_the_answer_before(
    api: Api, folder: Path, sleeps: Sleeps
) -> None:
    def begin_step() -> None:
        progress = folder / "jobs" / "job-1" / "progress" / "0000000001.json"
        progress.parent.mkdir(parents=True, exist_ok=True)
        progress.write_text(json.dumps({"step": "extract", "attempt": len(sleeps.pauses), "at": 0}))

    held = tag_of(api, "/status/job-1")
    sleeps.number, sleeps.then = 2, begin_step
    changed = ask(api, **held)
    assert (changed.status, changed.body["progress"]["step"], len(sleeps.pauses)) == (200, "extract", 2)
    del sleeps.pauses[:]
    assert ask(api, prefer="wait=3").body["progress"]["attempt"] == 2
    assert sum(sleeps.pauses) == 3


def test_a_job_that_has_ended_waits_for_nothing(api: Api, client: Client, sleeps: Sleeps) -> None:
    settle(client, "rejected_canceled")
    assert ask(api, **tag_of(api, "/status/job-1")).status == 304
    assert ask(api).body["status"] == "canceled"
    assert ask(api, "/status/unknown").status == 404
    assert sleeps.pauses == []


def test_a_server_that_goes_away_ends_the_wait(mortal: ServerProcess, folder: Path, sleeps: Sleeps) -> None:
    sleeps.number, sleeps.then = 1, mortal.kill
    with Client(mortal.url) as client:
        api = api_over(client, folder, clock=sleeps.clock(), max_wait_seconds=MAX_WAIT_SECONDS)
        api.submit()
        reply = ask(api)
    assert (reply.status, "Preference-Applied" in reply.headers, len(sleeps.pauses)) == (503, False, 1)


def test_a_wait_is_cut_to_what_the_deployment_allows(client: Client, folder: Path) -> None:
    sleeps = Sleeps()
    api = api_over(client, folder, clock=sleeps.clock(), max_wait_seconds=5)
    api.submit()
    assert ask(api, prefer="wait=9999999").headers["Preference-Applied"] == "wait=5"
    assert sum(sleeps.pauses) == 5


def test_a_deployment_that_holds_nothing_ignores_the_preference(client: Client, folder: Path) -> None:
    sleeps = Sleeps()
    api = api_over(client, folder, clock=sleeps.clock())
    api.submit()
    assert "Preference-Applied" not in ask(api).headers
    assert sleeps.pauses == []


@pytest.mark.parametrize("path", ["/jobs/job-1/why", "/jobs/job-1/history", "/jobs/job-1/events", "/jobs"])
def test_other_routes_are_not_held(api: Api, sleeps: Sleeps, path: str) -> None:
    assert "Preference-Applied" not in ask(api, path).headers
    assert api.send("POST", "/jobs/job-1/cancel", headers={"prefer": "wait=5"}).status == 200
    assert sleeps.pauses == []


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("wait=5", 5),
        ("respond-async, wait=5", 5),
        (" Wait = 5 ; foo=bar , wait=7", 5),
        ("return=minimal;wait=3, wait=5", 5),
        ("wait=0", 0),
        ("wait", 0),
        ("wait=", 0),
        ("wait=x, wait=5", 0),
        ("wait=-5", 0),
        ("wait=1.5", 0),
        ("wait=1e3", 0),
        ('wait="5"', 0),
        ("wait=\u0665", 0),
        (f"wait={'9' * 5_000}", 0),
        ("", 0),
        (",,;=,", 0),
    ],
)
def test_a_malformed_preference_is_ignored(header: str, seconds: int) -> None:
    assert parse_wait(header) == seconds


def test_the_longest_wait_of_the_settings_is_that_of_the_api() -> None:
    assert settings.MAX_WAIT_SECONDS == MAX_WAIT_SECONDS
