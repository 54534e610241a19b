"""`longhand numbers`: figures of jobs: how many, what became of them, what they cost, how old the oldest are."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Final

import typer

from contract.numbers import JobNumbers, Numbers, Period
from ops.estimates import format_dollars
from ops.exit_codes import ExitCode
from ops.moments import find_time, shorten_time
from ops.screen import Screen
from ops.target import open_target
from ops.target_options import TargetOptions

from .options import AsJson

_HEADINGS: Final = ("from", "type", "done", "failed", "canceled", "open", "cost")


def numbers(  # noqa: PLR0913 - its options
    options: TargetOptions,
    *,
    since: Annotated[str, typer.Option(help="Jobs created since: a time, or 90s, 10m, 2h, 1d ago.")] = "1d",
    until: Annotated[str | None, typer.Option(help="Jobs created before: a time, or so long ago.")] = None,
    period: Annotated[
        Period | None, typer.Option(help="Count by hours or days.", show_default="hours up to two days")
    ] = None,
    requester: Annotated[str | None, typer.Option(help="Only jobs of this requester.")] = None,
    as_json: AsJson = False,
) -> int:
    """Count jobs by the time of their creation: what became of them, what they cost, and how old the oldest are.

    For example:

      longhand numbers

      longhand numbers --since 30d --stack Longhand
    """
    screen, target = Screen.open(), open_target(options)
    found = target.api.numbers(
        since=find_time(since),
        until=find_time(until) if until else None,
        period=period,
        requester_id=requester,
    )
    if as_json:
        screen.print_json(found.to_dict())
    else:
        screen.print_table([_HEADINGS, *map(_format_row, found.jobs), _add_up(found.jobs)])
        screen.print_pairs(dict(_describe(found)))
    if not found.is_complete:
        screen.print_note(f"Only the newest jobs were counted: see those before with --until {found.begin}")
    return ExitCode.OK


def _format_row(row: JobNumbers) -> tuple[str, ...]:
    return (shorten_time(row.start), row.type, *_format_counts([row]))


def _add_up(rows: Sequence[JobNumbers]) -> tuple[str, ...]:
    return ("all", "", *_format_counts(rows))


def _format_counts(rows: Sequence[JobNumbers]) -> Iterator[str]:
    for name in ("done", "failed", "canceled", "open"):
        yield str(sum(getattr(row, name) for row in rows))
    unknown = sum(row.without_cost for row in rows)
    yield format_dollars(sum(row.cost_usd for row in rows)) + (f", {unknown} unknown" if unknown else "")


def _describe(found: Numbers) -> Iterable[tuple[str, str]]:
    if found.result_seconds:
        times = found.result_seconds
        yield "time to result", f"{times.p50:.1f} s for half of them, {times.p95:.1f} s for 95 %"
    for failure in found.failures:
        yield f"failed with {failure.code}", str(failure.jobs)
    if found.oldest_job:
        yield "oldest open job", f"{found.oldest_job.id}, since {shorten_time(found.oldest_job.created_at)}"
    if found.oldest_decision:
        oldest = found.oldest_decision
        yield "oldest decision", f"{oldest.id} ({oldest.reason}), since {shorten_time(oldest.since)}"
