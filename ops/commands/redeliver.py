"""`longhand redeliver`: deliver events of a job again."""

from typing import Annotated

import typer

from contract.delivery_log import DeliveryState
from ops.errors import UserError
from ops.exit_codes import ExitCode
from ops.screen import Screen
from ops.target import open_target
from ops.target_options import TargetOptions

from .deliveries import find_last
from .options import AsJson


def redeliver(
    job_id: Annotated[str, typer.Argument(metavar="JOB", help="The job's id.")],
    options: TargetOptions,
    event_id: Annotated[str | None, typer.Argument(metavar="[EVENT]", help="The event's id, as first.done.")] = None,
    *,
    as_json: AsJson = False,
) -> int:
    """Deliver an event of a job again: without EVENT, each event whose delivery was given up.

    The receiver gets the same event under the same id. While a delivery is pending, none is added.

    For example:

      longhand redeliver report-7

      longhand redeliver report-7 report-7.done
    """
    screen, api = Screen.open(), open_target(options).api
    last = find_last(api.deliveries(job_id).deliveries)
    events = [event_id] if event_id else [one.event_id for one in last if one.state == DeliveryState.GAVE_UP]
    if not events:
        advice = f"./longhand deliveries {job_id} lists its events: name the one to deliver again"
        raise UserError(ExitCode.REFUSED, f"no delivery of {job_id} was given up", advice)
    started = [api.redeliver(job_id, event) for event in events]
    if as_json:
        screen.print_json([one.to_dict() for one in started])
    else:
        for one in started:
            screen.print_line(f"{one.event_id}: delivery {one.number} is {one.state}")
    return ExitCode.OK
