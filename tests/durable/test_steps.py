"""Steps by themselves, with a fake context, as a user's unit test can run them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest
from resonate.error import ApplicationError

from durable import (
    MAX_PAUSE_SECONDS,
    MAX_RESULT_BYTES,
    JobError,
    PermanentError,
    Retry,
    Step,
    StepEvent,
    StepEventKind,
    TemporaryError,
    attribute_errors_to,
    error_of,
    workflow,
)
from tests.durable.step_runner import FAKE_CONTEXT, StepRunner, make_step


def make_failing(times: int, error: Exception) -> Callable[[], Awaitable[int]]:
    """Return a function that fails a number of times, and then returns the number of its calls."""
    calls = 0

    async def work() -> int:
        nonlocal calls
        calls += 1
        if calls <= times:
            raise error
        return calls

    return work


def test_a_step_is_retried_after_growing_pauses() -> None:
    """Each pause has jitter, and none is above the cap."""
    runner = StepRunner()
    retry = Retry(attempts=6, first=1, factor=3, cap=20, jitter=0.25)
    assert runner.run(make_step(make_failing(5, OSError("gone")), retry=retry)) == 6
    assert runner.pauses == [0.75, 2.25, 6.75, 15, 15]
    assert runner.kinds == [StepEventKind.STARTED, StepEventKind.RETRYING] * 5 + [
        StepEventKind.STARTED,
        StepEventKind.DONE,
    ]


@pytest.mark.parametrize(
    ("options", "error", "calls", "retry"),
    [
        ({}, OSError("gone"), 3, True),
        ({"never": (OSError,)}, OSError("gone"), 1, False),
        ({"retry": Retry(never=(OSError,))}, OSError("gone"), 1, False),
        ({"retry": Retry(on=(ValueError,))}, OSError("gone"), 1, True),
        ({}, PermanentError("locked", "a password is needed"), 1, False),
        ({}, TemporaryError("busy", "later"), 3, True),
    ],
)
def test_a_failed_steps_error_says_whether_a_retry_may_help(
    options: dict[str, Any], error: Exception, calls: int, *, retry: bool
) -> None:
    """An error that a retry cannot help ends the step at once."""
    runner = StepRunner()
    with pytest.raises(JobError) as caught:
        runner.run(make_step(make_failing(9, error), **options))
    assert len(runner.pauses) == calls - 1
    assert (caught.value.step, caught.value.retry) == ("work", retry)
    assert (runner.step_events[-1].kind, runner.step_events[-1].code) == (StepEventKind.FAILED, caught.value.code)


def test_a_listener_that_fails_does_not_fail_the_step() -> None:
    def fail_to_listen(_: StepEvent) -> None:
        raise OSError("no space left")

    assert StepRunner().run(make_step(make_failing(0, OSError())), fail_to_listen) == 1


def test_a_timeout_inside_a_step_is_not_the_steps_timeout() -> None:
    """It counts as any other unexpected error."""
    with pytest.raises(JobError) as caught:
        StepRunner().run(make_step(make_failing(9, TimeoutError("of a socket"))))
    assert caught.value.code == "unexpected"


def test_a_unit_test_calls_a_step_without_a_worker() -> None:
    one = make_step(make_failing(0, OSError()))
    assert asyncio.run(one(FAKE_CONTEXT)) == 1


def test_a_result_above_the_limit_is_refused() -> None:
    async def work() -> str:
        return "x" * size

    size = MAX_RESULT_BYTES - 4
    assert StepRunner().run(cast("Step[[], str]", make_step(work))) == "x" * size
    size = MAX_RESULT_BYTES + 1
    with pytest.raises(JobError, match="result_too_large"):
        StepRunner().run(make_step(work))


def test_a_wrong_step_or_workflow_is_refused_when_it_is_defined() -> None:
    """A sync function would stop the heartbeat, and an unknown result type would come back as a dictionary."""

    def sync_function() -> int:
        return 1

    async def without_return_type():  # type: ignore[no-untyped-def] # noqa: ANN202 the test needs it
        return 1

    async def with_unknown_type() -> "Unknown":  # type: ignore[name-defined] # noqa: F821 the test needs it
        return 1

    for wrong, reason in (
        (sync_function, "must be async"),
        (without_return_type, "needs a return annotation"),
        (with_unknown_type, "Unknown"),
    ):
        with pytest.raises(TypeError, match=reason):
            make_step(wrong)
        with pytest.raises(TypeError, match=reason):
            workflow(name="wrong")(cast("Any", wrong))


def test_a_pause_in_memory_is_never_longer_than_half_a_minute() -> None:
    """Jitter is added to what an error asks for, and the sum would be 35 s."""
    retry = Retry(first=20, cap=60)
    assert retry.pause_of(TemporaryError("busy", "later", after=25), 1, draw=0.0) == MAX_PAUSE_SECONDS == 30


def test_a_message_is_cut_before_it_crosses_the_wire() -> None:
    """A parser's error may quote the whole document."""
    error = PermanentError("broken", "x" * 10_000)
    assert error.message == error_of(ApplicationError(str(error))).message == "x" * 1_000
    assert error_of(ApplicationError("x" * 10_000)).message == "x" * 1_000


@pytest.mark.parametrize("wrong", [{"attempts": 0}, {"first": -1}, {"factor": 0.5}, {"jitter": 2}])
def test_a_senseless_retry_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="invalid retry"):
        Retry(**wrong)


@pytest.mark.parametrize("error", [PermanentError("a", "b", "c"), TemporaryError("a", "b"), TemporaryError("a", "ä\n")])
def test_an_error_survives_the_wire(error: JobError) -> None:
    """The SDK keeps the text of an error only."""
    parsed = error_of(ApplicationError(str(error)))
    assert (type(parsed), parsed.code, parsed.message, parsed.step) == (
        type(error),
        error.code,
        error.message,
        error.step,
    )


@pytest.mark.parametrize(
    "error", [PermanentError("a", "b", "part"), TemporaryError("a", "b", after=7.0, durable_attempts=2)]
)
def test_an_error_of_a_part_is_attributed_to_its_step(error: JobError) -> None:
    """All else stays, whether the error comes from a promise or from the body itself."""
    for given in (error, ApplicationError(str(error))):
        with pytest.raises(JobError) as caught, attribute_errors_to("whole"):
            raise given
        found = caught.value
        assert (type(found), found.code, found.message, found.step) == (type(error), "a", "b", "whole")
        assert (found.after, found.durable_attempts) == (error.after, error.durable_attempts)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("unknown error: null", "no_reason"),
        ("boom", "unexpected"),
        ("[1]", "unexpected"),
        ('{"code": 1}', "unexpected"),
    ],
)
def test_a_foreign_error_is_read_as_a_temporary_one(text: str, code: str) -> None:
    assert error_of(ApplicationError(text)).code == code
