"""`longhand deliveries`: list the deliveries of a job's events."""

from collections.abc import Iterator
from typing import Annotated, Final

import typer

from contract.delivery_log import DeliveryAttempt, DeliveryState, EventDelivery
from ops.exit_codes import ExitCode
from ops.screen import Screen
from ops.target import open_target
from ops.target_options import TargetOptions

from .options import AsJson

_HEADINGS: Final = ("event", "delivery", "receiver", "state", "attempts", "last", "next attempt")
_EXIT_CODES: Final = {DeliveryState.PENDING: ExitCode.RUNNING, DeliveryState.GAVE_UP: ExitCode.FAILED}


def deliveries(
    job_id: Annotated[str, typer.Argument(metavar="JOB", help="The job's id.")],
    options: TargetOptions,
    *,
    as_json: AsJson = False,
) -> int:
    """List the deliveries of a job's events to its callbackUrl, with their attempts.

    Exit code: 0 if the receiver has taken each event, 1 if a last delivery was given up, 2 if one is pending.

    For example:

      longhand deliveries report-7

      longhand deliveries report-7 --json | jq -r '.deliveries[].attempts[-1]'
    """
    screen, log = Screen.open(), open_target(options).api.deliveries(job_id)
    if as_json:
        screen.print_json(log.to_dict())
    elif log.deliveries:
        screen.print_table([_HEADINGS, *map(format_delivery, log.deliveries)])
    else:
        screen.print_line(f"{job_id}: no event has a delivery: its request has no callbackUrl, or it has not begun")
    codes = [_EXIT_CODES.get(one.state, ExitCode.OK) for one in find_last(log.deliveries)]
    return next((code for code in (ExitCode.FAILED, ExitCode.RUNNING) if code in codes), ExitCode.OK)


def find_last(found: tuple[EventDelivery, ...]) -> Iterator[EventDelivery]:
    """Yield the last delivery of each event."""
    last = {one.event_id: one for one in sorted(found, key=lambda one: one.number)}
    yield from last.values()


def format_delivery(one: EventDelivery) -> tuple[str, ...]:
    """Return the row of a delivery."""
    last = format_attempt(one.attempts[-1]) if one.attempts else "-"
    waits = one.next_attempt_at or "-"
    return one.event_id, str(one.number), one.receiver, one.state, str(len(one.attempts)), last, waits


def format_attempt(attempt: DeliveryAttempt) -> str:
    """Return how an attempt ended."""
    return str(attempt.status_code or attempt.error or "-")
