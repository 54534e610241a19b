"""`longhand watch`: show jobs as they change."""

import time
from collections.abc import Callable, Sequence
from typing import Annotated, Final

import typer

from contract.job_lists import MAX_LIMIT
from ops.api import Api
from ops.errors import UserError
from ops.exit_codes import ExitCode
from ops.job_table import Row, show_rows
from ops.job_watch import EXIT_CODES
from ops.screen import Screen
from ops.target import open_target
from ops.target_options import TargetOptions

_POLL_SECONDS: Final = 2.0
_OUTAGE_CODES: Final = (ExitCode.UNAVAILABLE, ExitCode.BUSY)


def watch(
    options: TargetOptions,
    jobs: Annotated[
        list[str] | None, typer.Argument(metavar="[JOB]...", help="Jobs by their ids; without any, the newest jobs.")
    ] = None,
    *,
    limit: Annotated[int, typer.Option(min=1, max=MAX_LIMIT, help="How many of the newest jobs.")] = 20,
) -> int:
    """Show jobs as they change: in a terminal as a table, else with a line for each change.

    Jobs that are named are watched until all of them have ended; the exit code is that of the first that is not done.
    The newest jobs are watched until Ctrl-C. An API that restarts does not end it.

    For example:

      longhand watch

      longhand watch invoice-4f2a9c1b7e10 report-7 --stack Longhand

      longhand watch --limit 50 | grep failed
    """
    screen, target = Screen.open(), open_target(options)
    screen.print_note(f"Using {target.name}; Ctrl-C ends the watch, and no job")
    read = _read_named(target.api, jobs) if jobs else _read_newest(target.api, limit)
    try:
        rows = _follow(screen, read, until_ended=bool(jobs))
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED if jobs else ExitCode.OK
    return next((EXIT_CODES[row.state] for row in rows if EXIT_CODES[row.state]), ExitCode.OK)


def _follow(screen: Screen, read: Callable[[], Sequence[Row]], *, until_ended: bool) -> Sequence[Row]:
    """Show the rows again and again; return the last ones."""
    rows = read()
    with show_rows(screen) as show:
        while True:
            show(rows)
            if until_ended and all(row.has_ended for row in rows):
                return rows
            time.sleep(_POLL_SECONDS)
            rows = _read_again(read) or rows


def _read_again(read: Callable[[], Sequence[Row]]) -> Sequence[Row]:
    """Return the rows, or nothing during an outage."""
    try:
        return read()
    except UserError as error:
        if error.code not in _OUTAGE_CODES:
            raise
        return ()


def _read_newest(api: Api, limit: int) -> Callable[[], Sequence[Row]]:
    return lambda: [Row.of_summary(job) for job in api.list_jobs(limit=limit).jobs]


def _read_named(api: Api, names: Sequence[str]) -> Callable[[], Sequence[Row]]:
    """Return a function that reads the jobs, and those that have ended no more."""
    known: dict[str, Row] = {}

    def read() -> Sequence[Row]:
        for name in names:
            if name not in known or not known[name].has_ended:
                known[name] = Row.of_job(api.get(name))
        return [*known.values()]

    return read
