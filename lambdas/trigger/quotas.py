"""The quotas of a requester: how many jobs it may have at a time, and how many it may send within an hour.

The keeper counts them in the server's own table, so a deployment without it has no quotas. A count comes before the job
is recorded: requests that arrive together may exceed a quota by their number. Answers name the quotas as the RateLimit
headers do (draft-ietf-httpapi-ratelimit-headers-11).
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from msgspec import structs

from contract.keeper import CountQuery, JobCount, RecentJobs, RecentQuery

from .errors import ProblemError, bad_request
from .keeper_client import ask_keepers
from .ports import Ports
from .problems import too_many_jobs, too_many_jobs_per_hour

HOUR_SECONDS: Final = 3_600
_OPEN: Final = "openJobs"
_HOURLY: Final = "jobsPerHour"


@dataclass(frozen=True, kw_only=True)
class Quota:
    """One quota as a request finds it; `problem` is why the request must wait."""

    name: str
    policy: str  # its parameters
    left: int  # after the request
    problem: ProblemError | None = None

    def describe(self) -> str:
        """Return how much of it is left, and when there will be more."""
        seconds = "" if self.problem is None else f";t={self.problem.headers['Retry-After']}"
        return f'"{self.name}";r={self.left}{seconds}'


@dataclass(frozen=True)
class Allowance:
    """Whether a requester may send more jobs, and the headers about its quotas."""

    problem: ProblemError | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def check_quotas(ports: Ports, requester_id: str, added: int) -> Allowance:
    """Return whether a requester may send this number of jobs. If the keeper does not answer, it may."""
    try:
        quotas = [*_read_quotas(ports, requester_id, added)]
    except ProblemError as problem:
        if problem.status >= 500:  # noqa: PLR2004 - the keeper is away
            return Allowance()
        return Allowance(problem)
    headers = {
        "RateLimit-Policy": ", ".join(f'"{one.name}";{one.policy}' for one in quotas),
        "RateLimit": ", ".join(one.describe() for one in quotas),
    }
    problems = [one.problem.with_headers(headers) for one in quotas if one.problem]
    return Allowance(problems[-1] if problems else None, headers)


def _read_quotas(ports: Ports, requester_id: str, added: int) -> Iterator[Quota]:
    """Yield each quota of the deployment. Raises ProblemError."""
    if ports.max_open_jobs is not None:
        _refuse_too_many(added, ports.max_open_jobs, "have at a time")
        yield _read_open(ports, requester_id, added, ports.max_open_jobs)
    if ports.max_hourly_jobs is not None:
        _refuse_too_many(added, ports.max_hourly_jobs, "send within an hour")
        yield _read_hourly(ports, requester_id, added, ports.max_hourly_jobs)


def _refuse_too_many(added: int, max_jobs: int, verb: str) -> None:
    """Refuse a batch that no wait would help."""
    if added > max_jobs:
        raise bad_request(f"the batch has {added} items, and a requester may {verb} {max_jobs} jobs: send fewer in one")


def _read_open(ports: Ports, requester_id: str, added: int, max_jobs: int) -> Quota:
    counted = ask_keepers(ports, CountQuery(requester_id=requester_id, most=max_jobs), JobCount)
    count = min(sum(one.count for one in counted), max_jobs)
    is_full = count + added > max_jobs
    return Quota(
        name=_OPEN,
        policy=f"q={max_jobs}",
        left=max_jobs - count - (0 if is_full else added),
        problem=too_many_jobs(count, max_jobs) if is_full else None,
    )


def _read_hourly(ports: Ports, requester_id: str, added: int, max_jobs: int) -> Quota:
    query = RecentQuery(requester_id=requester_id, since=_find_start(ports), most=max_jobs)
    count = min(sum(one.count for one in ask_keepers(ports, query, RecentJobs)), max_jobs)
    is_full = count + added > max_jobs
    problem = (
        too_many_jobs_per_hour(count, max_jobs, _count_seconds(ports, query, max_jobs - added)) if is_full else None
    )
    return Quota(
        name=_HOURLY,
        policy=f"q={max_jobs};w={HOUR_SECONDS}",
        left=max_jobs - count - (0 if is_full else added),
        problem=problem,
    )


def _count_seconds(ports: Ports, query: RecentQuery, max_recent: int) -> int:
    """Return the seconds until at most `max_recent` jobs, in all cells together, are less than an hour old."""
    found = ask_keepers(ports, structs.replace(query, with_times=True), RecentJobs)
    times = sorted((at for one in found for at in one.times), reverse=True)
    newest_leaving_ms = times[max_recent] if max_recent < len(times) else query.since  # enough jobs are older by now
    return max(1, math.ceil(newest_leaving_ms / 1_000 + HOUR_SECONDS - ports.clock.now()))


def _find_start(ports: Ports) -> int:
    """Return the start of the last hour, in milliseconds since 1970."""
    return int((ports.clock.now() - HOUR_SECONDS) * 1_000)
