"""A server that sends its document by drops does not keep a worker's place; one that is only slow for a while may."""

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
DROP = 0.02  # seconds between two bytes; fifty bytes a second
NO_RANGES = {"Server": "plain"}
PACE = Pace(slack_seconds=0.5)


async def no_time(_: float) -> None:
    """Pauses are not what is tested."""


def web(site: FlakySite, pace: Pace = PACE) -> Web:
    return Web([site.host], patience=RetryPolicy(retry=Retry(attempts=9), clock=Clock(sleep=no_time)), pace=pace)


def read(site: FlakySite, pace: Pace = PACE) -> bytes:
    async def whole() -> bytes:
        async with aclosing(web(site, pace).read(site.url)) as pieces:
            return b"".join([piece async for piece in pieces])

    return asyncio.run(whole())


def refusal(site: FlakySite, pace: Pace = PACE) -> JobError:
    """Return how it fails, after the server has seen that the client left."""
    with serve_flaky_site(site):
        with pytest.raises(JobError) as caught:
            read(site, pace)
        wait_until(lambda: site.dropped_connections, "the connection is still there")
    assert caught.value.code == Code.UNAVAILABLE
    return caught.value


def test_a_server_that_drips_is_left_with_a_sentence_that_names_the_rate() -> None:
    """It has no ranges, so only a new try can help, for which nothing of the worker is kept."""
    site = FlakySite(CONTENT, break_after=[0], drip_seconds=DROP, version_headers=NO_RANGES)
    error = refusal(site)
    assert (error.after, error.tries, len(site.requests), site.dropped_connections) == (600.0, 3, 1, 1)
    assert "kB/s; the minimum is 10 kB/s for 0.5 s" in error.message


def test_a_server_that_falls_silent_is_left_likewise() -> None:
    site = FlakySite(CONTENT, break_after=[5_000], drip_seconds=30.0, version_headers=NO_RANGES)
    assert "the minimum is" in refusal(site).message
    assert site.dropped_connections == 1


def test_a_slow_connection_is_replaced_and_the_document_gone_on_with() -> None:
    """A machine that is busy may make more of them."""
    site = FlakySite(CONTENT, break_after=[40_000], drip_seconds=DROP)
    with serve_flaky_site(site):
        assert read(site, Pace(slack_seconds=0.5, max_slow_connections=9)) == CONTENT
    assert int(site.requests[1]["Range"].removeprefix("bytes=").removesuffix("-")) > 40_000


def test_the_third_slow_connection_is_the_last() -> None:
    """Although each brought a little, which keeps a connection that breaks off worth another try."""
    site = FlakySite(CONTENT, break_after=[0] * 20, drip_seconds=DROP)
    error = refusal(site)
    assert (error.after, error.tries, len(site.requests)) == (600.0, 3, 3)


def test_a_head_that_drips_is_not_waited_for() -> None:
    site = FlakySite(CONTENT, drips_headers=True, drip_seconds=DROP)
    error = refusal(site, Pace(head_seconds=0.5))
    assert (error.after, error.tries, site.dropped_connections) == (600.0, 3, 1)
    assert error.message == "the server sent no response headers in time"


def test_redirects_share_the_time_of_one_head() -> None:
    """Each of them is quick enough; four of them are not."""
    site = FlakySite(CONTENT, redirects=3, redirect_seconds=0.3)
    assert refusal(site, Pace(head_seconds=0.5)).message == "the server sent no response headers in time"


def test_a_document_that_will_never_be_whole_is_not_begun_anew() -> None:
    """Fast enough for the rate, and too slow for the step: six tries would end as this one."""
    site = FlakySite(CONTENT, break_after=[0], drip_seconds=DROP)
    error = refusal(site, Pace(min_bytes_per_second=1, total_seconds=0.5))
    assert (type(error), len(site.requests)) == (PermanentError, 1)
    assert "kB/s and was incomplete after" in error.message


@dataclass
class SlowClock:
    """Moves when a test says so; what is too late waits in real time only."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now

    async def after(self, seconds: float) -> bytes:
        """Give a drop so much later."""
        self.now += seconds
        return b"drop"


def test_each_connection_has_the_whole_slack() -> None:
    async def last_piece() -> bytes:
        clock = SlowClock()
        speed = SpeedCheck(Pace(slack_seconds=100), clock)
        await speed.read(clock.after(99.9))
        with pytest.raises(TemporaryError):
            await speed.read(asyncio.sleep(30, b""))
        await speed.read(clock.after(40))
        return await speed.read(asyncio.sleep(0, b"piece"))

    assert asyncio.run(last_piece()) == b"piece"


def test_what_is_done_with_a_piece_is_not_the_servers_time() -> None:
    """A store that takes long must not make a server look slow."""

    async def three_pieces() -> bytes:
        clock, got = SlowClock(), b""
        speed = SpeedCheck(Pace(slack_seconds=20, total_seconds=20), clock)
        for piece in (b"one", b"two", b"three"):
            got += await speed.read(asyncio.sleep(0, piece))
            clock.now += 30
        return got

    assert asyncio.run(three_pieces()) == b"onetwothree"


def test_a_small_document_may_come_slowly() -> None:
    """It is complete before the slack is used up."""
    site = FlakySite(b"%PDF-1.7 small", break_after=[0], drip_seconds=DROP, version_headers=NO_RANGES)
    with serve_flaky_site(site):
        assert read(site, Pace(slack_seconds=30.0)) == b"%PDF-1.7 small"


def test_nothing_of_a_slow_document_is_kept(tmp_path: Path) -> None:
    store = Store.open((tmp_path / "store").as_uri())
    site = FlakySite(CONTENT, break_after=[50_000], drip_seconds=DROP, version_headers=NO_RANGES)
    with serve_flaky_site(site):
        job = DocumentJob(job_id="job-1", document_url=site.url, requester_id="client")
        with pytest.raises(TemporaryError):
            run_step(DocumentSteps(make_ports(store, read=web(site).read)).download, job)
    assert not [file for file in (tmp_path / "store").rglob("*") if file.is_file()]


def test_no_server_holds_a_worker_for_long() -> None:
    """The numbers that ship: a try that is given up must end before the step's own time, which it would be tried in."""
    pace, step = Pace(), 15 * 60
    assert pace.max_slow_connections * (pace.head_seconds + pace.slack_seconds) < step / 2
    assert pace.total_seconds < step
