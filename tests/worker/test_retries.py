"""A failed download says whether, when and how often it is worth a retry: after refusals and after silence."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

import pytest

from contract.codes import Code
from durable import Clock, JobError, TemporaryError
from tests.aws import bucket_at
from tests.sources.flaky_site import FlakySite, serve_flaky_site
from worker.providers.retries import MAX_UNANSWERED_ATTEMPTS, RetryLaterError, RetryPolicy, seconds_until
from worker.sources.bucket import Buckets
from worker.sources.pace import Pace
from worker.sources.web import Web

type Read = Callable[[str], AsyncGenerator[bytes]]


def download_error(read: Read, url: str) -> JobError:
    """Return the error of a download, as the step receives it."""

    async def download() -> None:
        async with aclosing(read(url)) as pieces:
            async for _ in pieces:
                pass

    with pytest.raises(JobError) as caught:
        asyncio.run(download())
    return caught.value


async def skip_sleep(_: float) -> None:
    pass


QUICK_RETRIES = RetryPolicy(clock=Clock(sleep=skip_sleep))


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_throttled_download_is_retried_as_long_as_the_job_has_time(status: int) -> None:
    with serve_flaky_site(FlakySite(b"", refusals=[(status, {})])) as site:
        error = download_error(Web([site.host]).read, site.url)
    assert (error.code, error.retry, error.after, error.durable_attempts) == (Code.UNAVAILABLE, True, 0.0, None)


def test_a_retry_after_header_sets_the_time_of_the_retry() -> None:
    with serve_flaky_site(FlakySite(b"", refusals=[(503, {"Retry-After": "60"})])) as site:
        error = download_error(Web([site.host]).read, site.url)
    assert (error.after, error.durable_attempts) == (60, None)


@pytest.mark.parametrize("host", ["127.0.0.1:1", "no-such-host.invalid:80"])
def test_a_server_that_cannot_be_reached_is_retried_a_few_times(host: str) -> None:
    """No server listens on port 1, and the domain `.invalid` does not exist."""
    error = download_error(Web([host]).read, f"http://{host}/")
    assert (error.code, error.retry, error.after, error.durable_attempts) == (
        Code.UNAVAILABLE,
        True,
        0.0,
        MAX_UNANSWERED_ATTEMPTS,
    )


def test_a_server_that_always_breaks_off_is_retried_a_few_times() -> None:
    """After a minute, because the download has used its retries in memory."""
    with serve_flaky_site(FlakySite(b"x" * 10_000, break_after=[5_000, *[0] * 99])) as site:
        error = download_error(Web([site.host], retry_policy=QUICK_RETRIES).read, site.url)
    assert (error.code, error.after, error.durable_attempts) == (Code.UNAVAILABLE, 60.0, MAX_UNANSWERED_ATTEMPTS)


def test_a_document_that_changes_during_a_download_is_downloaded_again() -> None:
    site = FlakySite(b"x" * 10_000, break_after=[5_000], replacement=(b"y" * 10_000, '"two"'))
    with serve_flaky_site(site):
        error = download_error(Web([site.host], retry_policy=QUICK_RETRIES).read, site.url)
    assert (error.code, error.retry, error.after, error.durable_attempts) == (Code.UNAVAILABLE, True, 0.0, None)


def test_a_server_that_never_finishes_its_headers_is_retried_less_often() -> None:
    site = FlakySite(b"x" * 10_000, drip_seconds=0.02, drips_headers=True)
    with serve_flaky_site(site):
        error = download_error(Web([site.host], retry_policy=QUICK_RETRIES, pace=Pace(head_seconds=0.2)).read, site.url)
    assert (error.code, error.retry, error.after, error.durable_attempts) == (Code.UNAVAILABLE, True, 600.0, 3)


def test_a_bucket_that_does_not_answer_is_retried_a_few_times() -> None:
    """No server listens at that address."""
    bucket = bucket_at("http://127.0.0.1:1", "letters")
    error = download_error(Buckets(["letters"], lambda _: bucket).read, "s3://letters/a.pdf")
    assert (error.code, error.retry, error.after, error.durable_attempts) == (
        Code.UNAVAILABLE,
        True,
        0.0,
        MAX_UNANSWERED_ATTEMPTS,
    )


@pytest.mark.parametrize(
    ("error", "after"),
    [
        (TemporaryError("busy", "no", after=0.0), 60.0),
        (TemporaryError("busy", "no", after=0.0, durable_attempts=5), 60.0),
        (RetryLaterError("busy", "no", 7), 60.0),
        (RetryLaterError("busy", "no", 31), 31.0),
        (TemporaryError("busy", "no"), None),
    ],
)
def test_used_up_retries_in_memory_leave_a_durable_wait_only(error: TemporaryError, after: float) -> None:
    """Neither the provider nor the step tries again in memory; the next wait is durable, if any."""
    with pytest.raises(TemporaryError) as caught:
        asyncio.run(QUICK_RETRIES.wait(error, QUICK_RETRIES.retry.attempts))
    assert (caught.value.after, caught.value.durable_attempts) == (after, error.durable_attempts)


def test_a_huge_retry_after_is_limited_to_a_year() -> None:
    seconds = seconds_until("9" * 400, 0.0)
    assert seconds
    assert RetryLaterError("busy", "no", seconds).after == 366 * 86_400
