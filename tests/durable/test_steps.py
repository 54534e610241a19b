"""A step by itself, as a unit test of a user would run it: with a context that only says who it is."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from resonate.context import Context
from resonate.error import ApplicationError
from resonate.types import Info

from durable import (
    MAX_PAUSE_SECONDS,
    MAX_RESULT_BYTES,
    Clock,
    JobError,
    OnStepEvent,
    PermanentError,
    Retry,
    Step,
    StepEvent,
    StepEventKind,
    TemporaryError,
    attribute_errors_to,
    error_of,
    step,
    workflow,
)
from durable.run import Run, Tools

INFO = Info(id="job:1", parent_id="job", origin_id="job", branch_id="job", timeout_at=0, func_name="", tags={})


@dataclass(frozen=True)
class Somebody:
    """What a step asks its context for."""

    info: Info = INFO


@dataclass
class World:
    """Time that only sleeping moves, the highest draws, and a memory of what was told."""

    pauses: list[float] = field(default_factory=list)
    entries: list[StepEvent] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        """Take no time at all."""
        self.pauses.append(seconds)

    def run[T](self, one: Step[[], T], on_step_event: OnStepEvent | None = None) -> T:
        """Run a step to its end."""
        clock = Clock(now=lambda: 7.0, monotonic=lambda: sum(self.pauses), sleep=self.sleep, draw=lambda: 1.0)
        run = Run("job", 1, Tools(on_step_event=on_step_event or self.entries.append, clock=clock))

        async def alone() -> T:
            result: list[T] = []

            async def work() -> None:
                result.append(await one(cast("Context", Somebody())))

            error = await run.execute(work())
            if error:
                raise error
            return result[0]

        return asyncio.run(alone())

    @property
    def events(self) -> list[StepEventKind]:
        """What was told, in order."""
        return [entry.kind for entry in self.entries]


def failing(times: int, error: Exception) -> Callable[[], Awaitable[int]]:
    """Return a function that fails so often before it returns how often it was called."""
    calls = 0

    async def work() -> int:
        nonlocal calls
        calls += 1
        if calls <= times:
            raise error
        return calls

    return work


def made(work: Any, **how: Any) -> Step[[], int]:  # noqa: ANN401 any function, any of the decorator's arguments
    """Make a step of it."""
    one: Step[[], int] = step(**{"timeout": 5, **how})(work)
    return one


def test_it_is_tried_again_after_growing_pauses() -> None:
    """Each has a share of chance in it, and none is above the cap."""
    world = World()
    retry = Retry(attempts=6, first=1, factor=3, cap=20, jitter=0.25)
    assert world.run(made(failing(5, OSError("gone")), retry=retry)) == 6
    assert world.pauses == [0.75, 2.25, 6.75, 15, 15]
    assert world.events == [StepEventKind.STARTED, StepEventKind.RETRYING] * 5 + [
        StepEventKind.STARTED,
        StepEventKind.DONE,
    ]


@pytest.mark.parametrize(
    ("how", "error", "calls", "retry"),
    [
        ({}, OSError("gone"), 3, True),
        ({"never": (OSError,)}, OSError("gone"), 1, False),
        ({"retry": Retry(never=(OSError,))}, OSError("gone"), 1, False),
        ({"retry": Retry(on=(ValueError,))}, OSError("gone"), 1, True),
        ({}, PermanentError("locked", "a password is needed"), 1, False),
        ({}, TemporaryError("busy", "later"), 3, True),
    ],
)
def test_it_fails_with_an_error_that_says_whether_to_try_again(
    how: dict[str, Any], error: Exception, calls: int, *, retry: bool
) -> None:
    """An error that another try cannot help ends it at once."""
    world = World()
    with pytest.raises(JobError) as caught:
        world.run(made(failing(9, error), **how))
    assert len(world.pauses) == calls - 1
    assert (caught.value.step, caught.value.retry) == ("work", retry)
    assert (world.entries[-1].kind, world.entries[-1].code) == (StepEventKind.FAILED, caught.value.code)


def test_a_journal_that_fails_changes_nothing() -> None:
    def full(_: StepEvent) -> None:
        raise OSError("no space left")

    assert World().run(made(failing(0, OSError())), full) == 1


def test_a_time_limit_that_is_the_steps_own_is_an_error_of_the_step() -> None:
    """Not of the limit that the step has."""
    with pytest.raises(JobError) as caught:
        World().run(made(failing(9, TimeoutError("of a socket"))))
    assert caught.value.code == "unexpected"


def test_a_step_that_a_test_calls_by_itself_needs_no_worker() -> None:
    one = made(failing(0, OSError()))
    assert asyncio.run(one(cast("Context", Somebody()))) == 1


def test_the_largest_result_passes_and_the_next_does_not() -> None:
    async def work() -> str:
        return "x" * size

    size = MAX_RESULT_BYTES - 4
    assert World().run(cast("Step[[], str]", made(work))) == "x" * size
    size = MAX_RESULT_BYTES + 1
    with pytest.raises(JobError, match="result_too_large"):
        World().run(made(work))


def test_what_cannot_be_a_step_is_refused_when_it_is_defined() -> None:
    """A sync function would stop the heartbeat, and an unknown result type would come back as a dictionary."""

    def blocks() -> int:
        return 1

    async def says_nothing():  # type: ignore[no-untyped-def] # noqa: ANN202 that is the point
        return 1

    async def says_unknown() -> "Unknown":  # type: ignore[name-defined] # noqa: F821 that is the point
        return 1

    for wrong, why in ((blocks, "must be async"), (says_nothing, "must say what"), (says_unknown, "Unknown")):
        with pytest.raises(TypeError, match=why):
            made(wrong)
        with pytest.raises(TypeError, match=why):
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
def test_a_retry_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no retry can be like this"):
        Retry(**wrong)


@pytest.mark.parametrize("error", [PermanentError("a", "b", "c"), TemporaryError("a", "b"), TemporaryError("a", "ä\n")])
def test_an_error_comes_back_from_its_own_text(error: JobError) -> None:
    """That is all that the SDK keeps."""
    back = error_of(ApplicationError(str(error)))
    assert (type(back), back.code, back.message, back.step) == (type(error), error.code, error.message, error.step)


@pytest.mark.parametrize("error", [PermanentError("a", "b", "part"), TemporaryError("a", "b", after=7.0, tries=2)])
def test_an_error_of_a_part_is_one_of_the_step_that_it_is_a_part_of(error: JobError) -> None:
    """And else the same, whether it comes from a promise or from the body itself."""
    for given in (error, ApplicationError(str(error))):
        with pytest.raises(JobError) as caught, attribute_errors_to("whole"):
            raise given
        found = caught.value
        assert (type(found), found.code, found.message, found.step) == (type(error), "a", "b", "whole")
        assert (found.after, found.tries) == (error.after, error.tries)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("unknown error: null", "no_reason"),
        ("boom", "unexpected"),
        ("[1]", "unexpected"),
        ('{"code": 1}', "unexpected"),
    ],
)
def test_an_error_of_somebody_else_is_read_all_the_same(text: str, code: str) -> None:

    assert error_of(ApplicationError(text)).code == code
