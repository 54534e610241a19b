"""Sends messages to http(s) addresses: one POST each, concurrently.

A failed push is not retried: the task's message is sent again after the retry timeout.
"""

import asyncio
import logging
from collections import Counter
from typing import Protocol

import aiohttp
import yarl
from ada_url import URL

# The real server's defaults: ten seconds to connect, three minutes for a function that answers when it is done.
TIMEOUT = aiohttp.ClientTimeout(total=180, sock_connect=10)
# A target that hangs cannot use up the connections of the others.
MAX_PER_ADDRESS = 100
MAX_IN_FLIGHT = 1_000

log = logging.getLogger(__name__)


class OnEnd(Protocol):
    """Called when a post has ended."""

    def __call__(self, *, was_accepted: bool) -> None:
        """Handle the outcome."""


class Push:
    """The running posts. Create it in the running event loop."""

    def __init__(self, on_end: OnEnd) -> None:
        """`on_end` is called with the outcome of each post."""
        self.session = aiohttp.ClientSession(timeout=TIMEOUT, connector=aiohttp.TCPConnector(limit=0))
        self.on_end = on_end
        self.posts: set[asyncio.Task[None]] = set()
        self.per_address: Counter[str] = Counter()

    def send(self, address: str, message: bytes) -> bool:
        """Start a post; return False if too many are running."""
        if len(self.posts) >= MAX_IN_FLIGHT or self.per_address[address] >= MAX_PER_ADDRESS:
            return False
        self.per_address[address] += 1
        post = asyncio.create_task(self._post(address, message))
        self.posts.add(post)
        post.add_done_callback(self.posts.discard)
        return True

    async def _post(self, address: str, message: bytes) -> None:
        try:
            headers = {"content-type": "application/json"}
            # encoded=True: the library must not unquote and quote the address again.
            url = yarl.URL(URL(address).href, encoded=True)
            async with self.session.post(url, data=message, headers=headers) as response:
                self.on_end(was_accepted=response.ok)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            log.warning("push to %s failed: %r", address, error)
            self.on_end(was_accepted=False)
        finally:
            self.per_address[address] -= 1
            if not self.per_address[address]:
                del self.per_address[address]

    async def close(self) -> None:
        """Cancel the running posts."""
        for post in self.posts:
            post.cancel()
        await asyncio.gather(*self.posts, return_exceptions=True)
        await self.session.close()
