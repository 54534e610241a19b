"""The bridge: calls a function for each task of its group, and waits for the answer.

It takes the place of the SDK's core in a worker, so the worker handles concurrency, repeated messages, parking and
draining. The bridge acquires no task and has no state to lose: a function has a lease of its own, and continues when
the bridge is gone. The bridge releases a task only if its own call held the task and that function has ended.
"""

import logging
from typing import Final, Protocol

from msgspec import json
from resonate.ids import origin_of

from durable.clock import Clock
from durable.errors import ErrorCode, PermanentError
from durable.logs import log_event
from durable.promises import PromisePort
from durable.retry import Retry
from durable.run import Run, Runs
from durable.wire.function_calls import CallAnswer, CallHead, CallStatus, FunctionCall
from durable.wire.messages import ExecuteData, TaskRef

from .failure_counts import FailureCounts
from .function_errors import FunctionFailedError, NotTakenError
from .sender import RunSender
from .settings import make_pid

_LOG: Final = logging.getLogger(__name__)
MAX_FAILURES: Final = 8  # in a row, by functions that held the task; with the pauses they take a minute
_NOT_TAKEN: Final = Retry(first=0.2, cap=5.0)  # a throttled call keeps its place, and has no last attempt
_LOGGED_ATTEMPT: Final = 5


class Function(Protocol):
    """A function that a bridge can call."""

    async def call(self, message: bytes) -> CallAnswer:
        """Call it once, and return its answer or raise a CallError."""

    async def close(self) -> None:
        """Close its connections."""


class Bridge:
    """`on_message` runs a task, as the SDK's core does."""

    def __init__(
        self, function: Function, *, sender: RunSender, promises: PromisePort, runs: Runs, clock: Clock
    ) -> None:
        self._function: Final = function
        self._sender: Final = sender
        self._promises: Final = promises
        self._runs: Final = runs
        self._clock: Final = clock
        self._failures: Final = FailureCounts()  # failures of functions that held the task

    async def on_message(self, task_id: str, version: int) -> None:
        """Run a task, and return when the run has ended. The gate parks the task if the run has a released version."""
        attempt = 1
        while True:
            try:
                return await self._call_once(task_id, version)
            except NotTakenError as exc:
                if attempt == _LOGGED_ATTEMPT:
                    fields = {"event": "calls_not_taken", "error": str(exc)}
                    log_event(_LOG, logging.WARNING, "calls of the function are not taken: they wait", fields)
            await self._clock.sleep(_NOT_TAKEN.pause(attempt, self._clock.draw()))
            attempt += 1

    async def _call_once(self, task_id: str, version: int) -> None:
        # Each call has a name of its own: a function may have begun although Lambda reported a fault. If the next call
        # fails, the task of that function must not be released.
        call = FunctionCall(data=ExecuteData(task=TaskRef(id=task_id, version=version)), head=CallHead(pid=make_pid()))
        run = self._runs[task_id]
        try:
            answer = await self._function.call(json.encode(call))
        except FunctionFailedError as exc:
            # Release nothing if the function has not begun the task, or has ended it, or if another function holds it.
            held = await self._find_held_version(call)
            run.released_version = version if held is None else held
            if held is not None:
                await self._count_failure(run, exc)
            raise
        self._failures.forget(task_id)
        if answer.status == CallStatus.PARKED:
            run.released_version = answer.version
            fields = {"event": "parked", "promiseId": origin_of(task_id), "task": task_id}
            log_event(_LOG, logging.ERROR, "parked: the function does not know this code, see its log", fields)
        elif answer.status == CallStatus.LOST:
            run.released_version = await self._find_held_version(call)

    async def _find_held_version(self, call: FunctionCall) -> int | None:
        """Return the version under which the function of this call holds the task, or None if it does not."""
        task = await self._sender.task_get(call.data.task.id)
        return task.version if task.state == "acquired" and task.pid == call.head.pid else None

    async def _count_failure(self, run: Run, failure: FunctionFailedError) -> None:
        """After too many failures in a row, reject the task's promise; there is nothing to park then."""
        if self._failures.add(run.id) < MAX_FAILURES:
            return
        self._failures.forget(run.id)
        message = f"the function failed {MAX_FAILURES} times in a row, at last with: {failure}"
        await self._promises.reject(run.id, PermanentError(ErrorCode.FUNCTION_FAILED, message))
        run.released_version = None
