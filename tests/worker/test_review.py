"""A job whose request has a person review its findings: it asks about doubtful ones, and does as the answer says."""

import json
from pathlib import Path
from typing import Any

import pytest

from contract.analysis import Analysis
from contract.codes import Code
from contract.decision import QUESTIONS
from contract.job import Approval, DocumentType, ReviewRule
from contract.names import REJECTION_CODE
from durable import PermanentError
from durable.wire.call_record import CallKind
from durable.wire.records import Value
from tests.worker.review_lab import ADA, APPROVAL, SURE, ReviewLab, find, start_reviewed
from worker.steps.review import describe_question
from worker.workflows.cost_limit import CostLimit
from worker.workflows.result_review import ResultReview

LOW_CONFIDENCE = Approval(required=ReviewRule.LOW_CONFIDENCE, below=0.8, timeout_hours=72, reminder_hours=24)


def test_the_questions_are_the_steps_that_ask(tmp_path: Path) -> None:
    """Their names are in the server's records, by which the API knows a question."""
    ports = ReviewLab().make_ports(tmp_path)
    asked = {CostLimit(ports).ask_for_more.__name__, ResultReview(ports).steps.ask_reviewer.__name__}
    assert set(QUESTIONS) == asked


def test_an_approval_lets_the_job_continue(tmp_path: Path) -> None:
    lab = ReviewLab()
    with start_reviewed(lab, tmp_path) as (test, job):
        question = job.question()
        [wait] = lab.progress.waits
        assert {"name", "description", "kind"} == set(wait.fields[0])
        assert (wait.reason, wait.promise, wait.until) == ("review", question.id, question.timeout_at)
        assert [one["field"] for one in wait.findings] == ["amount", "vendor"]
        assert job.state == "pending"
        test.pass_time(hours=1)
        job.answer(ADA | {"comment": "fine"})
        result = job.result()
    assert result.extracted_data == {"amount": 12.0, "vendor": "Acme Ltd"}
    assert result.review is not None
    assert (result.review.decision, result.review.reviewer, result.review.comment) == ("approved", "ada", "fine")
    assert result.review.corrections == {}
    [notice] = lab.wait_notices
    assert (notice.stage, notice.decision, notice.requester_id) == ("asked", question.id.removeprefix("doc/"), "ada")
    assert notice.link == f"https://api.example/decisions/{notice.decision}/link?token=t"
    stored = json.loads((tmp_path / "jobs/j1/result.json").read_text())
    assert stored["review"]["reviewer"] == "ada"


@pytest.mark.parametrize(
    ("findings", "waits"),
    [
        (SURE, False),
        ((*SURE, find("net", 10.0, 0.79)), True),
        ((*SURE, find("net", 10.0, 0.8)), False),
        ((*SURE, find("net", 10.0, None)), True),
        ((*SURE, find("net", 10.0, 0.99, verified=False)), True),
        ((), True),
    ],
)
def test_a_doubtful_result_waits_and_a_sure_one_does_not(tmp_path: Path, findings: Any, waits: bool) -> None:  # noqa: ANN401, FBT001 a parameter of the test
    lab = ReviewLab(findings)
    with start_reviewed(lab, tmp_path, LOW_CONFIDENCE) as (_, job):
        if waits:
            job.answer(ADA)
        result = job.result()
        assert bool(result.review) is waits
        assert len(job.operations("ask_reviewer", kind=CallKind.PROMISE)) == waits


def test_a_job_without_approval_calls_what_it_always_called(tmp_path: Path) -> None:
    with start_reviewed(ReviewLab(), tmp_path, None) as (_, job):
        assert job.result().review is None
        names = [one.name for one in job.operations()]
    assert names == ["begin", "download", "extract", "analyze", "store", "notify"]


