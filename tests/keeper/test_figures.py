"""The figures of rows: periods of UTC, times to results, and values that are no results."""

from base64 import b64encode

import pytest

from contract.keeper import NumbersQuery
from contract.numbers import Numbers, Period, ResultTimes
from keeper.queries.figures import CountedJob, read_code, read_cost, summarize

HOUR_MS = 3_600_000
MIDNIGHT_MS = 1_800_000_000_000 // (24 * HOUR_MS) * 24 * HOUR_MS


def encode(text: str) -> str:
    return b64encode(text.encode()).decode()


def make_job(number: int, *, hours: float = 0.0, seconds: float = 1.0, state: str = "resolved") -> CountedJob:
    created = MIDNIGHT_MS + int(hours * HOUR_MS)
    ended = None if state == "pending" else created + int(seconds * 1_000)
    return CountedJob.read((created, f"doc/{number}", state, ended, "invoice", encode('{"costUsd": 0.1}')))


def count(jobs: list[CountedJob], period: Period) -> Numbers:
    query = NumbersQuery(since=0, until=2 * MIDNIGHT_MS, period=period)
    return summarize(jobs, query, begin=0)


@pytest.mark.parametrize(("period", "starts"), [(Period.HOUR, [0, 23, 24]), (Period.DAY, [0, 24])])
def test_jobs_are_counted_by_the_hours_or_days_of_utc(period: Period, starts: list[int]) -> None:
    jobs = [make_job(number, hours=hours) for number, hours in enumerate((0, 0.9, 23.99, 24))]
    expected = [make_job(0, hours=start) for start in starts]
    assert [one.start for one in count(jobs, period).jobs] == [one.start for one in count(expected, period).jobs]
    assert sum(one.done for one in count(jobs, period).jobs) == 4


def test_sums_of_costs_have_no_noise_of_binary_fractions() -> None:
    [found] = count([make_job(number) for number in range(3)], Period.DAY).jobs
    assert found.cost_usd == 0.3


def test_half_of_all_results_took_no_longer_than_p50() -> None:
    jobs = [make_job(number, seconds=number) for number in range(1, 101)]
    assert count(jobs, Period.DAY).result_seconds == ResultTimes(p50=50, p95=95)
    assert count(jobs[:1], Period.DAY).result_seconds == ResultTimes(p50=1, p95=1)
    assert count([make_job(1, state="pending"), make_job(2, state="rejected")], Period.DAY).result_seconds is None


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "*",
        encode(""),
        encode("[1]"),
        encode('{"costUsd": "1"}'),
        encode('{"costUsd": -1}'),
        encode('{"costUsd": 1e300}'),
        encode('{"costUsd": NaN}'),
        encode("[" * 100_000),
        b64encode(b"\xff").decode(),
    ],
)
def test_a_value_that_is_no_result_has_no_cost_and_no_code_of_ours(value: str | None) -> None:
    assert read_cost(value) is None
    assert read_code("rejected", value) == "unexpected"
    assert read_code("rejected_timedout", value) == "deadline_exceeded"


def test_a_code_of_another_program_is_cut() -> None:
    text = '{\\"code\\": \\"' + "x" * 1_000 + '\\", \\"message\\": \\"\\"}'
    assert read_code("rejected", encode(f'{{"message": "{text}"}}')) == "x" * 60
