"""Merges the figures of several keepers into those of all their jobs.

Quantiles of parts cannot be merged, so the times to a result are left out if several cells have some.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from msgspec import structs

from contract.keeper import NumbersQuery
from contract.numbers import FailureCount, JobNumbers, Numbers


def count_jobs(ask: Callable[[NumbersQuery], Sequence[Numbers]], query: NumbersQuery) -> Numbers:
    """Return the figures of all cells, which `ask` gives for each.

    A cell with many jobs counts its newest only. The other cells are then asked again for the same short stretch:
    figures of different stretches cannot be added.
    """
    parts = ask(query)
    begin = max(part.begin for part in parts)
    if any(part.begin < begin for part in parts):
        shorter = structs.replace(query, since=int(datetime.fromisoformat(begin).timestamp() * 1_000))
        parts = [structs.replace(part, since=parts[0].since, is_complete=False) for part in ask(shorter)]
    return merge_numbers(parts)


def merge_numbers(parts: Sequence[Numbers]) -> Numbers:
    """Return the figures of all cells. The figures of a single cell stay as they are."""
    if len(parts) == 1:
        return parts[0]
    times = [part.result_seconds for part in parts if part.result_seconds]
    jobs = [part.oldest_job for part in parts if part.oldest_job]
    decisions = [part.oldest_decision for part in parts if part.oldest_decision]
    return structs.replace(
        parts[0],
        begin=max(part.begin for part in parts),
        is_complete=all(part.is_complete for part in parts),
        jobs=_add_jobs(one for part in parts for one in part.jobs),
        failures=_add_failures(one for part in parts for one in part.failures),
        result_seconds=times[0] if len(times) == 1 else None,
        oldest_job=min(jobs, key=lambda one: one.created_at, default=None),
        oldest_decision=min(decisions, key=lambda one: one.since, default=None),
    )


def _add_jobs(rows: Iterable[JobNumbers]) -> tuple[JobNumbers, ...]:
    found: dict[tuple[str, str], list[JobNumbers]] = defaultdict(list)
    for row in rows:
        found[row.start, row.type].append(row)
    return tuple(_add(found[key]) for key in sorted(found))


def _add(rows: Sequence[JobNumbers]) -> JobNumbers:
    return structs.replace(
        rows[0],
        done=sum(row.done for row in rows),
        failed=sum(row.failed for row in rows),
        canceled=sum(row.canceled for row in rows),
        open=sum(row.open for row in rows),
        cost_usd=sum(row.cost_usd for row in rows),
        without_cost=sum(row.without_cost for row in rows),
    )


def _add_failures(rows: Iterable[FailureCount]) -> tuple[FailureCount, ...]:
    jobs = Counter[str]()
    for row in rows:
        jobs[row.code] += row.jobs
    return tuple(FailureCount(code=code, jobs=count) for code, count in jobs.most_common())
