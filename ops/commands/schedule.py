"""`longhand schedule`: have a document processed again and again."""

from typing import Annotated, Any, Final

import typer

from contract.schedules import Schedule, ScheduleRequest
from ops.api import Api
from ops.command_groups import CommandGroup
from ops.exit_codes import ExitCode
from ops.job_options import RequestOptions
from ops.screen import Screen
from ops.target import open_target
from ops.target_options import TargetOptions

from .options import AsJson

ScheduleId = Annotated[str, typer.Argument(metavar="SCHEDULE", help="The schedule's id.")]

_HELP: Final = """Submit a document at the times of a cron expression in UTC, list such schedules, or delete one.

For example:

  longhand schedule add daily https://example.com/report.pdf --cron "30 6 * * MON-FRI" --type report

  longhand schedule list

  longhand schedule delete daily
"""


def add(  # noqa: PLR0913 - an argument for each option
    schedule_id: ScheduleId,
    document: Annotated[str, typer.Argument(metavar="DOCUMENT", help="The document's URL.")],
    request: RequestOptions,
    options: TargetOptions,
    *,
    cron: Annotated[str, typer.Option(help="Minute, hour, day, month and day of week, in UTC.")],
    as_json: AsJson = False,
) -> int:
    """Submit a document at the times of a cron expression.

    For example:

      longhand schedule add daily https://example.com/report.pdf --cron "30 6 * * MON-FRI" --type report
    """
    screen, api = Screen.open(), open_target(options).api
    job = {"documentUrl": document, "requesterId": request.requester_id, **request.fields}
    added = api.add_schedule(ScheduleRequest(id=schedule_id, cron=cron, job=job))
    return _print_schedules(screen, [added], as_json=as_json)


def list_schedules(options: TargetOptions, *, as_json: AsJson = False) -> int:
    """List the schedules in the order of their ids.

    For example:

      longhand schedule list
    """
    screen, api = Screen.open(), open_target(options).api
    return _print_schedules(screen, _list(api), as_json=as_json)


def delete(schedule_id: ScheduleId, options: TargetOptions) -> int:
    """Delete a schedule; the jobs that it has started stay.

    For example:

      longhand schedule delete daily
    """
    screen, api = Screen.open(), open_target(options).api
    screen.print_line(f"{api.delete_schedule(schedule_id).id}: deleted")
    return ExitCode.OK


schedule: Final = CommandGroup(help=_HELP, commands={"add": add, "list": list_schedules, "delete": delete})


def _list(api: Api) -> list[Schedule]:
    page = api.list_schedules()
    found = [*page.schedules]
    while page.cursor:
        page = api.list_schedules(page.cursor)
        found += page.schedules
    return found


def _print_schedules(screen: Screen, found: list[Schedule], *, as_json: bool) -> int:
    if as_json:
        listed: list[Any] = [one.to_dict() for one in found]
        screen.print_json(listed)
    else:
        screen.print_table([(one.id, one.cron, f"next {one.next_run_at}") for one in found])
    return ExitCode.OK
