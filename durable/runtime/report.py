"""Log lines about runs: how a job ended, or why a run ended before its job.

Each line is one named event, so that a log store can count them and raise alarms.
"""

import logging
from http import HTTPStatus
from typing import Final

from resonate.error import FunctionNotFoundError, ServerError
from resonate.ids import origin_of

from durable.logs import Field, log_event
from durable.named_context import SequenceError
from durable.run import EndReason, Outcome, Run

from .function_errors import CallError, FunctionFailedError

_LOG = logging.getLogger(__name__)
_ORDINARY_REASONS: Final = (EndReason.DRAINED, EndReason.SETTLED)


def report(run: Run, error: BaseException | None, now: float) -> str:
    """Log how the run ended, and return the name under which it is counted."""
    if run.end_reason or error:
        _report_early_end(run, error)
    elif run.outcome and run.is_settled:
        _report_outcome(run, run.outcome, now)
    return run.end_reason or (type(error).__name__ if error else "done")


def _report_outcome(run: Run, outcome: Outcome, now: float) -> None:
    origin, failure = origin_of(run.id), outcome.failure
    name = f"{'job' if run.id == origin else 'part'} {'failed' if failure else 'done'}"
    fields: dict[str, Field] = {
        "event": name.replace(" ", "_"),
        "promiseId": origin,
        "workflow": outcome.workflow,
        "version": outcome.version,
        "duration": round(now - (run.created_at or now), 3),  # including all waits
    }
    if failure:
        fields |= {"code": failure.code, "step": failure.step, "error": failure.message}
    log_event(_LOG, logging.WARNING if failure else logging.INFO, name, fields)


def _report_early_end(run: Run, error: BaseException | None) -> None:
    fields: dict[str, Field] = {"event": "run_ended_early", "promiseId": origin_of(run.id), "task": run.id}
    if isinstance(error, FunctionNotFoundError | SequenceError):
        fields["event"], (fields["code"], fields["error"]) = "parked", describe_parking(error)
        if isinstance(error, FunctionNotFoundError):
            fields |= {"workflow": error.name, "version": error.version}
        log_event(_LOG, logging.ERROR, f"parked: {fields['error']}", fields)
    elif isinstance(error, CallError):
        is_over = isinstance(error, FunctionFailedError)
        fields |= {"event": "function_failed" if is_over else "call_unanswered", "error": str(error)}
        message = "the function failed" if is_over else "a call of the function has no answer"
        log_event(_LOG, logging.ERROR if is_over else logging.WARNING, message, fields)
    elif isinstance(error, ServerError) and error.code == HTTPStatus.CONFLICT and not run.end_reason:
        log_event(_LOG, logging.DEBUG, "another worker acquired the task first", fields)
    else:
        reason = run.end_reason or type(error).__name__
        level = logging.INFO if run.end_reason in _ORDINARY_REASONS else logging.WARNING
        log_event(_LOG, level, f"a run ended early: {reason}", {**fields, "error": repr(error) if error else None})


def describe_parking(error: BaseException) -> tuple[str, str]:
    """Return the code and the sentence for a task that this worker cannot run."""
    match error:
        case FunctionNotFoundError():
            name = f"{error.name} version {error.version}"
            return "unknown_workflow", f"the worker does not know the workflow {name}: deploy workers that know it"
        case SequenceError():
            return "sequence_changed", str(error)
        case FunctionFailedError():
            return "function_failed", f"the function failed: {error}"
        case _:
            return "unreadable", f"the worker cannot read or run the task: {error}"
