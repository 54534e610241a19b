"""`WorkflowTest`: workflows, workers, a server and the time, all in one process and one event loop.

    with WorkflowTest(signup) as test:
        test.replace(send_mail, "sent", TemporaryError("busy", "later"), "sent")
        job = test.start(signup, "ada@example.org")
        test.pass_time(days=3)
        assert job.result() == "welcome"

`AsyncWorkflowTest` is the same for a test that is itself a coroutine.
"""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, Self

from durable.logs import filter_core_logs
from durable.steps import Step
from durable.wire.answers import OnePromise
from durable.wire.roots import root_promise
from durable.workflows import Workflow

from .jobs import AsyncJob, Job, JobView
from .places import InProcess, Place
from .request_log import Point
from .stage import GROUP, Groups
from .step_bodies import Arguments

_LIFETIME: Final = timedelta(days=366)
_IN_PROCESS: Final = InProcess()


class _TestSetup:
    """What a test can arrange and count.

    `groups` are further groups of workers, each with its workflows; a group without workflows has no worker. `on` is
    the place where the jobs run.
    """

    def __init__(
        self,
        *workflows: Workflow[..., Any],
        groups: Groups | None = None,
        lifetime: timedelta = _LIFETIME,
        on: Place = _IN_PROCESS,
    ) -> None:
        self.jobs: Final = list[JobView[Any]]()
        self._lifetime: Final = lifetime
        filter_core_logs()
        self._stage: Final = on.open(_group(workflows, groups))

    def replace(self, step: Step[..., Any], *outcomes: object) -> None:
        """Set the outcomes of a step's next attempts, in order; the last one also applies to all later attempts.

        An outcome is a value, an error, `HANGING`, or a function of the step's arguments.
        """
        self._stage.bodies.replace(step, *outcomes)

    def fail(self, step: Step[..., Any], error: Exception, *, attempt: int) -> None:
        """Let one attempt of a step fail; attempts count from 1 over the whole test."""
        self._stage.bodies.fail(step, error, attempt=attempt)

    def calls(self, step: Step[..., Any]) -> Sequence[Arguments]:
        """Return the arguments of each attempt of a step so far."""
        return self._stage.bodies.calls(step)

    @property
    def begun(self) -> Mapping[str, int]:
        """How many attempts of each step have begun, by its name."""
        return self._stage.begun

    @property
    def requests(self) -> Sequence[Point]:
        """The requests that the workers have sent, without heartbeats."""
        return self._stage.log.points

    @property
    def now(self) -> float:
        """The seconds since 1970."""
        return self._stage.now

    def describe_jobs(self) -> list[tuple[str, str]]:
        """Return for each job a title, and its history with its waits."""
        return [(f"job {job.id}", f"{job.history()}\n{job.why()}") for job in self.jobs]

    def _annotate(self, error: BaseException | None) -> None:
        """Add what the jobs did to an error that ends the test."""
        if isinstance(error, Exception):
            for title, text in self.describe_jobs():
                error.add_note(f"{title}\n{text}")

    async def _start[T](
        self, job_id: str, workflow: Workflow[..., T], args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> AsyncJob[T]:
        request = root_promise(
            job_id,
            workflow.name,
            *args,
            target=self._stage.find_address(workflow),
            timeout_at=round((self.now + self._lifetime.total_seconds()) * 1_000),
            version=workflow.version,
            kwargs=kwargs,
        )
        job = AsyncJob(self._stage, job_id, workflow)
        self.jobs.append(job)
        await self._stage.request(request, OnePromise)
        return job

    @property
    def _next_id(self) -> str:
        return self._stage.make_id(len(self.jobs) + 1)


class AsyncWorkflowTest(_TestSetup):
    """Use it with `async with`."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        self._annotate(error)
        await self._stage.close()

    async def start[**P, T](self, workflow: Workflow[P, T], *args: P.args, **kwargs: P.kwargs) -> AsyncJob[T]:
        """Start a job, and let it go on as far as it can at this time."""
        return await self._start(self._next_id, workflow, args, kwargs)

    async def start_as[**P, T](
        self, job_id: str, workflow: Workflow[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> AsyncJob[T]:
        """Start a job under an id."""
        return await self._start(job_id, workflow, args, kwargs)

    async def pass_time(self, duration: timedelta | None = None, **units: float) -> None:
        """Let so much time pass, with everything that happens meanwhile: `pass_time(days=3)`."""
        await self._stage.pass_time(duration or timedelta(**units))

    async def kill_workers(self) -> None:
        """Kill every worker as a crash does; others take their places."""
        await self._stage.kill_workers()

    async def deploy(self, *workflows: Workflow[..., Any], groups: Groups | None = None) -> None:
        """Replace every worker by one that knows these workflows."""
        await self._stage.deploy(_group(workflows, groups))


class WorkflowTest(_TestSetup):
    """Use it with `with`, outside of any event loop."""

    _runner: asyncio.Runner

    def __enter__(self) -> Self:
        self._runner = asyncio.Runner()
        return self

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        self._annotate(error)
        with self._runner:
            self._run(self._stage.close())

    def start[**P, T](self, workflow: Workflow[P, T], *args: P.args, **kwargs: P.kwargs) -> Job[T]:
        """Start a job, and let it go on as far as it can at this time."""
        return self.start_as(self._next_id, workflow, *args, **kwargs)

    def start_as[**P, T](self, job_id: str, workflow: Workflow[P, T], *args: P.args, **kwargs: P.kwargs) -> Job[T]:
        """Start a job under an id."""
        return Job(self._run(self._start(job_id, workflow, args, kwargs)), self._run)

    def pass_time(self, duration: timedelta | None = None, **units: float) -> None:
        """Let so much time pass, with everything that happens meanwhile: `pass_time(days=3)`."""
        self._run(self._stage.pass_time(duration or timedelta(**units)))

    def kill_workers(self) -> None:
        """Kill every worker as a crash does; others take their places."""
        self._run(self._stage.kill_workers())

    def deploy(self, *workflows: Workflow[..., Any], groups: Groups | None = None) -> None:
        """Replace every worker by one that knows these workflows."""
        self._run(self._stage.deploy(_group(workflows, groups)))

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:  # noqa: ANN401 what the coroutine returns
        if _is_loop_running():
            work.close()
            raise RuntimeError("an event loop is running here: use AsyncWorkflowTest in a test that is a coroutine")
        return self._runner.run(work)


def _is_loop_running() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _group(workflows: Sequence[Workflow[..., Any]], groups: Groups | None) -> Groups:
    return ({GROUP: workflows} if workflows else {}) | dict(groups or {})
