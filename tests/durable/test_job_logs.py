"""Log lines of steps and workflows have their job's keys, and a replay does not repeat them."""

import logging
from collections.abc import Mapping
from datetime import timedelta

import pytest
from resonate.context import Context

from durable import PermanentError, Retry, TemporaryError, job_log, map_workflows, step, with_name, workflow
from durable.testing import WorkflowTest

LOG = job_log(__name__)


@step(timeout=30, retry=Retry(attempts=3))
async def charge(cents: int) -> int:
    """Return what was charged."""
    LOG.info("charging", cents=cents)
    return cents


@workflow(name="remind")
async def remind(ctx: Context, number: int) -> int:
    """Wait, within the task of a caller or as a task of its own."""
    LOG.info("reminder begun", number=number)
    await ctx.sleep(timedelta(days=number))
    LOG.info("reminder ended", number=number)
    return number


@workflow(name="order")
async def order(ctx: Context, cents: int) -> str:
    """Write a line between all that it does."""
    LOG.info("begun")
    await ctx.run(charge, cents)
    LOG.info("charged")
    decision = with_name(ctx, "decision").promise()
    LOG.info("asked")
    answer = await decision
    LOG.info("answered", answer=answer)
    await ctx.run(remind, 1)
    await map_workflows(ctx, remind, [2, 3], max_at_once=2)
    LOG.warning("reminded")
    if answer == "no":
        raise PermanentError("refused", "the answer was no")
    return "done"


def lines_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the lines of this module, without their fields."""
    return [record.message for record in caplog.records if record.name == __name__]


def fields_of(caplog: pytest.LogCaptureFixture, message: str) -> list[Mapping[str, object]]:
    """Return the fields of each line with a message."""
    return [vars(record)["fields"] for record in caplog.records if record.message == message]


@pytest.mark.parametrize("answer", ["yes", "no"])
def test_a_job_that_is_resumed_many_times_writes_each_line_once(caplog: pytest.LogCaptureFixture, answer: str) -> None:
    with caplog.at_level(logging.INFO), WorkflowTest(order, remind) as test:
        job = test.start(order, 5)
        assert lines_of(caplog) == ["begun", "charging", "charged", "asked"]
        test.kill_workers()
        test.pass_time(days=1)
        job.answer(answer)
        test.pass_time(hours=1)
        assert lines_of(caplog)[4:] == ["answered", "reminder begun"]
        test.kill_workers()
        test.pass_time(days=10)
    assert sorted(lines_of(caplog)[6:]) == ["reminded"] + ["reminder begun"] * 2 + ["reminder ended"] * 3
    assert lines_of(caplog)[-1] == "reminded"


def test_each_line_has_the_keys_of_its_job(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO), WorkflowTest(order, remind) as test:
        test.fail(charge, TemporaryError("busy", "try again"), attempt=1)
        job = test.start(order, 5)
        job.answer("yes")
        job.result()
    assert fields_of(caplog, "charging") == [{"promiseId": job.id, "step": "charge", "attempt": 2, "cents": 5}]
    assert fields_of(caplog, "answered") == [{"promiseId": job.id, "workflow": "order", "answer": "yes"}]
    assert {"promiseId": job.id, "workflow": "remind", "number": 3} in fields_of(caplog, "reminder ended")


def test_outside_of_a_job_lines_are_written_as_they_are(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        LOG.error("alone", cause=KeyError("x"), number=1)
        LOG.debug("too low")
    assert lines_of(caplog) == ["alone"]
    assert fields_of(caplog, "alone") == [{"number": 1}]
