"""A job that a test has started: its history, its waits, and answers to its questions."""

from collections.abc import Callable, Coroutine
from typing import Any, Final

from durable.errors import ErrorCode, JobError, parse_error
from durable.history import JobRecords, Operation, ParkingNote, list_operations, list_parking_notes
from durable.replay.recording import Recording
from durable.wire.answers import OnePromise, OneTask, PromisePage
from durable.wire.call_record import CallKind
from durable.wire.callbacks import make_beat
from durable.wire.errors import NotFound
from durable.wire.fields import PromiseState, SettledBy
from durable.wire.records import Promise, Task, Value, error_text
from durable.wire.requests import PromiseGet, PromiseSearch, PromiseSettle, TaskGet
from durable.workflows import Workflow

from .stage import Stage

_PAGE_SIZE: Final = 1_000  # the server's maximum


class JobFailedError(AssertionError):
    """A job has no result; `state` is its promise's."""

    def __init__(self, job: str, state: PromiseState, error: JobError) -> None:
        super().__init__(f"{job} was {state}: {error.code} in {error.step}: {error.message}")
        self.state = state
        self.error = error


class JobView[T]:
    """Reads a job without letting time pass."""

    def __init__(self, stage: Stage, job_id: str, workflow: Workflow[..., T]) -> None:
        self.id: Final = job_id
        self._stage: Final = stage
        self._workflow: Final = workflow

    @property
    def state(self) -> PromiseState:
        """The state of its promise."""
        return self._promise.state

    @property
    def _promise(self) -> Promise:
        return self._stage.ask(PromiseGet(id=self.id), OnePromise).promise

    def operations(self, name: str | None = None, *, kind: CallKind | None = None) -> list[Operation]:
        """Return its calls in the order of its sequence, all or those of a name or a kind."""
        found = list_operations(self.id, self._find_promises(), self._stage.attempts)
        return [one for one in found if name in (None, one.name) and kind in (None, one.kind)]

    def operation(self, name: str, index: int = 0) -> Operation:
        """Return the operation of this name that was called at this position among them."""
        found = self.operations(name)
        if len(found) <= index:
            raise AssertionError(f"there is no operation {name}[{index}]:\n{self.history()}")
        return found[index]

    def history(self) -> str:
        """Return the history as a table."""
        return JobRecords(root=self._promise, operations=self.operations()).format_history()

    def why(self) -> str:
        """Return what it waits for."""
        promises = self._find_promises()
        operations = list_operations(self.id, promises, self._stage.attempts)
        waiting = [self.id, *(one.id for one in operations if one.state == "pending" and one.address)]
        tasks = {task.id: task for task in map(self._find_task, waiting) if task}
        parked = [
            ParkingNote(task=task, code="parked", message=error, worker=tasks[task].pid or "", at=self._stage.now)
            for task, error in self._stage.parking_errors.items()
            if task in tasks
        ]
        notes = [*list_parking_notes(promises), *parked]
        return str(JobRecords(root=self._promise, operations=operations, tasks=tasks, notes=notes).explain())

    def recording(self) -> Recording:
        """Return it as `durable record` writes it: `job.recording().write(path)`."""
        return Recording.of(self._find_promises())

    def _find_promises(self) -> list[Promise]:
        cursor, found = None, list[Promise]()
        while True:
            search = PromiseSearch(tags={"resonate:origin": self.id}, limit=_PAGE_SIZE, cursor=cursor)
            page = self._stage.ask(search, PromisePage)
            found += page.promises
            cursor = page.cursor
            if cursor is None:
                return found

    def _find_task(self, task_id: str) -> Task | None:
        try:
            return self._stage.ask(TaskGet(id=task_id), OneTask).task
        except NotFound:
            return None

    def _list_open(self, name: str | None) -> list[Operation]:
        return [one for one in self.operations(name, kind=CallKind.PROMISE) if one.state == "pending"]

    def _read_result(self) -> T:
        promise = self._promise
        content = promise.value.decode()
        if promise.state == "resolved":
            return self._workflow.read_result(content)
        text = error_text(content)
        error = parse_error(text) if text else JobError(ErrorCode.NO_REASON, "no error was stored")
        raise JobFailedError(self.id, promise.state, error)

    def _read_error(self) -> JobError:
        try:
            value = self._read_result()
        except JobFailedError as failure:
            return failure.error
        raise AssertionError(f"{self.id} did not fail: it returned {value!r}\n{self.history()}")

    async def _finish(self) -> None:
        await self._stage.advance(lambda: self.state != "pending", self._explain)

    def _explain(self) -> str:
        return f"{self.why()}\n{self.history()}"

    async def _wait_for_question(self, name: str | None) -> Operation:
        """Let time pass where the job waits for time, until it asks."""
        await self._stage.advance(lambda: bool(self._list_open(name)) or self.state != "pending", self._explain)
        found = self._list_open(name)
        if len(found) != 1:
            raise AssertionError(f"{len(found)} open questions {name or 'of any name'}, and not one:\n{self.history()}")
        return found[0]

    async def _settle(self, promise_id: str, state: SettledBy, value: Value) -> None:
        await self._stage.request(PromiseSettle(id=promise_id, state=state, value=value), OnePromise)


