"""Figures from rows of jobs: counts by period and type, costs, codes of failures, and times to results."""

from base64 import b64decode
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any, Final, Self

from contract.answers import STATES, JobFailure, JobState
from contract.api_value import ApiValue
from contract.keeper import NumbersQuery
from contract.numbers import FailureCount, JobNumbers, Numbers, Period, ResultTimes
from contract.times import format_ms

_DONE_STATE: Final = "resolved"
_TIMED_OUT_STATE: Final = "rejected_timedout"
_MAX_CODE: Final = 60  # characters: another program may have failed a job with any text
_ABSURD_USD: Final = 1e9  # a higher or negative cost would spoil the sums


class _Costs(ApiValue, frozen=True):
    """The part of a result that has the job's cost."""

    cost_usd: float | None = None


class _Rejection(ApiValue, frozen=True):
    """The value of a promise that was rejected."""

    message: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CountedJob:
    """A job, as far as the figures need it."""

    created_at: int
    id: str
    state: JobState
    type: str
    seconds: float  # from its creation to its end
    cost_usd: float | None  # the cost of a done job; None: not known
    code: str  # the code of a failed job

    @classmethod
    def read(cls, row: Sequence[Any]) -> Self:
        """Read the columns of a row; the value is JSON in base64, and most of it is dropped."""
        created_at, id_, state, settled_at, type_, value = row
        return cls(
            created_at=created_at,
            id=id_,
            state=STATES[state],
            type=type_ or "",
            seconds=0.0 if settled_at is None else (settled_at - created_at) / 1_000,
            cost_usd=read_cost(value) if state == _DONE_STATE else None,
            code=read_code(state, value) if STATES[state] is JobState.FAILED else "",
        )


def summarize(jobs: Sequence[CountedJob], query: NumbersQuery, *, begin: int) -> Numbers:
    """Return the figures of these jobs, which are all that were created between `begin` and the end of the query."""
    return Numbers(
        since=format_ms(query.since),
        begin=format_ms(begin),
        until=format_ms(query.until),
        period=query.period,
        is_complete=begin == query.since,
        jobs=tuple(_count_jobs(jobs, query.period)),
        failures=tuple(_count_failures(jobs)),
        result_seconds=_measure_results(jobs),
    )


def _count_jobs(jobs: Iterable[CountedJob], period: Period) -> Iterator[JobNumbers]:
    groups: dict[tuple[int, str], list[CountedJob]] = {}
    for job in jobs:
        start = job.created_at - job.created_at % period.milliseconds
        groups.setdefault((start, job.type), []).append(job)
    for (start, type_), group in sorted(groups.items()):
        yield _count_group(group, start, type_)


def _count_group(group: Sequence[CountedJob], start: int, type_: str) -> JobNumbers:
    states = Counter(job.state for job in group)
    costs = [job.cost_usd for job in group if job.cost_usd is not None]
    return JobNumbers(
        start=format_ms(start),
        type=type_,
        done=states[JobState.DONE],
        failed=states[JobState.FAILED],
        canceled=states[JobState.CANCELED],
        open=states[JobState.PROCESSING],
        cost_usd=round(sum(costs), 6),
        without_cost=states[JobState.DONE] - len(costs),
    )


def _count_failures(jobs: Iterable[CountedJob]) -> Iterator[FailureCount]:
    codes = Counter(job.code for job in jobs if job.state is JobState.FAILED)
    return (FailureCount(code=code, jobs=count) for code, count in sorted(codes.items(), key=_by_count))


def _by_count(counted: tuple[str, int]) -> tuple[int, str]:
    code, count = counted
    return -count, code


def _measure_results(jobs: Iterable[CountedJob]) -> ResultTimes | None:
    times = sorted(job.seconds for job in jobs if job.state is JobState.DONE)
    if not times:
        return None
    return ResultTimes(p50=times[ceil(0.5 * len(times)) - 1], p95=times[ceil(0.95 * len(times)) - 1])


def read_cost(value: str | None) -> float | None:
    """Return the cost of a done job; None if its result has none, or has another form."""
    try:
        cost = _Costs.from_json(b64decode(value or "", validate=True)).cost_usd
    except ValueError:
        return None
    return cost if cost is not None and 0 <= cost < _ABSURD_USD else None


def read_code(state: str, value: str | None) -> str:
    """Return the code with which a job failed."""
    if state == _TIMED_OUT_STATE:
        return JobFailure.by_deadline().code
    try:
        message: str | None = _Rejection.from_json(b64decode(value or "", validate=True)).message
    except ValueError:
        message = None
    return JobFailure.parse(message).code[:_MAX_CODE]