def test_corrections_replace_add_and_remove_values(tmp_path: Path) -> None:
    lab = ReviewLab((*SURE, find("due", "2026-12-01", 0.3)))
    with start_reviewed(lab, tmp_path) as (_, job):
        corrections = {"amount": 12.5, "vendor": "Acme Ltd", "due": None, "line_items.1.quantity": 3}
        job.answer(ADA | {"corrections": corrections})
        result = job.result()
    assert result.extracted_data == {"amount": 12.5, "vendor": "Acme Ltd", "line_items": [{"quantity": 3.0}]}
    assert set(result.evidence) == {"amount", "vendor"}
    assert result.review is not None
    assert result.review.decision == "corrected"
    assert {field: (one.original, one.value) for field, one in result.review.corrections.items()} == {
        "amount": (12.0, 12.5),
        "due": ("2026-12-01", None),
        "line_items.1.quantity": (None, 3.0),
    }


def test_entries_of_a_list_that_is_one_finding_are_corrected(tmp_path: Path) -> None:
    """They keep their numbers in evidence and review, so that each is found again."""
    parties = find("parties", ("Acme Ltd", "Bolt AG"), 0.3)
    with start_reviewed(ReviewLab((*SURE, parties), kind=DocumentType.CONTRACT), tmp_path) as (_, job):
        job.answer(ADA | {"corrections": {"parties.1": None, "parties.3": "Third GmbH"}})
        result = job.result()
    assert result.extracted_data["parties"] == ["Bolt AG", "Third GmbH"]
    assert set(result.evidence) == {"amount", "vendor", "parties.2"}
    assert result.review is not None
    assert {field: (one.original, one.value) for field, one in result.review.corrections.items()} == {
        "parties.1": ("Acme Ltd", None),
        "parties.3": (None, "Third GmbH"),
    }


@pytest.mark.parametrize(
    ("answer", "flaw"),
    [
        (ADA | {"corrections": {"amount": "much"}}, "amount must be a number"),
        (ADA | {"corrections": {"colour": "red"}}, "colour is no field of the type invoice"),
        ("yes", "does not fit"),
        ({"approve": False}, "does not fit"),
        (None, "does not fit"),
        (Value(data="not base64!"), "does not fit"),
    ],
)
def test_an_answer_that_does_not_fit_is_asked_for_again_and_the_flaw_is_named(
    tmp_path: Path, answer: object, flaw: str
) -> None:
    lab = ReviewLab()
    with start_reviewed(lab, tmp_path) as (_, job):
        first = job.question().id
        job.answer(answer)
        assert job.question().id != first
        assert "the last answer was refused: " in lab.progress.waits[-1].message
        assert flaw in lab.progress.waits[-1].message
        job.answer(ADA)
        assert job.result().review
    assert lab.stages == ["asked", "asked"]


def test_ten_answers_that_do_not_fit_fail_the_job(tmp_path: Path) -> None:
    with start_reviewed(ReviewLab(), tmp_path) as (_, job):
        for _ in range(10):
            job.answer("yes")
        assert job.error().code == Code.REVIEW_REJECTED


def test_a_rejection_fails_the_job_with_the_reviewers_words(tmp_path: Path) -> None:
    lab = ReviewLab()
    with start_reviewed(lab, tmp_path) as (_, job):
        job.refuse(PermanentError(REJECTION_CODE, "rejected by ada: not ours"))
        error = job.error()
    assert (error.code, error.message, error.step) == (Code.REVIEW_REJECTED, "rejected by ada: not ours", None)


def test_a_rejection_by_hand_needs_no_words(tmp_path: Path) -> None:
    with start_reviewed(ReviewLab(), tmp_path) as (_, job):
        job.refuse(Value())
        assert job.error().code == Code.REVIEW_REJECTED


@pytest.mark.parametrize(
    ("findings", "message"),
    [
        ((), "nothing was found"),
        (SURE, "all 2 findings have a confidence of 0.8 or more"),
        ((*SURE, find("net", 1.0, 0.5)), "1 of 3 findings lack a confidence of 0.8 or more: net"),
        (tuple(find(f"a{n}", 1.0, 0.5) for n in range(11)), "11 of 11 findings lack a confidence of 0.8 or more: a0, "),
    ],
)
def test_the_question_names_the_doubtful_fields(findings: Any, message: str) -> None:  # noqa: ANN401 as above
    analysis = Analysis(analyzer="fake", summary="", findings=findings)
    assert describe_question(APPROVAL, analysis).startswith(message)
