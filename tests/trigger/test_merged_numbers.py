"""The figures of several cells are those of all their jobs in one stretch of time."""

from collections.abc import Sequence

from contract.keeper import NumbersQuery
from contract.numbers import JobNumbers, Numbers, Period
from contract.times import format_ms
from lambdas.trigger.merged_numbers import count_jobs

HOUR_MS = Period.HOUR.milliseconds
QUERY = NumbersQuery(since=0, until=4 * HOUR_MS, period=Period.HOUR)


class Cell:
    """Has one job in each of the four hours, and counts those of the newest hours."""

    def __init__(self, *, most_hours: int = 4) -> None:
        self.first_ms = (4 - most_hours) * HOUR_MS

    def count(self, query: NumbersQuery) -> Numbers:
        """Answer as a keeper does."""
        begin = max(query.since, self.first_ms)
        return Numbers(
            since=format_ms(query.since),
            begin=format_ms(begin),
            until=format_ms(query.until),
            period=query.period,
            is_complete=begin == query.since,
            jobs=tuple(make_row(start) for start in range(begin, query.until, HOUR_MS)),
            failures=(),
        )


def make_row(start: int) -> JobNumbers:
    return JobNumbers(
        start=format_ms(start), type="invoice", done=1, failed=0, canceled=0, open=0, cost_usd=0.5, without_cost=0
    )


def count_in(*cells: Cell) -> tuple[Numbers, Sequence[int]]:
    """Return the figures of the cells, and since when each question asked."""
    asked = list[int]()

    def ask(query: NumbersQuery) -> Sequence[Numbers]:
        asked.append(query.since)
        return [cell.count(query) for cell in cells]

    return count_jobs(ask, QUERY), asked


def test_the_jobs_of_all_cells_are_added() -> None:
    numbers, asked = count_in(Cell(), Cell())
    assert ([row.done for row in numbers.jobs], numbers.is_complete, asked) == ([2, 2, 2, 2], True, [0])


def test_all_cells_count_no_further_back_than_the_one_with_most_jobs() -> None:
    numbers, asked = count_in(Cell(), Cell(most_hours=2))
    assert ([row.done for row in numbers.jobs], numbers.is_complete) == ([2, 2], False)
    assert (numbers.since, numbers.begin) == (format_ms(0), format_ms(2 * HOUR_MS))
    assert asked == [0, 2 * HOUR_MS]


def test_one_cell_is_asked_once() -> None:
    numbers, asked = count_in(Cell(most_hours=1))
    assert (len(numbers.jobs), numbers.begin, asked) == (1, format_ms(3 * HOUR_MS), [0])
