"""The journal as the trigger reads it: the newest mark of each delivery, and the pages of the step that runs."""

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

STARTED = StepEvent(
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


def marks(folder: Path, tell: Callable[[ProgressWriter], None]) -> dict[str, DeliveryProgress]:
    """Tell a journal, and return what lies in its store when all is written."""

    async def write() -> None:
        tell(ProgressWriter(open_objects(folder.as_uri())))
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*others)

    asyncio.run(write())
    files = list(folder.rglob("*.json"))
    return {
        file.relative_to(folder).as_posix(): DeliveryProgress.model_validate_json(file.read_bytes()) for file in files
    }


def test_a_step_that_starts_is_what_the_job_is_at(tmp_path: Path) -> None:
    def tell(journal: ProgressWriter) -> None:
        journal.note_step(replace(STARTED, step=Step.DOWNLOAD))
        journal.note_step(replace(STARTED, step=Step.DOWNLOAD, kind=StepEventKind.DONE))
        journal.note_step(STARTED)

    assert marks(tmp_path, tell) == {KEY: DeliveryProgress(step=Step.EXTRACT, attempt=1, at=STARTED.at)}


def test_each_delivery_writes_for_itself(tmp_path: Path) -> None:
    """So that a worker which lost the job cannot hide what its successor does."""

    def tell(journal: ProgressWriter) -> None:
        journal.note_step(replace(STARTED, fence=4))
        journal.note_step(STARTED)

    assert marks(tmp_path, tell).keys() == {KEY, progress_key("a", 4)}


def test_pages_are_told_of_the_step_that_runs_and_of_no_other(tmp_path: Path) -> None:
    def tell(journal: ProgressWriter) -> None:
        journal.report_pages("a", 1, 9)
        journal.note_step(STARTED)
        journal.report_pages("a", 5, 9)
        journal.report_pages("b", 7, 9)
        journal.note_step(replace(STARTED, kind=StepEventKind.DONE))
        journal.report_pages("a", 9, 9)

    assert marks(tmp_path, tell)[KEY].pages == PageCount(done=5, of=9)


def test_batches_are_noted_by_name_beside_the_marks(tmp_path: Path) -> None:
    """One that is read twice is noted once."""

    async def write() -> None:
        journal = ProgressWriter(open_objects(tmp_path.as_uri()))
        for first, count in ((1, 8), (9, 3), (1, 8)):
            journal.report_batch("a", first, count)
        await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})

    asyncio.run(write())
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    keys = sorted(file.relative_to(tmp_path).as_posix() for file in files)
    assert keys == [batch_key("a", 1, 8), batch_key("a", 9, 3)]
    assert [parse_batch_key(key) for key in keys] == [8, 3]
    assert [file.stat().st_size for file in files] == [0, 0]


def test_a_wait_is_there_when_the_telling_is_done_and_hides_what_was_told_before(tmp_path: Path) -> None:
    """Nobody is waited for who could not know: what is written later must not be older."""
    wait = Wait(reason=Reason.COST, message="two dollars more", promise="doc/a:4", until=STARTED.at + 60)
    key = progress_key("a", 0)  # a step that a test calls by itself belongs to no delivery

    async def write() -> bytes:
        journal = ProgressWriter(open_objects(tmp_path.as_uri()), clock=lambda: STARTED.at)
        journal.note_step(replace(STARTED, fence=0))
        journal.report_pages("a", 5, 9)
        await journal.report_wait("a", Step.ANALYZE, wait)
        return await asyncio.to_thread((tmp_path / key).read_bytes)

    told = DeliveryProgress(step=Step.ANALYZE, attempt=1, at=STARTED.at, wait=wait)
    assert DeliveryProgress.model_validate_json(asyncio.run(write())) == told
    assert DeliveryProgress.model_validate_json((tmp_path / key).read_bytes()) == told


