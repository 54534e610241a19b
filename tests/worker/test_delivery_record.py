"""The events of a delivery: written with its progress, merged while they are queued, and never lost between objects."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from contract.answers import PageCount, Reason
from contract.events import DeliveryLog, EventKind, Segment, StoredEvent, parse_segment_key
from contract.names import Step
from contract.progress import Wait, progress_key
from durable import StepEventKind
from tests.worker.test_progress import STARTED_EVENT
from worker.adapters.delivery_record import (
    MAX_IDLE_RECORDS,
    MAX_MESSAGES,
    MAX_MODEL_CHARACTERS,
    MAX_SEGMENT_EVENTS,
    MAX_TEXT_CHARACTERS,
    DeliveryRecord,
    DeliveryRecords,
)
from worker.adapters.object_store import open_objects
from worker.adapters.progress import ProgressWriter

AT_SECONDS = STARTED_EVENT.at
DONE_EVENT = replace(STARTED_EVENT, kind=StepEventKind.DONE, duration=1.25)
FAILED_EVENT = replace(STARTED_EVENT, kind=StepEventKind.FAILED, code="ocr_refused", message="/secret/path")


def start_record() -> DeliveryRecord:
    record = DeliveryRecord("a", 3)
    record.start_step(STARTED_EVENT)
    return record


def list_written(record: DeliveryRecord) -> tuple[StoredEvent, ...]:
    return DeliveryLog.from_json(record.take_content()).events


def write_log(folder: Path, report: Callable[[ProgressWriter], None]) -> tuple[StoredEvent, ...]:
    """Report to a writer, and return the events of the one object that it wrote."""

    async def write() -> None:
        report(ProgressWriter(open_objects(folder.as_uri()), clock=lambda: AT_SECONDS))
        await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})

    asyncio.run(write())
    [file] = [file for file in folder.rglob("*") if file.is_file()]
    assert file == folder / progress_key("a", 3)
    return DeliveryLog.from_json(file.read_bytes()).events


def test_the_events_of_short_steps_are_one_object_with_the_progress(tmp_path: Path) -> None:
    """As many objects as without them."""

    def report(progress: ProgressWriter) -> None:
        for step in (Step.DOWNLOAD, Step.EXTRACT):
            progress.note_step(replace(STARTED_EVENT, step=step))
            progress.note_step(replace(DONE_EVENT, step=step))
        progress.note_step(replace(STARTED_EVENT, step=Step.ANALYZE))
        progress.report_message("a", "rules found 3 values")

    events = write_log(tmp_path, report)
    assert [(event.number, event.kind, event.step) for event in events] == [
        (1, EventKind.STEP_STARTED, "download"),
        (2, EventKind.STEP_FINISHED, "download"),
        (3, EventKind.STEP_STARTED, "extract"),
        (4, EventKind.STEP_FINISHED, "extract"),
        (5, EventKind.STEP_STARTED, "analyze"),
        (6, EventKind.MESSAGE, "analyze"),
    ]
    assert (events[1].outcome, events[1].seconds) == ("done", 1.25)


def test_a_failed_attempt_is_written_at_once_without_the_text_of_its_error(tmp_path: Path) -> None:
    def report(progress: ProgressWriter) -> None:
        progress.note_step(STARTED_EVENT)
        progress.note_step(FAILED_EVENT)

    events = write_log(tmp_path, report)
    assert (events[-1].outcome, events[-1].code) == ("failed", "ocr_refused")
    assert b"secret" not in (tmp_path / progress_key("a", 3)).read_bytes()


def test_pieces_of_a_text_are_one_event_until_it_is_written() -> None:
    record = start_record()
    for piece in ("The ", "supplier ", "is "):
        record.add_text(piece, AT_SECONDS)
    assert list_written(record)[-1].text == "The supplier is "
    record.add_text("Morrow.", AT_SECONDS)
    assert [event.text for event in list_written(record)[1:]] == ["The supplier is ", "Morrow."]


def test_what_a_model_answers_is_marked_by_attempt_and_answer() -> None:
    record = start_record()
    for piece, answer in (("{", 1), ('"a"', 1), ("[", 2)):
        assert record.add_model_text(piece, answer, AT_SECONDS)
    record.start_step(replace(STARTED_EVENT, attempt=2))
    record.add_model_text("{", 1, AT_SECONDS)
    texts = [event for event in list_written(record) if event.kind is EventKind.TEXT]
    assert [(one.attempt, one.answer, one.text) for one in texts] == [(1, 1, '{"a"'), (1, 2, "["), (2, 1, "{")]


def test_a_delivery_has_a_limit_of_what_models_answer() -> None:
    record = start_record()
    kept = [record.add_model_text("x" * 999, number, AT_SECONDS) for number in range(40)]
    assert kept == [True] * 33 + [False] * 7
    segment = record.cut_segment()
    assert segment
    events = [one for one in Segment.from_json(segment[1]).events if one.kind is EventKind.TEXT]
    assert sum(len(event.text or "") for event in events) == MAX_MODEL_CHARACTERS


def test_without_a_step_there_is_no_text_of_a_model() -> None:
    assert not DeliveryRecord("a", 3).add_model_text("x", 1, AT_SECONDS)


def test_of_page_counts_the_latest_is_written() -> None:
    record = start_record()
    for done in range(5):
        record.count_pages(done, 9, AT_SECONDS)
    assert [event.pages for event in list_written(record)] == [None, PageCount(done=4, of=9)]
    record.count_pages(5, 9, AT_SECONDS)
    assert [event.pages and event.pages.done for event in list_written(record)] == [None, 4, 5]


def test_a_wait_has_the_id_of_its_decision() -> None:
    record = start_record()
    record.add_wait(
        Step.ANALYZE, Wait(reason=Reason.COST, message="more", promise="doc/a:4", until=AT_SECONDS + 60), AT_SECONDS
    )
    last = list_written(record)[-1]
    assert (last.kind, last.decision, last.text, last.until) == (EventKind.WAIT, "a:4", "more", AT_SECONDS + 60)


def test_many_events_move_to_a_segment_and_none_is_in_both_or_in_none() -> None:
    record = start_record()
    found, newest = list[int](), list[int]()
    for number in range(3 * MAX_SEGMENT_EVENTS):
        record.count_pages(number, 1_000, AT_SECONDS)
        if segment := record.cut_segment():
            key, content = segment
            numbers = [event.number for event in Segment.from_json(content).events]
            assert parse_segment_key(key) == (3, numbers[-1])
            found += numbers
        newest = [event.number for event in list_written(record)]
    assert found + newest == list(range(1, 3 * MAX_SEGMENT_EVENTS + 2))


def test_a_text_without_end_is_cut() -> None:
    record = start_record()
    record.add_text("x" * (MAX_TEXT_CHARACTERS + 1), AT_SECONDS)
    assert list_written(record)[-1].text == "x" * MAX_TEXT_CHARACTERS
    for _ in range(MAX_MESSAGES + 1):
        record.add_text("x", AT_SECONDS)
        list_written(record)
        record.cut_segment()
    record.start_step(STARTED_EVENT)
    assert list_written(record)[-1].number == MAX_MESSAGES + 2


@pytest.mark.parametrize(
    "report", [lambda record: record.count_pages(1, 2, AT_SECONDS), lambda record: record.add_text("x", AT_SECONDS)]
)
def test_without_a_step_there_is_nothing_to_tell(report: Callable[[DeliveryRecord], None]) -> None:
    record = DeliveryRecord("a", 3)
    report(record)
    record.start_step(STARTED_EVENT)
    assert [event.kind for event in list_written(record)] == [EventKind.STEP_STARTED]


def test_the_records_of_idle_jobs_are_dropped() -> None:
    """A worker of months remembers those of the last few hundred jobs, and of all that run."""
    records = DeliveryRecords()
    running = records.find("long", 1, set)
    for number in range(3 * MAX_IDLE_RECORDS):
        records.find(str(number), 1, lambda: {running})
    assert len(records) <= 2 * MAX_IDLE_RECORDS + 1
    assert records.find("long", 1, set) is running
