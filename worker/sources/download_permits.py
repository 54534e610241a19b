"""Permits for downloads, which mostly wait for the servers of others.

A download gives up its job's permit in the worker, so that slow servers keep no other job from running. If all permits
are taken and another download waits, the slowest download is put off: its job retries it after a durable sleep.
Otherwise a server may be as slow as the limits of one download allow.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Final

from contract.codes import Code
from durable import TemporaryError, current_run

_KILO: Final = 1_000
_CHECK_SECONDS: Final = 0.5  # between two searches for a slow download
_DEFER_SECONDS: Final = 60.0


@dataclass(frozen=True, kw_only=True)
class SharedPace:
    """The rate that a download must keep while another one waits for its permit."""

    min_bytes_per_second: int = 100 * _KILO  # ten times the minimum for a download without others waiting
    min_seconds: float = 10.0  # until then a server may connect, and generate the document


_PACE: Final = SharedPace()


class Download:
    """A download that has a permit; the caller counts its bytes."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.received = 0
        self._clock: Final = clock
        self._began: Final = clock()

    @property
    def seconds(self) -> float:
        """How long it has run."""
        return self._clock() - self._began

    @property
    def bytes_per_second(self) -> float:
        """Its average rate."""
        return self.received / max(self.seconds, 1e-3)


class DownloadPermits:
    """Runs at most `count` downloads at a time."""

    def __init__(self, count: int, *, pace: SharedPace = _PACE, clock: Callable[[], float] = time.monotonic) -> None:
        self._permits: Final = asyncio.Semaphore(count)
        self._pace: Final = pace
        self._clock: Final = clock
        self._running: Final[dict[Download, asyncio.Timeout]] = {}
        self._waiting = 0
        self._search: asyncio.TimerHandle | None = None

    @asynccontextmanager
    async def take(self) -> AsyncIterator[Download]:
        """Download inside the block, once a permit is free."""
        with self._count_waiting():
            await self._permits.acquire()
        async with current_run().without_permit():
            download, limit = Download(self._clock), asyncio.timeout(None)
            try:
                async with limit:
                    self._running[download] = limit
                    yield download
            except TimeoutError as exc:
                if not limit.expired():
                    raise
                raise _make_error(download, self._pace) from exc
            finally:
                self._running.pop(download, None)
                self._permits.release()

    @contextmanager
    def _count_waiting(self) -> Iterator[None]:
        self._waiting += 1
        if self._permits.locked() and self._search is None:
            self._schedule_search()
        try:
            yield
        finally:
            self._waiting -= 1

    def _schedule_search(self) -> None:
        self._search = asyncio.get_running_loop().call_later(_CHECK_SECONDS, self._put_off_slow_downloads)

    def _put_off_slow_downloads(self) -> None:
        """Put off the slowest downloads, at most one for each that waits."""
        self._search = None
        if not self._waiting:
            return
        slow = sorted(filter(self._is_slow, self._running), key=lambda download: download.bytes_per_second)
        for download in slow[: self._waiting]:
            self._running.pop(download).reschedule(asyncio.get_running_loop().time())
        self._schedule_search()

    def _is_slow(self, download: Download) -> bool:
        pace = self._pace
        return download.seconds >= pace.min_seconds and download.bytes_per_second < pace.min_bytes_per_second


def _make_error(download: Download, pace: SharedPace) -> TemporaryError:
    """Return the error that puts a download off. The number of attempts is unlimited: the document may still arrive."""
    rate, minimum = download.bytes_per_second / _KILO, pace.min_bytes_per_second / _KILO
    message = f"the document came at {rate:.1f} kB/s, and while other downloads wait the minimum is {minimum:g} kB/s"
    return TemporaryError(Code.UNAVAILABLE, message, after=_DEFER_SECONDS)
