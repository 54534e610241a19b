"""What is worth waiting for, and how long: whoever says not now, and whoever says nothing."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

import pytest

from contract.codes import Code
from durable import Clock, JobError, TemporaryError
from tests.aws import bucket_at
from tests.sources.flaky import Flaky, flaky
from worker.providers.retries import MAX_UNANSWERED_TRIES, RetryLaterError, RetryPolicy, seconds_until
from worker.sources.bucket import Buckets
from worker.sources.pace import Pace
from worker.sources.web import Web

type Read = Callable[[str], AsyncGenerator[bytes]]


def downloading(read: Read, url: str) -> JobError:
    """Return how a download fails, as the step has it."""

    async def download() -> None:
        async with aclosing(read(url)) as pieces:
            async for _ in pieces:
                pass

    with pytest.raises(JobError) as caught:
        asyncio.run(download())
    return caught.value


async def _sleep(_: float) -> None:
    pass


PATIENCE = RetryPolicy(clock=Clock(sleep=_sleep))


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_server_that_answers_not_now_is_waited_for_as_long_as_there_is_time(status: int) -> None:
    with flaky(Flaky(b"", refusals=[(status, {})])) as site:
        error = downloading(Web([site.host]).read, site.url)
    assert (error.code, error.retry, error.after, error.tries) == (Code.UNAVAILABLE, True, 0.0, None)


def test_a_server_that_names_a_time_is_taken_at_its_word() -> None:
    with flaky(Flaky(b"", refusals=[(503, {"Retry-After": "60"})])) as site:
        error = downloading(Web([site.host]).read, site.url)
    assert (error.after, error.tries) == (60, None)


@pytest.mark.parametrize("host", ["127.0.0.1:1", "no-such-host.invalid:80"])
def test_a_server_that_is_not_there_is_asked_a_few_times_more(host: str) -> None:
    """Nothing listens on port 1, and no name ends so."""
    error = downloading(Web([host]).read, f"http://{host}/")
    assert (error.code, error.retry, error.after, error.tries) == (Code.UNAVAILABLE, True, 0.0, MAX_UNANSWERED_TRIES)


def test_a_server_that_breaks_off_for_ever_is_asked_a_few_times_more() -> None:
    """And not at once: the download was patient already."""
    with flaky(Flaky(b"x" * 10_000, breaks=[5_000, *[0] * 99])) as site:
        error = downloading(Web([site.host], patience=PATIENCE).read, site.url)
    assert (error.code, error.after, error.tries) == (Code.UNAVAILABLE, 60.0, MAX_UNANSWERED_TRIES)


def test_a_document_that_changes_while_it_comes_is_asked_for_from_its_beginning() -> None:
    site = Flaky(b"x" * 10_000, breaks=[5_000], changed=(b"y" * 10_000, '"two"'))
    with flaky(site):
        error = downloading(Web([site.host], patience=PATIENCE).read, site.url)
    assert (error.code, error.retry, error.after, error.tries) == (Code.UNAVAILABLE, True, 0.0, None)


def test_a_server_that_never_begins_is_asked_less_often() -> None:
    site = Flaky(b"x" * 10_000, drip=0.02, head_drips=True)
    with flaky(site):
        error = downloading(Web([site.host], patience=PATIENCE, pace=Pace(head_seconds=0.2)).read, site.url)
    assert (error.code, error.retry, error.after, error.tries) == (Code.UNAVAILABLE, True, 600.0, 3)


def test_a_bucket_that_does_not_answer_is_asked_a_few_times_more() -> None:
    """Nobody listens at that address."""
    nowhere = bucket_at("http://127.0.0.1:1", "letters")
    error = downloading(Buckets(["letters"], lambda _: nowhere).read, "s3://letters/a.pdf")
    assert (error.code, error.retry, error.after, error.tries) == (Code.UNAVAILABLE, True, 0.0, MAX_UNANSWERED_TRIES)


@pytest.mark.parametrize(
    ("error", "after"),
    [
        (TemporaryError("busy", "no", after=0.0), 60.0),
        (TemporaryError("busy", "no", after=0.0, tries=5), 60.0),
        (RetryLaterError("busy", "no", 7), 60.0),
        (RetryLaterError("busy", "no", 31), 31.0),
        (TemporaryError("busy", "no"), None),
    ],
)
def test_what_was_asked_for_patiently_is_not_asked_for_again_in_memory(error: TemporaryError, after: float) -> None:
    """Neither here nor by the step: a durable wait comes next, if any."""
    with pytest.raises(TemporaryError) as caught:
        asyncio.run(PATIENCE.wait(error, PATIENCE.retry.attempts))
    assert (caught.value.after, caught.value.tries) == (after, error.tries)


def test_a_time_beyond_all_numbers_is_a_long_time() -> None:
    asked = seconds_until("9" * 400, 0.0)
    assert asked
    assert RetryLaterError("busy", "no", asked).after == 366 * 86_400
