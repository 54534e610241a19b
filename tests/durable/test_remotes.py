"""Workflows of another group are called by their declaration, wherever a step or a workflow may be called."""
# mypy: disable-error-code="empty-body"

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pydantic import BaseModel

from durable import (
    Chapter,
    Context,
    DurableRetry,
    PermanentError,
    Saga,
    TemporaryError,
    Workflow,
    all_of,
    error_of,
    map_workflows,
    race,
    remote,
    run_chapters,
    step,
    workflow,
)
from durable.replay.replayer import replay
from durable.testing import Certificate, Job, Trial, WorkflowTest
from durable.wire.call_record import CallKind
from tests.durable.conftest import DrivenPlace

type Open = Callable[..., WorkflowTest]
LIMIT = timedelta(minutes=5)


class Balance(BaseModel):
    """What an account has."""

    account: str
    cents: int


class Booking(BaseModel):
    """A change of an account, by a service that has a model of its own."""

    cents: int


@remote(name="bank.read", group="bank")
def read_balance(account: str) -> Balance:
    """Read an account."""


@remote(name="bank.book", group="bank")
def book(account: str, booking: Booking) -> int:
    """Change an account; return what it has then."""


@remote(name="bank.book", group="bank", version=2)
def book_with_text(account: str, booking: Booking, *, text: str = "") -> int:
    """Change an account, and say why."""


@remote(name="bank.count", group="bank")
def count_down(number: int) -> Chapter[int, str]:
    """Count one down."""


@step(timeout=10)
async def change(account: str, cents: int, text: str) -> int:
    """Write it down."""
    if account == "closed":
        raise PermanentError("no_account", f"there is no account {account}")
    return cents + len(text)


class Bank:
    """The group `bank`: its workflows, as methods of an object that holds what they need."""

    def __init__(self, cents: int) -> None:
        self._cents = cents

    @read_balance.served
    async def read(self, ctx: Context, account: str) -> Balance:
        """Read an account."""
        return Balance(account=account, cents=await ctx.run(change, account, self._cents, ""))

    @book.served
    async def book(self, ctx: Context, account: str, booking: Booking) -> int:
        """Change an account, as callers of the first version want it."""
        return self._cents + await ctx.run(change, account, booking.cents, "")

    @book_with_text.served
    async def book_with_text(self, ctx: Context, account: str, booking: Booking, *, text: str = "") -> int:
        """Change an account."""
        return self._cents + await ctx.run(change, account, booking.cents, text)

    @count_down.served
    async def count_down(self, ctx: Context, number: int) -> Chapter[int, str]:
        """Count one down."""
        left = await ctx.run(change, "counter", number - 1, "")
        return Chapter.next(left) if left else Chapter.last("lift off")

    @property
    def workflows(self) -> list[Workflow[..., Any]]:
        """All of them."""
        return [self.read, self.book, self.book_with_text, self.count_down]


@workflow(name="one")
async def call_once(ctx: Context, account: str) -> int:
    """Wait for one call, for some minutes."""
    return (await read_balance(ctx.options(timeout=LIMIT), account)).cents


@workflow(name="as_run")
async def call_as_a_step(ctx: Context, account: str) -> int:
    return (await ctx.run(read_balance, account)).cents


@workflow(name="as_rpc")
async def call_as_a_workflow(ctx: Context, account: str) -> int:
    return (await ctx.rpc(read_balance, account)).cents


@workflow(name="begun")
async def call_beforehand(ctx: Context, account: str) -> int:
    later = read_balance(ctx, account)
    return await book(ctx, account, Booking(cents=3)) + (await later).cents


@workflow(name="versions")
async def call_both_versions(ctx: Context, account: str) -> int:
    old = await book(ctx, account, Booking(cents=3))
    return old + await book_with_text(ctx, account, Booking(cents=3), text="gift")


@workflow(name="all")
async def call_all(ctx: Context, account: str) -> int:
    balance, other = await all_of(ctx, read_balance(ctx, account), book(ctx, account, Booking(cents=3)))
    return balance.cents + other


@workflow(name="first")
async def call_the_first(ctx: Context, account: str) -> int:
    first = await race(ctx, read_balance(ctx, account), ctx.sleep(LIMIT))
    return first.value.cents if first.value else 0


@workflow(name="map")
async def call_for_each(ctx: Context, account: str) -> int:
    batch = await map_workflows(ctx, read_balance, [account] * 3, max_at_once=2)
    return sum(balance.cents for balance in batch.get())


@workflow(name="retried")
async def call_with_retries(ctx: Context, account: str) -> int:
    return (
        await DurableRetry(attempts=3, every_error=True).run(ctx.options(timeout=LIMIT), read_balance, account)
    ).cents


@workflow(name="undone")
async def undo_a_call(ctx: Context, account: str) -> int:
    async with Saga(ctx) as saga:
        saga.undo_with(book, account, Booking(cents=-3))
        await ctx.run(change, "closed", 0, "")
    return 0


@workflow(name="count")
async def call_chapters(ctx: Context, account: str) -> int:
    return len(await run_chapters(ctx, count_down, 3)) + len(account)


CALLERS: dict[Workflow[[str], int], tuple[int, int]] = {  # the result, and the calls of the bank
    call_once: (100, 1),
    call_as_a_step: (100, 1),
    call_as_a_workflow: (100, 1),
    call_beforehand: (203, 2),
    call_both_versions: (210, 2),
    call_all: (203, 2),
    call_the_first: (100, 1),
    call_for_each: (300, 3),
    call_with_retries: (100, 1),
    call_chapters: (9, 3),
}
EACH_CALLER = pytest.mark.parametrize("caller", CALLERS, ids=[caller.name for caller in CALLERS])


def list_calls(job: Job[Any]) -> list[str]:
    """Return the states of the calls of the bank."""
    return [one.state for one in job.operations(kind=CallKind.PART) if one.name.startswith("bank.")]


@EACH_CALLER
def test_a_declaration_is_called_as_a_step_or_a_workflow_is(workflow_test: Open, caller: Workflow[[str], int]) -> None:
    bank = Bank(100)
    test = workflow_test(caller, groups={"bank": bank.workflows})
    job = test.start(caller, "a")
    assert (job.result(), len(list_calls(job))) == CALLERS[caller]
    assert replay(job.recording(), [caller, *bank.workflows]).is_same


@pytest.mark.parametrize("caller", [call_beforehand, call_the_first, call_for_each], ids=lambda caller: caller.name)
def test_a_crash_of_either_side_repeats_no_call(
    certify: Callable[..., Certificate], caller: Workflow[[str], int]
) -> None:
    def scenario(trial: Trial) -> object:
        with trial.test(caller, groups={"bank": Bank(100).workflows}) as test:
            job = test.start(caller, "a")
            return job.result(), len(list_calls(job))

    certify(scenario)


def test_a_saga_undoes_by_a_call(workflow_test: Open) -> None:
    job = workflow_test(undo_a_call, groups={"bank": Bank(100).workflows}).start(undo_a_call, "a")
    assert job.error().code == "no_account"
    assert list_calls(job) == ["resolved"]


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


def test_a_declaration_needs_a_type_for_its_result() -> None:
    with pytest.raises(TypeError, match=r"remote workflow .*nothing needs a return annotation"):

        @remote(name="nothing", group="bank")
        def nothing(account: str):  # type: ignore[no-untyped-def] # noqa: ANN202
            """Have no type."""
