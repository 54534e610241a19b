"""Names in the databases and object stores of running systems. A change here breaks them: add, never rename."""

from typing import Any

import pytest

from contract import names
from contract.answers import JobState
from contract.ending import Outcome
from contract.parts import parts_prefix
from contract.progress import batch_key, parse_batch_key, progress_key, progress_prefix
from contract.reading import MediaType, Original, Reference

ORIGINAL = Original(
    reference=Reference(key="original", size=1, sha256="0123456789abcdef" * 4), media_type=MediaType.PDF
)


def test_a_jobs_promise_its_telling_and_its_objects_are_where_they_were() -> None:
    assert names.promise_id("a-1") == "doc/a-1"
    assert names.ending_id("a-1") == "ending/a-1"
    assert names.job_prefix("a-1") == "jobs/a-1"
    assert progress_prefix("a-1") == "jobs/a-1/progress/"
    assert progress_key("a-1", 12) == "jobs/a-1/progress/0000000012.json"
    assert batch_key("a-1", 17, 8) == "jobs/a-1/progress/batches/00017-8"
    assert parts_prefix("a-1", ORIGINAL) == "jobs/a-1/pages-0123456789abcdef"


def test_marks_of_later_deliveries_come_later() -> None:
    """Whoever lists them reads the last one: also after the tenth."""
    keys = [progress_key("a", fence) for fence in (1, 2, 9, 10, 99, 100, 2**31)]
    assert keys == sorted(keys)


def test_a_note_of_a_batch_is_no_mark() -> None:
    assert parse_batch_key(batch_key("a-1", 17, 8)) == 8
    assert parse_batch_key(batch_key("a", 2_001, 12)) == 12
    assert parse_batch_key(progress_key("a-1", 17)) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (names.PROCESS_DOCUMENT, "process_document"),
        (names.NOTIFY_ENDING, "notify_ending"),
        (names.READ_PAGES, "read_pages"),
        (names.READ_CHUNKS, "read_chunks"),
        (names.ESTIMATE_DOCUMENT, "estimate_document"),
        (names.ESTIMATE_PREFIX, "estimate/"),
        (names.ESTIMATE, "estimate"),
        (names.DOCUMENTS, "documents"),
        (names.PAGES, "pages"),
        (names.DOCUMENTS_ADDRESS, "poll://any@documents"),
        (names.JOB, "job"),
        (names.ENDING, "ending"),
        (names.Tag.KIND, "longhand:kind"),
        (names.Tag.TYPE, "longhand:type"),
        (names.Tag.REQUESTER, "longhand:requester"),
        (names.Tag.DIGEST, "longhand:digest"),
    ],
)
def test_a_name_stays_what_it_is(name: str, value: str) -> None:
    assert str(name) == value


def test_the_group_for_pages_goes_with_the_group_for_jobs() -> None:
    """The one that everybody has keeps its name: its tasks are in the servers' databases, and scaling knows it."""
    assert names.pages_group("documents") == "pages"
    assert names.pages_group("others") == "others-pages"


@pytest.mark.parametrize(
    ("words", "known"),
    [
        (names.Step, ["download", "extract", "analyze", "store", "notify"]),
        (Outcome, ["done", "failed", "canceled", "timed_out"]),
        (JobState, ["processing", "waiting", "done", "failed", "canceled"]),
    ],
)
def test_words_that_clients_decide_by_stay(words: Any, known: list[str]) -> None:  # noqa: ANN401 any enumeration
    """More of them may come."""
    assert {str(word) for word in words} >= set(known)
