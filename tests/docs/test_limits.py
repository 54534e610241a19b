"""What the pages say of limits is what the code has."""

from lambdas.keys.pair import LIFE
from stacks.profile import PRODUCTION, SMALL
from worker.sources.pace import Pace, SlowError

from .pages import page, rows

TABLE = {first: cells for first, *cells in rows(page("deploy"))}


def test_the_largest_document_and_the_most_requests_are_those_of_the_profiles() -> None:
    profiles = (SMALL, PRODUCTION)
    sizes = [f"{one.document_megabytes} MB, {one.document_pages} pages" for one in profiles]
    assert TABLE["largest document"] == sizes
    requests = [f"{one.requests_per_second}, {one.burst} at once" for one in profiles]
    assert TABLE["requests a second, all callers together"] == requests
    days = [f"{one.history_days} days, {one.documents_days} days" for one in profiles]
    assert TABLE["history of jobs, documents"] == days


def test_a_server_may_be_as_slow_as_the_page_says() -> None:
    said, pace, later = " ".join(page("documents").split()), Pace(), SlowError("too slow").put_off()
    assert f"later than {pace.head:g} s, or gives less than {pace.least / 1_000:g} kB/s for a minute" in said
    assert (pace.slack, later.tries, later.after) == (60, 3, 600)
    assert "is asked three times in all, ten minutes apart" in said
    assert f"not whole after {pace.whole / 60:g} minutes" in said


def test_a_token_lasts_as_long_as_the_page_says() -> None:
    assert LIFE == 10 * 365 * 24 * 3_600
    assert "A token lasts ten years" in " ".join(page("security").split())
