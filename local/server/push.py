"""Messages to http(s) addresses: a POST each, none waits for another, and the server waits for none of them.

What a target refuses or misses is not tried again here: the task's message is sent again after the retry timeout.
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
# A target that hangs holds this many and no more, so that it cannot starve the others.
MAX_PER_ADDRESS = 100
MAX_IN_FLIGHT = 1_000

log = logging.getLogger(__name__)


class OnEnd(Protocol):
    """Hears of each post whether it was accepted."""

    def __call__(self, *, was_accepted: bool) -> None:
        """Take note."""


class Push:
    """The posts that are under way. Make it where the loop runs."""

    def __init__(self, on_end: OnEnd) -> None:
        """`on_end` hears how each post ended."""
        self.session = aiohttp.ClientSession(timeout=TIMEOUT, connector=aiohttp.TCPConnector(limit=0))
        self.on_end = on_end
        self.posts: set[asyncio.Task[None]] = set()
        self.per_address: Counter[str] = Counter()

    def send(self, address: str, message: bytes) -> bool:
        """Begin a post; False when there is no room for it."""
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
            # To the letter of the address as the standard reads it: the library would unquote and quote it anew.
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
        """Give up what is under way."""
        for post in self.posts:
            post.cancel()
        await asyncio.gather(*self.posts, return_exceptions=True)
        await self.session.close()
