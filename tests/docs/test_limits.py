"""The limits on the pages are those of the code."""

from lambdas.keys.key_pair import TOKEN_SECONDS
from stacks.profile import PRODUCTION_PROFILE, SMALL_PROFILE
from worker.sources.pace import Pace, SlowError

from .pages import page, rows

TABLE = {first: cells for first, *cells in rows(page("deploy"))}


def test_sizes_rates_and_days_on_the_page_are_those_of_the_profiles() -> None:
    profiles = (SMALL_PROFILE, PRODUCTION_PROFILE)
    sizes = [f"{one.document_megabytes} MB, {one.document_pages} pages" for one in profiles]
    assert TABLE["largest document"] == sizes
    submissions = [f"{one.submissions_per_second}, burst {one.submission_burst}" for one in profiles]
    assert TABLE["submissions a second, all callers together"] == submissions
    polls = [f"{one.polls_per_second}, burst {one.poll_burst}" for one in profiles]
    assert TABLE["requests of the status a second"] == polls
    charges = [f"{one.alarm_dollars} USD" for one in profiles]
    assert TABLE["charges of providers within an hour that raise an alarm"] == charges
    days = [f"{one.history_days} days, {one.documents_days} days" for one in profiles]
    assert TABLE["history of jobs, documents"] == days


def test_the_slowest_allowed_server_is_the_one_on_the_page() -> None:
    text, pace, error = " ".join(page("documents").split()), Pace(), SlowError("too slow").defer()
    least = f"less than {pace.min_bytes_per_second / 1_000:g} kB/s for a minute"
    assert f"sends no first byte within {pace.head_seconds:g} s, or {least}" in text
    assert (pace.slack_seconds, error.durable_attempts, error.after) == (60, 3, 600)
    assert "makes three attempts, ten minutes apart" in text
    assert f"has not finished after {pace.total_seconds / 60:g} minutes" in text


def test_the_lifetime_of_a_token_is_the_one_on_the_page() -> None:
    assert TOKEN_SECONDS == 10 * 365 * 24 * 3_600
    assert "Tokens last ten years" in " ".join(page("security").split())
