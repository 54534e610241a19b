"""Sends messages to http(s) addresses: one POST each, concurrently.

A failed push is not retried: the task's message is sent again after the retry timeout.
"""

import asyncio
from collections import Counter
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from .http_posts import HttpPosts

# A target that hangs cannot use up the connections of the others.
MAX_PER_ADDRESS = 100
MAX_IN_FLIGHT = 1_000


class OnEnd(Protocol):
    """Called when a post has ended."""

    def __call__(self, *, was_accepted: bool) -> None:
        """Handle the outcome."""


class Push:
    """The running posts. Create it in the running event loop."""

    def __init__(self, on_end: OnEnd) -> None:
        """`on_end` is called with the outcome of each post."""
        self.opening: asyncio.Task[HttpPosts] | None = None  # since the first post
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
        self.opening = self.opening or asyncio.create_task(_open())
        try:
            posts = await asyncio.shield(self.opening)
            self.on_end(was_accepted=await posts.post(address, message))
        finally:
            self.per_address[address] -= 1
            if not self.per_address[address]:
                del self.per_address[address]

    async def close(self) -> None:
        """Cancel the running posts."""
        for post in self.posts:
            post.cancel()
        await asyncio.gather(*self.posts, return_exceptions=True)
        if self.opening:
            await (await self.opening).close()


async def _open() -> "HttpPosts":
    """Import what posts in a thread: the server answers meanwhile."""
    module = await asyncio.to_thread(import_module, f"{__package__}.http_posts")
    posts: HttpPosts = module.HttpPosts()
    return posts
