"""Names in the databases and object stores of running systems: add, never rename."""

from typing import Any

import pytest

from contract import names
from contract.answers import JobState
from contract.notice import Outcome
from contract.object_keys import job_prefix
from contract.parts import parts_prefix
from contract.progress import batch_key, parse_batch_key, progress_key, progress_prefix
from contract.reading import MediaType, Original, Reference

ORIGINAL = Original(
    reference=Reference(key="original", size=1, sha256="0123456789abcdef" * 4), media_type=MediaType.PDF
)


def test_the_ids_and_keys_of_a_job_stay_the_same() -> None:
    assert names.promise_id("a-1") == "doc/a-1"
    assert names.ending_id("a-1") == "ending/a-1"
    assert job_prefix("a-1") == "jobs/a-1"
    assert progress_prefix("a-1") == "jobs/a-1/progress/"
    assert progress_key("a-1", 12) == "jobs/a-1/progress/0000000012.json"
    assert batch_key("a-1", 17, 8) == "jobs/a-1/progress/batches/00017-8"
    assert parts_prefix("a-1", ORIGINAL) == "jobs/a-1/pages-0123456789abcdef"


def test_keys_of_later_deliveries_sort_last() -> None:
    """The trigger reads the last one: also after the tenth."""
    keys = [progress_key("a", fence) for fence in (1, 2, 9, 10, 99, 100, 2**31)]
    assert keys == sorted(keys)


def test_the_key_of_a_batch_is_told_from_that_of_a_delivery() -> None:
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
def test_a_name_stays_the_same(name: str, value: str) -> None:
    assert str(name) == value


def test_the_group_for_pages_belongs_to_the_group_for_jobs() -> None:
    """The default group keeps its name: servers have its tasks, and scaling refers to it."""
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
def test_values_that_clients_compare_stay_the_same(words: Any, known: list[str]) -> None:  # noqa: ANN401 any enumeration
    """Values may be added."""
    assert {str(word) for word in words} >= set(known)
