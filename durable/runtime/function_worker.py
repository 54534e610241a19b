"""Runs one announced task in each call, in a process that is frozen between calls: a worker in a Lambda function.

It has neither a stream nor a gate: the caller has heard of the task. A running task is handled as in a worker: its
steps and requests are known, and are ended in time. The lease outlasts the call. So nothing renews it, and code that
blocks the event loop does not lose it. The caller knows when the call is over, and releases the task if the function
died.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, Final

from resonate.error import ResonateError, ServerError
from resonate.heartbeat import NoopHeartbeat
from resonate.observability import noop_observer
from resonate.registry import Registry
from resonate.transport import Transport

from durable.clock import Clock
from durable.logs import filter_core_logs, log_event
from durable.payload import LenientCodec
from durable.run import EndReason, Run, Runs, Tools
from durable.step_events import OnStepEvent, ignore_step_events
from durable.wire.function_calls import CallAnswer, CallStatus, FunctionCall
from durable.workflows import Workflow

from .background import Background
from .core import make_core
from .drain import finish_runs
from .parking import find_version_to_park, leave_note, make_note, release
from .replies import RefusedError
from .report import report
from .sender import RunSender
from .server_promises import ServerPromises
from .settings import Settings, make_pid
from .task_check import check_task
from .wire_network import WireNetwork

_LOG: Final = logging.getLogger(__name__)
RESERVED_SECONDS: Final = 4.0  # at the end of a call: no step runs, results are written, and the task is released
_GRACE_SECONDS: Final = 2.0  # kept of the reserved seconds, for a step that has ignored its time limit
_LOST_SECONDS: Final = 1.0  # kept of the reserved seconds; then the call ends, whatever is still open
_LEASE_SLACK_SECONDS: Final = 5.0
_CHECK_SECONDS: Final = 5.0  # between two looks whether the task was ended from outside
_POLL_SECONDS: Final = 0.05
_ELSEWHERE: Final = (HTTPStatus.CONFLICT, HTTPStatus.NOT_FOUND)


class OutOfTimeError(Exception):
    """A call ended before its run had written anything, so the next call would get no further."""


@dataclass(frozen=True, kw_only=True)
class _Call:
    """One call, with what belongs to its event loop."""

    run: Run
    sender: RunSender
    settings: Settings


class FunctionWorker:
    """Lasts as long as the process. Parts of its workflows that name no group go to the settings' group."""

    def __init__(
        self,
        settings: Settings,
        workflows: Sequence[Workflow[..., Any]],
        *,
        on_step_event: OnStepEvent = ignore_step_events,
        clock: Clock | None = None,
    ) -> None:
        self._settings: Final = settings
        self._on_step_event: Final = on_step_event
        self._clock: Final = clock or Clock()
        self._network: Final = WireNetwork(settings, self._clock)
        self._codec: Final = LenientCodec()
        self._registry: Final = Registry()
        self._is_cold = True
        for workflow in workflows:
            self._registry.register(workflow.name, workflow, workflow.version)
        filter_core_logs()

    def answer(self, call: FunctionCall, seconds: float) -> CallAnswer:
        """Run the task of a call for at most this many seconds. An error means that the function has failed."""
        return asyncio.run(self._answer(call, seconds))

    def close(self) -> None:
        """Close the connections. A function of Lambda never does: its process is ended."""
        self._network.close()

    async def _answer(self, call: FunctionCall, seconds: float) -> CallAnswer:
        current = self._open(call, seconds)
        watchers = Background(_log_failure)
        watchers.start(self._check_regularly(current))
        watchers.start(self._end_in_time(current))
        try:
            async with asyncio.timeout(max(seconds - _LOST_SECONDS, 0.0)):
                return await self._run(current)
        except TimeoutError:
            current.run.end(EndReason.LEASE_LAPSED)
            log_event(_LOG, logging.ERROR, "out of time", {"event": "out_of_time", "task": current.run.id})
            return CallAnswer(status=CallStatus.LOST, version=current.run.fence)
        finally:
            watchers.cancel()

    def _open(self, call: FunctionCall, seconds: float) -> _Call:
        task = call.data.task
        runs: Runs = {}
        pid = call.head.pid or make_pid()
        settings = replace(self._settings, pid=pid, lease=seconds + _LEASE_SLACK_SECONDS, grace=_GRACE_SECONDS)
        transport = Transport(self._network, [], noop_observer)
        sender = RunSender(transport, settings.token, runs, self._clock.monotonic)
        tools = Tools(
            on_step_event=self._on_step_event,
            clock=self._clock,
            promises=ServerPromises(sender, self._codec, settings.group, self._clock),
            slots=asyncio.Semaphore(settings.slots),
        )
        run = runs[task.id] = Run(task.id, task.version, tools, time_limit=max(seconds - RESERVED_SECONDS, 0.0))
        run.is_cold, self._is_cold = self._is_cold, False
        return _Call(run=run, sender=sender, settings=settings)

    async def _run(self, call: _Call) -> CallAnswer:
        run, sender = call.run, call.sender
        core = make_core(
            sender, self._codec, self._registry, heartbeat=NoopHeartbeat(), settings=call.settings, clock=self._clock
        )
        error = await run.execute(core.on_message(run.id, run.version))
        report(run, error, self._clock.now())
        status = _find_status(run, error)
        if status is CallStatus.HANDED_OVER and run.fence is not None and not await release(sender, run.id, run.fence):
            status = CallStatus.LOST  # the bridge releases the task; otherwise it would wait until a long lease ends
        if status is CallStatus.PARKED and error:
            # Named after the group, so that there is one note: each call has a pid of its own.
            note = make_note(run.id, error, f"function of {self._settings.group}")
            await leave_note(sender, note, self._clock.now(), _GRACE_SECONDS)
        return CallAnswer(status=status, version=run.fence)

    async def _check_regularly(self, call: _Call) -> None:
        while True:
            await self._clock.sleep(_CHECK_SECONDS)
            with suppress(ResonateError, TimeoutError):
                async with asyncio.timeout(_CHECK_SECONDS):
                    await check_task(call.run, call.sender)

    async def _end_in_time(self, call: _Call) -> None:
        """End the run when its time is over, or when it hands over and all its steps and requests have ended."""
        run = call.run
        while run.time_left > 0 and (not run.is_draining or run.steps or run.requests):  # noqa: ASYNC110 steps end anywhere
            await asyncio.sleep(min(_POLL_SECONDS, run.time_left))
        await finish_runs({run.id: run}, call.settings, asyncio.Event())


def _find_status(run: Run, error: BaseException | None) -> CallStatus:
    """Return how the run ended, or raise the error if the function itself has failed."""
    if run.is_settled:
        return CallStatus.COMPLETED
    if run.end_reason is EndReason.DRAINED:
        if run.lease and run.time_left <= 0 and not run.has_progressed:
            message = f"the run of {run.id} has written nothing in {run.time_limit:.0f} s: let workers run the workflow"
            raise OutOfTimeError(message)
        return CallStatus.HANDED_OVER if run.lease else CallStatus.LOST
    if isinstance(error, RefusedError):
        raise error
    if find_version_to_park(run) is not None:
        return CallStatus.PARKED
    if run.end_reason or (isinstance(error, ServerError) and error.code in _ELSEWHERE):
        return CallStatus.ELSEWHERE
    if isinstance(error, ResonateError):
        return CallStatus.LOST
    if error:
        raise error
    return CallStatus.SUSPENDED


def _log_failure(reason: str) -> None:
    log_event(_LOG, logging.CRITICAL, reason, {"event": "function_fault"})
