"""A call of another group fails by the error of that group, at its deadline, or by a value of another type."""

from collections.abc import Callable
from typing import Any

import pytest

from durable import Context, TemporaryError, error_of, workflow
from durable.replay.replayer import replay
from durable.testing import WorkflowTest
from tests.durable.conftest import DrivenPlace

from .flows_with_remotes import (
    Bank,
    book,
    call_as_a_step,
    call_once,
    call_with_retries,
    change,
    list_calls,
    read_balance,
)

type Open = Callable[..., WorkflowTest]


def test_an_error_of_the_other_group_is_its_own(workflow_test: Open) -> None:
    job = workflow_test(call_once, groups={"bank": Bank(100).workflows}).start(call_once, "closed")
    error = job.error()
    assert (error.code, error.step, error.retry) == ("no_account", "change", False)


def test_a_call_that_is_not_done_by_its_deadline_fails_by_name(place: DrivenPlace, workflow_test: Open) -> None:
    test = workflow_test(call_once, groups={"bank": []}, on=place)
    job = test.start(call_once, "a")
    test.pass_time(minutes=4)
    assert job.state == "pending"
    test.pass_time(minutes=2)
    error = job.error()
    assert (error.code, error.retry) == ("call_unanswered", True)
    assert error.message == "bank.read was not done within 0:05:00, or was canceled without a reason"
    assert replay(job.recording(), [call_once]).is_same


def test_a_call_lasts_as_long_as_its_caller_by_default(workflow_test: Open) -> None:
    test = workflow_test(call_as_a_step, groups={"bank": []})
    job = test.start(call_as_a_step, "a")
    test.pass_time(days=40)
    test.deploy(groups={"bank": Bank(7).workflows})
    assert job.result() == 7


def test_a_call_that_was_not_done_in_time_is_retried_durably(workflow_test: Open) -> None:
    test = workflow_test(call_with_retries, groups={"bank": []})
    job = test.start(call_with_retries, "a")
    test.pass_time(minutes=6)
    test.deploy(groups={"bank": Bank(7).workflows})
    assert job.result() == 7
    assert list_calls(job) == ["rejected_timedout", "resolved"]


def test_the_work_on_a_call_ends_at_its_deadline(workflow_test: Open) -> None:
    """Its promise has ended, and with it the right to write."""
    test = workflow_test(call_once, groups={"bank": Bank(100).workflows})
    test.replace(change, TemporaryError("busy", "it is locked", after=60))
    job = test.start(call_once, "a")
    assert job.error().code == "busy", "without durable retries its first error is that of the call"


@workflow(name="bank.read")
async def return_text(ctx: Context, account: str) -> str:
    """Break the agreement."""
    del ctx
    return account


def test_a_result_of_another_type_fails_by_name(workflow_test: Open) -> None:
    job = workflow_test(call_once, groups={"bank": [return_text]}).start(call_once, "secret")
    error = job.error()
    assert (error.code, error.step, error.retry) == ("result_type", "bank.read", False)
    assert "secret" not in error.message


@workflow(name="wrong")
async def call_wrongly(ctx: Context, arguments: list[Any]) -> str:
    """Call without a type checker, and go on."""
    try:
        return str(await book(ctx, *arguments))
    except Exception as exc:  # noqa: BLE001 any error
        return f"{error_of(exc).code}, {(await read_balance(ctx, 'a')).cents}"


@pytest.mark.parametrize("arguments", [[], ["a", {"cents": 1}, 3]], ids=["too few", "too many"])
def test_wrong_arguments_are_refused_before_the_call(workflow_test: Open, arguments: list[Any]) -> None:
    job = workflow_test(call_wrongly, groups={"bank": Bank(100).workflows}).start(call_wrongly, arguments)
    assert job.result() == "unexpected, 100"
    assert list_calls(job) == ["resolved"]


def test_arguments_of_another_type_are_refused_by_the_group(workflow_test: Open) -> None:
    job = workflow_test(call_wrongly, groups={"bank": Bank(100).workflows}).start(call_wrongly, ["a", {"cents": "x"}])
    assert job.result() == "bad_arguments, 100"