@asynccontextmanager
async def others_telling(journal: ProgressWriter) -> AsyncIterator[None]:
    """Have other jobs tell of themselves all the time."""

    async def chatter() -> None:
        for number in numbers():
            journal.note_step(replace(STARTED, promise_id=f"doc/other-{number}"))
            await asyncio.sleep(0)

    task = asyncio.create_task(chatter())
    await asyncio.sleep(0)
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            yield
    finally:
        task.cancel()
        for other in asyncio.all_tasks() - {asyncio.current_task()}:
            other.cancel()  # what is still to be written


def test_a_wait_is_told_while_others_tell_without_end(tmp_path: Path) -> None:
    """Also if the job's own mark is not written yet: it is older, and must not come later."""
    wait = Wait(reason=Reason.COST, message="two dollars more", promise="doc/a:4", until=STARTED.at + 60)

    async def write() -> None:
        journal = ProgressWriter(open_objects(tmp_path.as_uri()), clock=lambda: STARTED.at)
        async with others_telling(journal):
            journal.note_step(replace(STARTED, fence=0))
            await journal.report_wait("a", Step.ANALYZE, wait)

    asyncio.run(write())
    assert DeliveryProgress.model_validate_json((tmp_path / progress_key("a", 0)).read_bytes()).wait == wait


def test_a_wait_comes_after_the_mark_that_is_being_written(tmp_path: Path) -> None:
    """A hundred times: a store that gets both at once keeps either."""
    wait = Wait(reason=Reason.COST, message="two dollars more", promise="doc/a:4", until=STARTED.at + 60)
    jobs = [f"a-{number}" for number in range(100)]

    async def write() -> None:
        journal = ProgressWriter(open_objects(tmp_path.as_uri()), clock=lambda: STARTED.at)
        for job in jobs:
            journal.note_step(replace(STARTED, promise_id=f"doc/{job}", fence=0))
            await asyncio.sleep(0)
            await journal.report_wait(job, Step.ANALYZE, wait)

    asyncio.run(write())
    marks = [DeliveryProgress.model_validate_json((tmp_path / progress_key(job, 0)).read_bytes()) for job in jobs]
    assert {mark.wait for mark in marks} == {wait}


def test_a_mark_is_written_although_newer_ones_come_all_the_time(tmp_path: Path) -> None:
    async def write() -> None:
        journal = ProgressWriter(open_objects(tmp_path.as_uri()))
        async with others_telling(journal):
            journal.note_step(STARTED)
            journal.note_step(replace(STARTED, promise_id="doc/newer"))
            there = (tmp_path / KEY).exists
            await asyncio.to_thread(wait_until, there, "the mark is not written")

    asyncio.run(write())


def test_a_wait_that_cannot_be_told_is_not_begun(tmp_path: Path) -> None:
    """Other marks are let go; this one fails its step, which tries again."""
    folder = tmp_path / "store"
    wait = Wait(reason=Reason.COST, message="two dollars more", promise="doc/a:4", until=STARTED.at + 60)
    journal = ProgressWriter(open_objects(folder.as_uri()))
    folder.rmdir()
    folder.write_text("a file now")
    with pytest.raises(TemporaryError, match="Not a directory") as caught:
        asyncio.run(journal.report_wait("a", Step.ANALYZE, wait))
    assert caught.value.code == Code.STORE_FAILED


def test_steps_that_nobody_shows_are_left_out(tmp_path: Path) -> None:
    assert marks(tmp_path, lambda journal: journal.note_step(replace(STARTED, step="probe"))) == {}


def test_a_store_that_is_away_stops_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The mark is let go, and a line in the log says so."""
    folder = tmp_path / "store"

    async def write() -> None:
        journal = ProgressWriter(open_objects(folder.as_uri()))
        folder.rmdir()
        folder.write_text("a file now")
        journal.note_step(STARTED)
        await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})

    asyncio.run(write())
    assert "progress could not be written" in caplog.text
