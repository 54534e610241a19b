"""`longhand schedule`: have a document processed again and again."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from contract.schedules import Schedule, ScheduleRequest
from ops.api import Api
from ops.errors import UserError
from ops.exit_codes import ExitCode
from ops.job_options import RequestOptions
from ops.screen import Screen
from ops.target import open_target
from ops.target_options import TargetOptions

from .options import AsJson


class ScheduleAction(StrEnum):
    """What to do."""

    ADD = "add"
    LIST = "list"
    DELETE = "delete"


def schedule(  # noqa: PLR0913 - an argument for each option
    action: Annotated[ScheduleAction, typer.Argument(metavar="add|list|delete", help="What to do.")],
    request: RequestOptions,
    options: TargetOptions,
    *,
    name: Annotated[str | None, typer.Argument(metavar="SCHEDULE", help="The schedule's id.")] = None,
    document: Annotated[str | None, typer.Argument(metavar="DOCUMENT", help="To add: the document's URL.")] = None,
    cron: Annotated[str | None, typer.Option(help="To add: minute, hour, day, month and day of week, in UTC.")] = None,
    as_json: AsJson = False,
) -> int:
    """Submit a document at the times of a cron expression in UTC, list such schedules, or delete one.

    For example:

      longhand schedule add daily https://example.com/report.pdf --cron "30 6 * * MON-FRI" --type report

      longhand schedule list

      longhand schedule delete daily
    """
    screen, api = Screen.open(), open_target(options).api
    match action, name, document:
        case ScheduleAction.LIST, None, None:
            return _print_schedules(screen, _list(api), as_json=as_json)
        case ScheduleAction.ADD, str(), str() if cron:
            job = {"documentUrl": document, "requesterId": request.requester_id, **request.fields}
            added = api.add_schedule(ScheduleRequest(id=name, cron=cron, job=job))
            return _print_schedules(screen, [added], as_json=as_json)
        case ScheduleAction.DELETE, str(), None:
            screen.print_line(f"{api.delete_schedule(name).id}: deleted")
            return ExitCode.OK
        case _:
            sentence = f"schedule {action} does not take these arguments"
            raise UserError(ExitCode.USAGE, sentence, "see ./longhand schedule --help")


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
