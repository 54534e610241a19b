"""Downloads share permits: a slow one is put off once another one waits, and only then."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from contract.codes import Code
from durable import TemporaryError
from tests.waiting import TIMEOUT_SECONDS
from worker.sources.download_permits import Download, DownloadPermits, SharedPace

KILO = 1_000
PACE = SharedPace(min_bytes_per_second=100 * KILO, min_seconds=10.0)


class Lab:
    """Two permits, downloads that wait forever, and a clock that the test sets."""

    def __init__(self) -> None:
        self.now = 0.0
        self.permits = DownloadPermits(2, pace=PACE, clock=lambda: self.now)
        self.began = asyncio.Queue[Download]()

    async def start(self, received: int = 0) -> asyncio.Task[None]:
        """Return a download that has a permit and so many bytes."""
        task = asyncio.create_task(self.download())
        (await self.began.get()).received = received
        return task

    async def download(self) -> None:
        """Download something that never ends."""
        async with self.permits.take() as download:
            self.began.put_nowait(download)
            await asyncio.Event().wait()


def run_in_lab(scenario: Callable[[Lab], Coroutine[Any, Any, None]]) -> None:
    """Run a scenario, and end its downloads."""

    async def run() -> None:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            await scenario(Lab())
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    asyncio.run(run())


def test_the_slowest_download_gives_its_permit_to_one_that_waits() -> None:
    async def scenario(lab: Lab) -> None:
        slow, slowest = await lab.start(90 * KILO), await lab.start(12 * KILO)
        lab.now = 10.0
        _third = await lab.start()
        with pytest.raises(TemporaryError, match=r"came at 1\.2 kB/s.* the minimum is 100 kB/s") as caught:
            await slowest
        assert (caught.value.code, caught.value.after) == (Code.UNAVAILABLE, 60.0)
        assert caught.value.durable_attempts is None
        assert not slow.done()

    run_in_lab(scenario)


def test_a_slow_download_keeps_its_permit_while_no_other_waits() -> None:
    async def scenario(lab: Lab) -> None:
        slow = [await lab.start(), await lab.start()]
        lab.now = 600.0
        lab.permits._put_off_slow_downloads()  # noqa: SLF001 what the timer calls
        await asyncio.sleep(0)
        assert not any(task.done() for task in slow)

    run_in_lab(scenario)


@pytest.mark.parametrize(("seconds", "rate"), [(9.0, 0), (60.0, 100 * KILO)], ids=["young", "fast enough"])
def test_a_download_that_is_young_or_fast_keeps_its_permit(seconds: float, rate: int) -> None:
    async def scenario(lab: Lab) -> None:
        running = [await lab.start(int(seconds * rate)) for _ in range(2)]
        lab.now = seconds
        waiting = asyncio.create_task(lab.download())
        await asyncio.sleep(0)
        lab.permits._put_off_slow_downloads()  # noqa: SLF001 what the timer calls
        await asyncio.sleep(0)
        assert not any(task.done() for task in (*running, waiting))
        running[0].cancel()
        await lab.began.get()

    run_in_lab(scenario)


def test_a_canceled_download_leaves_its_permit_to_others() -> None:
    async def scenario(lab: Lab) -> None:
        first, _ = await lab.start(), await lab.start()
        waiting = asyncio.create_task(lab.download())
        await asyncio.sleep(0)
        waiting.cancel()
        first.cancel()
        assert not (await lab.start()).done()

    run_in_lab(scenario)
