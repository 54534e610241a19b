"""A job that waits for a reviewer: it reminds in time, ends as its request has it, and needs no channel."""

from pathlib import Path

from contract.codes import Code
from contract.job import Approval, ReviewRule, TimeoutAction
from contract.result import DocumentResult
from tests.worker.review_lab import ADA, APPROVAL, ReviewLab, start_reviewed


def test_reminders_come_in_time_and_the_last_one_is_an_escalation(tmp_path: Path) -> None:
    """Workers die meanwhile. After the answer, nothing reminds any more."""
    lab = ReviewLab()
    with start_reviewed(lab, tmp_path) as (test, job):
        end = job.question().timeout_at
        for hours, stages in ((1, 1), (22, 1), (2, 2), (22, 2), (2, 3)):
            test.kill_workers()
            test.pass_time(hours=hours)
            assert len(lab.stages) == stages
        assert lab.stages == ["asked", "reminder", "escalation"]
        assert {wait.until for wait in lab.progress.waits} == {end}
        assert len({notice.key for notice in lab.wait_notices}) == 3
        job.answer(ADA)
        assert job.result().review
        test.pass_time(days=5)
    assert lab.stages == ["asked", "reminder", "escalation"]


def test_the_last_reminder_is_the_one_before_the_end() -> None:
    assert [APPROVAL.is_last_reminder(number) for number in (0, 1, 2)] == [False, False, True]


def test_without_an_answer_the_job_fails_as_its_request_has_it(tmp_path: Path) -> None:
    """One notice comes before the end even if reminders are rarer than that."""
    lab = ReviewLab()
    with start_reviewed(lab, tmp_path, Approval(required=ReviewRule.ALWAYS, timeout_hours=10)) as (test, job):
        began = test.now
        error = job.error()
        assert 36_000 <= test.now - began < 36_100
    assert (error.code, error.message) == (Code.REVIEW_TIMED_OUT, "no reviewer answered within 10 hours")
    assert lab.stages == ["asked", "escalation"]


def test_without_an_answer_the_job_continues_as_its_request_has_it(tmp_path: Path) -> None:
    approval = Approval(required=ReviewRule.ALWAYS, timeout_hours=10, on_timeout=TimeoutAction.APPROVE)
    with start_reviewed(ReviewLab(), tmp_path, approval) as (_, job):
        result = job.result()
    assert result.extracted_data == {"amount": 12.0, "vendor": "Acme Ltd"}
    assert result.review is not None
    assert (result.review.decision, result.review.reviewer) == ("timed_out", None)


def test_the_wait_is_no_work(tmp_path: Path) -> None:
    """The job may work for an hour, and its result is stored after three days."""
    with start_reviewed(ReviewLab(), tmp_path) as (test, job):
        job.question()
        test.pass_time(hours=70)
        job.answer(ADA)
        assert isinstance(job.result(), DocumentResult)
        begin, concluded = job.operation("begin").value, job.operation("apply_answer").value
    assert 70 * 3_600 <= concluded["until"] - begin < 71 * 3_600


def test_a_channel_that_is_down_holds_back_neither_question_nor_answer(tmp_path: Path) -> None:
    lab = ReviewLab(is_channel_down=True)
    with start_reviewed(lab, tmp_path) as (test, job):
        job.question()
        test.pass_time(hours=2)
        assert lab.notices == []
        lab.is_channel_down = False
        test.pass_time(hours=2)
        assert lab.stages == ["asked"]
        lab.is_channel_down = True
        job.answer(ADA)
        assert job.result().review


def test_a_question_that_is_answered_needs_no_notice(tmp_path: Path) -> None:
    lab = ReviewLab(is_channel_down=True)
    with start_reviewed(lab, tmp_path) as (test, job):
        job.answer(ADA)
        job.result()
        lab.is_channel_down = False
        test.pass_time(days=2)
    assert lab.wait_notices == []


def test_a_canceled_job_reminds_no_more(tmp_path: Path) -> None:
    lab = ReviewLab()
    with start_reviewed(lab, tmp_path) as (test, job):
        job.question()
        job.cancel()
        test.pass_time(days=5)
    assert lab.stages == ["asked"]
