"""The worker stores the progress of each delivery: the running step, its pages, and what the job waits for."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count as numbers
from pathlib import Path

import pytest

from contract.answers import PageCount, Reason
from contract.codes import Code
from contract.names import Step
from contract.progress import DeliveryProgress, Wait, batch_key, parse_batch_key, progress_key
from durable import StepEvent, StepEventKind, TemporaryError
from tests.waiting import TIMEOUT_SECONDS, wait_until
from worker.adapters.object_store import open_objects
from worker.adapters.progress import ProgressWriter

STARTED_EVENT = StepEvent(
    promise_id="doc/a",
    step_promise_id="doc/a:2",
    step=Step.EXTRACT,
    attempt=1,
    kind=StepEventKind.STARTED,
    at=1_800_000_000.0,
    duration=0.0,
    fence=3,
)
KEY = progress_key("a", 3)


def write_progress(folder: Path, report: Callable[[ProgressWriter], None]) -> dict[str, DeliveryProgress]:
    """Report to a writer, and return its stored records by key once all are written."""

    async def write() -> None:
        report(ProgressWriter(open_objects(folder.as_uri())))
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*others)

    asyncio.run(write())
    files = list(folder.rglob("*.json"))
    return {file.relative_to(folder).as_posix(): DeliveryProgress.from_json(file.read_bytes()) for file in files}


def test_progress_shows_the_step_that_started_last(tmp_path: Path) -> None:
    def report(progress: ProgressWriter) -> None:
        progress.note_step(replace(STARTED_EVENT, step=Step.DOWNLOAD))
        progress.note_step(replace(STARTED_EVENT, step=Step.DOWNLOAD, kind=StepEventKind.DONE))
        progress.note_step(STARTED_EVENT)

    assert write_progress(tmp_path, report) == {
        KEY: DeliveryProgress(step=Step.EXTRACT, attempt=1, at=STARTED_EVENT.at)
    }


def test_each_delivery_has_its_own_record(tmp_path: Path) -> None:
    """A worker that lost the job cannot hide the progress of its successor."""

    def report(progress: ProgressWriter) -> None:
        progress.note_step(replace(STARTED_EVENT, fence=4))
        progress.note_step(STARTED_EVENT)

    assert write_progress(tmp_path, report).keys() == {KEY, progress_key("a", 4)}


def test_pages_count_for_the_running_step_only(tmp_path: Path) -> None:
    def report(progress: ProgressWriter) -> None:
        progress.report_pages("a", 1, 9)
        progress.note_step(STARTED_EVENT)
        progress.report_pages("a", 5, 9)
        progress.report_pages("b", 7, 9)
        progress.note_step(replace(STARTED_EVENT, kind=StepEventKind.DONE))
        progress.report_pages("a", 9, 9)

    assert write_progress(tmp_path, report)[KEY].pages == PageCount(done=5, of=9)


def test_short_steps_are_not_written_one_by_one(tmp_path: Path) -> None:
    """Here a step would have to take an hour; what must be seen at once is written all the same."""
    wait = Wait(reason=Reason.COST, message="two dollars more", promise="doc/b:4", until=STARTED_EVENT.at + 60)

    async def write() -> None:
        progress = ProgressWriter(open_objects(tmp_path.as_uri()), delay=3_600)
        for step in (Step.DOWNLOAD, Step.EXTRACT, Step.ANALYZE):
            progress.note_step(replace(STARTED_EVENT, step=step))
        await progress.report_wait("b", Step.ANALYZE, wait)

    asyncio.run(write())
    assert [file.relative_to(tmp_path).as_posix() for file in tmp_path.rglob("*.json")] == [progress_key("b", 0)]


def test_each_batch_is_an_empty_object_beside_the_records(tmp_path: Path) -> None:
    """A batch that is read twice has one object."""

    async def write() -> None:
        progress = ProgressWriter(open_objects(tmp_path.as_uri()))
        for first, count in ((1, 8), (9, 3), (1, 8)):
            progress.report_batch("a", first, count)
        await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})

    asyncio.run(write())
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    keys = sorted(file.relative_to(tmp_path).as_posix() for file in files)
    assert keys == [batch_key("a", 1, 8), batch_key("a", 9, 3)]
    assert [parse_batch_key(key) for key in keys] == [8, 3]
    assert [file.stat().st_size for file in files] == [0, 0]


def test_a_reported_wait_is_stored_at_once_and_replaces_older_progress(tmp_path: Path) -> None:
    """A job must not wait before its client can see the wait, and no older record may overwrite it."""
    wait = Wait(reason=Reason.COST, message="two dollars more", promise="doc/a:4", until=STARTED_EVENT.at + 60)
    key = progress_key("a", 0)  # a step called by itself has no delivery

    async def write() -> bytes:
        progress = ProgressWriter(open_objects(tmp_path.as_uri()), clock=lambda: STARTED_EVENT.at)
        progress.note_step(replace(STARTED_EVENT, fence=0))
        progress.report_pages("a", 5, 9)
        await progress.report_wait("a", Step.ANALYZE, wait)
        return await asyncio.to_thread((tmp_path / key).read_bytes)

    expected = DeliveryProgress(step=Step.ANALYZE, attempt=1, at=STARTED_EVENT.at, wait=wait)
    assert DeliveryProgress.from_json(asyncio.run(write())) == expected
    assert DeliveryProgress.from_json((tmp_path / key).read_bytes()) == expected


@asynccontextmanager
async def report_other_jobs(progress: ProgressWriter) -> AsyncIterator[None]:
    """Report steps of other jobs without a pause until the block ends."""

    async def report_forever() -> None:
        for number in numbers():
            progress.note_step(replace(STARTED_EVENT, promise_id=f"doc/other-{number}"))
            await asyncio.sleep(0)

    task = asyncio.create_task(report_forever())
    await asyncio.sleep(0)
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            yield
    finally:
        task.cancel()
        for other in asyncio.all_tasks() - {asyncio.current_task()}:
            other.cancel()  # pending writes


def test_a_wait_is_stored_while_other_jobs_report_without_end(tmp_path: Path) -> None:
    """Even with an older record of the job pending, which must not be written after it."""
    wait = Wait(reason=Reason.COST, message="two dollars more", promise="doc/a:4", until=STARTED_EVENT.at + 60)

    async def write() -> None:
        progress = ProgressWriter(open_objects(tmp_path.as_uri()), clock=lambda: STARTED_EVENT.at)
        async with report_other_jobs(progress):
            progress.note_step(replace(STARTED_EVENT, fence=0))
            await progress.report_wait("a", Step.ANALYZE, wait)

    asyncio.run(write())
    assert DeliveryProgress.from_json((tmp_path / progress_key("a", 0)).read_bytes()).wait == wait


def test_a_wait_is_written_after_the_record_in_flight(tmp_path: Path) -> None:
    """A hundred times, because a store that gets both at once may keep either."""
    wait = Wait(reason=Reason.COST, message="two dollars more", promise="doc/a:4", until=STARTED_EVENT.at + 60)
    jobs = [f"a-{number}" for number in range(100)]

    async def write() -> None:
        progress = ProgressWriter(open_objects(tmp_path.as_uri()), clock=lambda: STARTED_EVENT.at)
        for job in jobs:
            progress.note_step(replace(STARTED_EVENT, promise_id=f"doc/{job}", fence=0))
            await asyncio.sleep(0)
            await progress.report_wait(job, Step.ANALYZE, wait)

    asyncio.run(write())
    records = [DeliveryProgress.from_json((tmp_path / progress_key(job, 0)).read_bytes()) for job in jobs]
    assert {record.wait for record in records} == {wait}


def test_a_record_is_written_although_newer_ones_arrive_all_the_time(tmp_path: Path) -> None:
    async def write() -> None:
        progress = ProgressWriter(open_objects(tmp_path.as_uri()))
        async with report_other_jobs(progress):
            progress.note_step(STARTED_EVENT)
            progress.note_step(replace(STARTED_EVENT, promise_id="doc/newer"))
            is_written = (tmp_path / KEY).exists
            await asyncio.to_thread(wait_until, is_written, "the record is not written")

    asyncio.run(write())


def test_a_wait_that_cannot_be_stored_fails_its_step(tmp_path: Path) -> None:
    """Other records may be lost; a lost wait is an error, so that the step is retried."""
    folder = tmp_path / "store"
    wait = Wait(reason=Reason.COST, message="two dollars more", promise="doc/a:4", until=STARTED_EVENT.at + 60)
    progress = ProgressWriter(open_objects(folder.as_uri()))
    folder.rmdir()
    folder.write_text("a file now")
    with pytest.raises(TemporaryError, match="Not a directory") as caught:
        asyncio.run(progress.report_wait("a", Step.ANALYZE, wait))
    assert caught.value.code == Code.STORE_FAILED


def test_a_step_outside_the_documented_ones_is_not_recorded(tmp_path: Path) -> None:
    assert write_progress(tmp_path, lambda progress: progress.note_step(replace(STARTED_EVENT, step="probe"))) == {}


def test_a_store_that_fails_does_not_stop_the_job(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The record is lost, and a log line reports it."""
    folder = tmp_path / "store"

    async def write() -> None:
        progress = ProgressWriter(open_objects(folder.as_uri()))
        folder.rmdir()
        folder.write_text("a file now")
        progress.note_step(STARTED_EVENT)
        await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})

    asyncio.run(write())
    assert "progress could not be written" in caplog.text
