"""What the log says of a run that is over: how a job ended, or why its run ended before it.

Each line is one event with a name of its own, so that a log store can count them and alarm.
"""

import logging
from http import HTTPStatus
from typing import Final

from resonate.error import FunctionNotFoundError, ServerError
from resonate.ids import origin_of

from durable.logs import Field, log_event
from durable.run import Ending, Run, Work

_LOG = logging.getLogger(__name__)
_EXPECTED: Final = (Ending.DRAINED, Ending.SETTLED)


def report(run: Run, error: BaseException | None, now: float) -> str:
    """Write the line, and return how the run ended, in the words that are counted."""
    if run.ending or error:
        _report_early(run, error)
    elif run.work and run.is_settled:
        _report_end(run, run.work, now)
    return run.ending or (type(error).__name__ if error else "done")


def _report_end(run: Run, work: Work, now: float) -> None:
    origin = origin_of(run.id)
    what = "job" if run.id == origin else "part"
    how = "failed" if work.failure else "done"
    fields: dict[str, Field] = {
        "event": f"{what}_{how}",
        "promiseId": origin,
        "workflow": work.workflow,
        "version": work.version,
        "duration": round(now - (run.created_at or now), 3),  # of which it may have waited most
    }
    if work.failure:
        fields |= {"code": work.failure.code, "step": work.failure.step, "error": work.failure.message}
    log_event(_LOG, logging.WARNING if work.failure else logging.INFO, f"{what} {how}", fields)


def _report_early(run: Run, error: BaseException | None) -> None:
    fields: dict[str, Field] = {"event": "run_ended_early", "promiseId": origin_of(run.id), "task": run.id}
    if isinstance(error, FunctionNotFoundError):
        fields |= {"event": "parked", "workflow": error.name, "version": error.version}
        log_event(_LOG, logging.ERROR, "parked: this worker does not know the workflow or its version", fields)
    elif isinstance(error, ServerError) and error.code == HTTPStatus.CONFLICT and not run.ending:
        log_event(_LOG, logging.DEBUG, "another worker was faster", fields)
    else:
        how = run.ending or type(error).__name__
        level = logging.INFO if run.ending in _EXPECTED else logging.WARNING
        log_event(_LOG, level, f"a run ended early: {how}", {**fields, "error": repr(error) if error else None})
