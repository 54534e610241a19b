"""Names in the databases and object stores of running systems. A change here breaks them: add, never rename."""

from typing import Any

import pytest

from contract import names
from contract.answers import JobState
from contract.progress import mark_key, marks_prefix
from contract.result import Outcome


def test_a_jobs_promise_its_telling_and_its_objects_are_where_they_were() -> None:
    assert names.promise_id("a-1") == "doc/a-1"
    assert names.ending_id("a-1") == "ending/a-1"
    assert names.job_prefix("a-1") == "jobs/a-1"
    assert marks_prefix("a-1") == "jobs/a-1/journal/"
    assert mark_key("a-1", 12) == "jobs/a-1/journal/0000000012.json"


def test_marks_of_later_deliveries_come_later() -> None:
    """Whoever lists them reads the last one: also after the tenth."""
    keys = [mark_key("a", fence) for fence in (1, 2, 9, 10, 99, 100, 2**31)]
    assert keys == sorted(keys)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (names.PROCESS_DOCUMENT, "process_document"),
        (names.TELL_ENDING, "tell_ending"),
        (names.DOCUMENTS, "documents"),
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


@pytest.mark.parametrize(
    ("words", "known"),
    [
        (names.Step, ["download", "extract", "analyze", "store", "notify"]),
        (Outcome, ["done", "failed", "canceled", "timed_out"]),
        (JobState, ["processing", "done", "failed", "canceled"]),
    ],
)
def test_words_that_clients_decide_by_stay(words: Any, known: list[str]) -> None:  # noqa: ANN401 any enumeration
    """More of them may come."""
    assert {str(word) for word in words} >= set(known)
