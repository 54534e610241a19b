"""GET /jobs/<jobId>/events: each event once and in order, however a client pages and whatever workers write."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from contract.answers import PageCount
from contract.events import Cursor, DeliveryLog, EventKind, Segment, StoredEvent, segment_key
from contract.names import Step
from contract.progress import DeliveryProgress, batch_key, progress_key
from durable.wire.client import Client
from lambdas.trigger.event_log import EventLog
from lambdas.trigger.progress_store import ProgressStore

from .conftest import Api, api_with, settle
from .test_status import put_progress

AT_SECONDS = 1_800_000_000.0
PATH = "/jobs/job-1/events"


def message(number: int) -> StoredEvent:
    return StoredEvent(number=number, at=AT_SECONDS + number, kind=EventKind.MESSAGE, step="analyze", text=f"m{number}")


def put_log(folder: Path, fence: int, numbers: Iterable[int], pages: PageCount | None = None) -> None:
    events = tuple(map(message, numbers))
    put_progress(folder, fence, DeliveryLog(step=Step.ANALYZE, attempt=1, at=AT_SECONDS, pages=pages, events=events))


def put_segment(folder: Path, fence: int, numbers: list[int]) -> None:
    path = folder / segment_key("job-1", fence, numbers[-1])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(Segment(tuple(map(message, numbers))).to_json())


def read(api: Api, **query: str) -> dict[str, Any]:
    reply = api.send("GET", PATH, query="&".join(f"{name}={value}" for name, value in query.items()))
    assert reply.status == 200, reply
    return reply.body


def texts(events: list[dict[str, Any]]) -> list[str]:
    return [event["text"] if event["kind"] == "message" else event["kind"] for event in events]


def put_long_log(folder: Path) -> list[str]:
    """Store the logs of two deliveries, and return what a reader gets."""
    put_segment(folder, 2, [1, 2, 3])
    put_segment(folder, 2, [4, 5])
    put_log(folder, 2, [6, 7])
    put_log(folder, 10, [1, 2])
    return ["accepted", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m1", "m2", "ended"]


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 500])
def test_pages_of_any_size_have_every_event_once_and_in_order(
    api: Api, client: Client, folder: Path, limit: int
) -> None:
    api.submit()
    settle(client, "resolved", {})
    expected, found, after = put_long_log(folder), list[str](), ""
    while not after.endswith("-end"):
        page = read(api, after=after, limit=str(limit))
        assert len(page["events"]) <= limit
        found += texts(page["events"])
        after = page["next"]
    assert found == expected
    assert read(api, after=after) == {"jobId": "job-1", "events": [], "next": after}


def test_each_event_is_a_place_to_go_on_from(api: Api, client: Client, folder: Path) -> None:
    """As the last id that a browser has seen."""
    api.submit()
    settle(client, "resolved", {})
    expected, events = put_long_log(folder), read(api)["events"]
    for count, event in enumerate(events, start=1):
        assert texts(read(api, after=event["id"])["events"]) == expected[count:]


def test_a_job_without_a_worker_has_been_accepted(api: Api) -> None:
    api.submit()
    page = read(api)
    assert texts(page["events"]) == ["accepted"]
    assert read(api, after=page["next"])["events"] == []


def test_a_reader_is_asked_to_wait_unless_there_is_more(api: Api, folder: Path) -> None:
    api.submit()
    put_log(folder, 1, range(1, 10))
    assert "Retry-After" not in api.send("GET", PATH, query="limit=3").headers
    assert api.send("GET", PATH).headers["Retry-After"] == "1"


def test_an_ended_job_tells_how(api: Api, client: Client) -> None:
    api.submit()
    settle(client, "rejected_canceled")
    last = read(api)["events"][-1]
    assert (last["kind"], last["state"]) == ("ended", "canceled")


def test_pages_that_other_workers_read_are_an_event_each_time_there_are_more(api: Api, folder: Path) -> None:
    api.submit()
    put_log(folder, 1, [1], PageCount(done=2, of=30))
    after = read(api)["next"]
    for first, done in ((3, 10), (11, 18)):
        path = folder / batch_key("job-1", first, 8)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        page = read(api, after=after)
        assert [event["pages"] for event in page["events"]] == [{"done": done, "of": 30}]
        after = page["next"]
        assert read(api, after=after)["events"] == []


class MovingStore(ProgressStore):
    """A store in which a worker moves events to a segment right after they were listed."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder.as_uri())
        self._folder = folder
        self.lists = 0

    def list_keys(self, job_id: str) -> list[str]:
        keys = super().list_keys(job_id)
        self.lists += 1
        if self.lists == 1:
            put_segment(self._folder, 1, [1, 2, 3])
            put_log(self._folder, 1, [4])
        return keys


def test_events_that_move_while_they_are_read_are_not_skipped(folder: Path) -> None:
    put_log(folder, 1, [1, 2, 3])
    store = MovingStore(folder)
    found = EventLog(store, "job-1", Cursor()).read(100, AT_SECONDS)
    assert ([event.text for event in found], store.lists) == (["m1", "m2", "m3", "m4"], 2)


def test_events_that_no_worker_could_write_do_not_stop_the_reader(api: Api, folder: Path) -> None:
    api.submit()
    put_log(folder, 1, [7, 8])
    assert texts(read(api)["events"]) == ["accepted", "m7", "m8"]


def test_what_another_release_wrote_is_skipped(api: Api, folder: Path) -> None:
    api.submit()
    put_progress(folder, 1, DeliveryProgress(step=Step.EXTRACT, attempt=1, at=AT_SECONDS))
    (folder / progress_key("job-1", 2)).write_text("{}")
    put_log(folder, 3, [1])
    assert texts(read(api)["events"]) == ["accepted", "m1"]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("after=x", "after must be the id of an event"),
        ("after=1-2", "after must be"),
        ("after=1-2-3-4", "after must be"),
        ("after=99999999999-0-0", "after must be"),
        ("limit=0", "limit must be a number from 1 to 500"),
        ("limit=501", "limit must be"),
        ("limit=-1", "limit must be"),
        ("limit=x", "limit must be"),
        ("limit=%D9%A3", "limit must be"),
        ("afer=1-2-3", 'the parameter "afer" is unknown'),
    ],
)
def test_a_wrong_parameter_is_named(api: Api, query: str, words: str) -> None:
    api.submit()
    reply = api.send("GET", PATH, query=query)
    assert (reply.status, reply.body["code"]) == (400, "bad_request")
    assert words in reply.body["error"]


def test_an_unknown_job_has_no_events(api: Api) -> None:
    assert api.send("GET", PATH).status == 404


def test_a_store_that_is_down_is_503_so_that_no_event_is_skipped(client: Client, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    api = api_with(client, (tmp_path / "file" / "store").as_uri())
    api.submit()
    reply = api.send("GET", PATH)
    assert (reply.status, reply.body["code"], reply.headers["Retry-After"]) == (503, "unavailable", "2")
