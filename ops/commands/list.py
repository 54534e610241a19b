"""`longhand list`: list jobs."""

from itertools import islice
from typing import Annotated, Final

import typer

from contract.answers import JobState
from contract.job_lists import MAX_LIMIT, JobSummary
from ops.exit_codes import ExitCode
from ops.moments import find_time, shorten_time
from ops.screen import Screen
from ops.target import open_target
from ops.target_options import TargetOptions

from .options import AsJson

_HEADINGS: Final = ("job", "state", "type", "requester", "created", "ended", "decision")
_MAX_JOBS: Final = 100_000


def list(  # noqa: A001, PLR0913 - the command's name; its options
    options: TargetOptions,
    *,
    status: Annotated[JobState | None, typer.Option(help="Only jobs in this state.")] = None,
    type_: Annotated[str | None, typer.Option("--type", help="Only documents of this type.")] = None,
    requester: Annotated[str | None, typer.Option(help="Only jobs of this requester.")] = None,
    since: Annotated[str | None, typer.Option(help="Only jobs created since: a time, or 90s, 10m, 2h, 1d ago.")] = None,
    batch: Annotated[str | None, typer.Option(help="Only jobs of this batch.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=_MAX_JOBS, help="How many jobs, the newest first.")] = 50,
    as_json: AsJson = False,
) -> int:
    """List jobs, the newest first.

    A job that waits has the decision that it waits for in the last column.

    For example:

      longhand list --status failed --since 1d

      longhand list --status needsReview --stack Longhand

      longhand list --limit 1000 --json | jq -r '.jobs[] | select(.type == "invoice") | .id'
    """
    screen, target = Screen.open(), open_target(options)
    found = target.api.iterate_jobs(
        state=status,
        type=type_,
        requester_id=requester,
        since=find_time(since) if since else None,
        batch=batch,
        page_size=min(limit + 1, MAX_LIMIT),
    )
    jobs = [*islice(found, limit + 1)]  # one more tells whether there are more
    shown, has_more = jobs[:limit], len(jobs) > limit
    if as_json:
        screen.print_json({"jobs": [job.to_dict() for job in shown]})
    elif shown:
        screen.print_table([_HEADINGS, *map(_format_job, shown)])
    else:
        screen.print_note(f"No jobs of {target.name}")
    if has_more:
        screen.print_note(f"There are more: see --limit (now {limit}) and the filters of --help")
    return ExitCode.OK


def _format_job(job: JobSummary) -> tuple[str, ...]:
    decision = job.question.decision if job.question else ""
    return (
        job.id,
        job.state,
        job.type,
        job.requester_id,
        shorten_time(job.created_at),
        shorten_time(job.ended_at),
        decision,
    )