class AsyncJob[T](JobView[T]):
    """A job of a test that is itself a coroutine."""

    async def result(self) -> T:
        """Return its result, and let time pass where it waits for time. Raises JobFailedError and StuckError."""
        await self._finish()
        return self._read_result()

    async def error(self) -> JobError:
        """Return the error that it fails with."""
        await self._finish()
        return self._read_error()

    async def question(self, name: str | None = None) -> Operation:
        """Return its open question of this name, or its only one, once there is one."""
        return await self._wait_for_question(name)

    async def answer(self, value: object, *, name: str | None = None) -> None:
        """Answer its open question of this name, or its only one. A `Value` of the wire is sent as it is."""
        await self._settle((await self.question(name)).id, "resolved", _encode(value))

    async def send_beat(self, name: str | None = None) -> None:
        """Report that a client still works on the answer to its open question of this name, or to its only one."""
        beat = make_beat((await self.question(name)).id, self._stage.now)
        await self._stage.request(beat, OnePromise)

    async def refuse(self, error: Exception | Value, *, name: str | None = None) -> None:
        """Reject its open question of this name, or its only one. A `Value` of the wire is sent as it is."""
        content = {"__type": "error", "message": str(error)} if isinstance(error, Exception) else error
        await self._settle((await self.question(name)).id, "rejected", _encode(content))

    async def cancel_question(self, name: str | None = None) -> None:
        """Cancel its open question of this name, or its only one."""
        await self._settle((await self.question(name)).id, "rejected_canceled", Value())

    async def cancel(self) -> None:
        """Cancel it, as an operator or a client does."""
        await self._settle(self.id, "rejected_canceled", Value())


def _encode(content: object) -> Value:
    return content if isinstance(content, Value) else Value.encode(content)


type Run = Callable[[Coroutine[Any, Any, Any]], Any]  # a coroutine to its end


class Job[T](JobView[T]):
    """A job of a normal test."""

    def __init__(self, job: AsyncJob[T], run: Run) -> None:
        super().__init__(job._stage, job.id, job._workflow)  # noqa: SLF001 both are views of one job
        self._job: Final = job
        self._run: Final = run

    def result(self) -> T:
        """Return its result, and let time pass where it waits for time. Raises JobFailedError and StuckError."""
        result: T = self._run(self._job.result())
        return result

    def error(self) -> JobError:
        """Return the error that it fails with."""
        error: JobError = self._run(self._job.error())
        return error

    def question(self, name: str | None = None) -> Operation:
        """Return its open question of this name, or its only one, once there is one."""
        question: Operation = self._run(self._job.question(name))
        return question

    def answer(self, value: object, *, name: str | None = None) -> None:
        """Answer its open question of this name, or its only one."""
        self._run(self._job.answer(value, name=name))

    def send_beat(self, name: str | None = None) -> None:
        """Report that a client still works on the answer to its open question of this name, or to its only one."""
        self._run(self._job.send_beat(name))

    def refuse(self, error: Exception | Value, *, name: str | None = None) -> None:
        """Reject its open question of this name, or its only one."""
        self._run(self._job.refuse(error, name=name))

    def cancel_question(self, name: str | None = None) -> None:
        """Cancel its open question of this name, or its only one."""
        self._run(self._job.cancel_question(name))

    def cancel(self) -> None:
        """Cancel it, as an operator or a client does."""
        self._run(self._job.cancel())
