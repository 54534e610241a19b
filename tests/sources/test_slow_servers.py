"""A download from a slow server fails early and frees the worker; a short slow phase is allowed."""

import asyncio
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

import pytest

from contract.codes import Code
from contract.job import DocumentJob
from durable import Clock, JobError, PermanentError, Retry, TemporaryError
from tests.sources.flaky_site import FlakySite, serve_flaky_site
from tests.waiting import wait_until
from tests.worker.fake_ports import make_ports, run_step
from worker.adapters.object_store import Store
from worker.providers.retries import RetryPolicy
from worker.sources.pace import Pace, SpeedCheck
from worker.sources.web import Web
from worker.steps.document import DocumentSteps

CONTENT = b"%PDF-1.7\n" + bytes(range(256)) * 400
DRIP_SECONDS = 0.02  # between two bytes: fifty bytes a second
NO_RANGE_HEADERS = {"Server": "plain"}
PACE = Pace(slack_seconds=0.2)


async def skip_pause(_: float) -> None:
    """Return without a pause."""


def open_web(site: FlakySite, pace: Pace = PACE) -> Web:
    return Web([site.host], retry_policy=RetryPolicy(retry=Retry(attempts=9), clock=Clock(sleep=skip_pause)), pace=pace)


def read_document(site: FlakySite, pace: Pace = PACE) -> bytes:
    async def read_pieces() -> bytes:
        async with aclosing(open_web(site, pace).read(site.url)) as pieces:
            return b"".join([piece async for piece in pieces])

    return asyncio.run(read_pieces())


def read_with_error(site: FlakySite, pace: Pace = PACE) -> JobError:
    """Return the error of the download, once the server has seen the client close the connection."""
    with serve_flaky_site(site):
        with pytest.raises(JobError) as caught:
            read_document(site, pace)
        wait_until(lambda: site.dropped_connections, "the connection is still open")
    assert caught.value.code == Code.UNAVAILABLE
    return caught.value


def test_a_download_below_the_minimum_rate_fails_and_names_both_rates() -> None:
    """Without ranges, only a durable retry can help, and that occupies no worker."""
    site = FlakySite(CONTENT, break_after=[0], drip_seconds=DRIP_SECONDS, version_headers=NO_RANGE_HEADERS)
    error = read_with_error(site)
    assert (error.after, error.durable_attempts, len(site.requests), site.dropped_connections) == (600.0, 3, 1, 1)
    assert "kB/s; the minimum is 10 kB/s for 0.2 s" in error.message


def test_a_silent_server_fails_the_download() -> None:
    site = FlakySite(CONTENT, break_after=[5_000], drip_seconds=30.0, version_headers=NO_RANGE_HEADERS)
    assert "the minimum is" in read_with_error(site).message
    assert site.dropped_connections == 1


def test_a_slow_download_resumes_on_a_new_connection() -> None:
    """A busy machine may need more connections."""
    site = FlakySite(CONTENT, break_after=[40_000], drip_seconds=DRIP_SECONDS)
    with serve_flaky_site(site):
        assert read_document(site, Pace(slack_seconds=0.5, max_slow_connections=9)) == CONTENT
    assert int(site.requests[1]["Range"].removeprefix("bytes=").removesuffix("-")) > 40_000


def test_three_slow_connections_fail_the_download() -> None:
    """Each brought some bytes, which would allow another retry after a dropped connection."""
    site = FlakySite(CONTENT, break_after=[0] * 20, drip_seconds=DRIP_SECONDS)
    error = read_with_error(site)
    assert (error.after, error.durable_attempts, len(site.requests)) == (600.0, 3, 3)


def test_slow_response_headers_time_out() -> None:
    site = FlakySite(CONTENT, drips_headers=True, drip_seconds=DRIP_SECONDS)
    error = read_with_error(site, Pace(head_seconds=0.2))
    assert (error.after, error.durable_attempts, site.dropped_connections) == (600.0, 3, 1)
    assert error.message == "the server sent no response headers in time"


def test_redirects_share_one_header_timeout() -> None:
    """Each redirect is within the timeout; together they exceed it."""
    site = FlakySite(CONTENT, redirects=3, redirect_seconds=0.2)
    assert read_with_error(site, Pace(head_seconds=0.3)).message == "the server sent no response headers in time"


def test_a_download_beyond_the_total_time_is_not_retried() -> None:
    """Above the minimum rate, but too slow for the step: six attempts would fail alike."""
    site = FlakySite(CONTENT, break_after=[0], drip_seconds=DRIP_SECONDS)
    error = read_with_error(site, Pace(min_bytes_per_second=1, total_seconds=0.5))
    assert (type(error), len(site.requests)) == (PermanentError, 1)
    assert "kB/s and was incomplete after" in error.message


@dataclass
class SlowClock:
    """A clock that moves only by `after`; a timeout still passes in real time."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now

    async def after(self, seconds: float) -> bytes:
        """Move the clock, and return a piece."""
        self.now += seconds
        return b"drop"


def test_each_connection_gets_the_whole_slack() -> None:
    async def last_piece() -> bytes:
        clock = SlowClock()
        speed = SpeedCheck(Pace(slack_seconds=100), clock)
        await speed.read(clock.after(99.9))
        with pytest.raises(TemporaryError):
            await speed.read(asyncio.sleep(30, b""))
        await speed.read(clock.after(40))
        return await speed.read(asyncio.sleep(0, b"piece"))

    assert asyncio.run(last_piece()) == b"piece"


def test_the_time_to_store_a_piece_does_not_count_as_server_time() -> None:
    """A slow store must not make a server look slow."""

    async def three_pieces() -> bytes:
        clock, got = SlowClock(), b""
        speed = SpeedCheck(Pace(slack_seconds=20, total_seconds=20), clock)
        for piece in (b"one", b"two", b"three"):
            got += await speed.read(asyncio.sleep(0, piece))
            clock.now += 30
        return got

    assert asyncio.run(three_pieces()) == b"onetwothree"


def test_a_small_document_may_arrive_slowly() -> None:
    """It is complete before the slack ends."""
    site = FlakySite(b"%PDF-1.7 small", break_after=[0], drip_seconds=DRIP_SECONDS, version_headers=NO_RANGE_HEADERS)
    with serve_flaky_site(site):
        assert read_document(site, Pace(slack_seconds=30.0)) == b"%PDF-1.7 small"


def test_a_failed_slow_download_stores_nothing(tmp_path: Path) -> None:
    store = Store.open((tmp_path / "store").as_uri())
    site = FlakySite(CONTENT, break_after=[50_000], drip_seconds=DRIP_SECONDS, version_headers=NO_RANGE_HEADERS)
    with serve_flaky_site(site):
        job = DocumentJob(job_id="job-1", document_url=site.url, requester_id="client")
        with pytest.raises(TemporaryError):
            run_step(DocumentSteps(make_ports(store, read=open_web(site).read)).download, job)
    assert not [file for file in (tmp_path / "store").rglob("*") if file.is_file()]


def test_slow_servers_cannot_use_up_the_steps_time() -> None:
    """With the defaults, a failed attempt ends within half of the step's time."""
    pace, step = Pace(), 15 * 60
    assert pace.max_slow_connections * (pace.head_seconds + pace.slack_seconds) < step / 2
    assert pace.total_seconds < step
