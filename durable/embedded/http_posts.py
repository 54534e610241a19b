"""Posts messages with aiohttp, whose import takes as long as all else that the server imports.

So a server imports this module with the first message that it has to post; most servers never have one.
"""

import logging

import aiohttp
import yarl
from ada_url import URL

# The real server's defaults: ten seconds to connect, three minutes for a function that answers when it is done.
TIMEOUT = aiohttp.ClientTimeout(total=180, sock_connect=10)

log = logging.getLogger(__name__)


class HttpPosts:
    """The connections to all targets. Create it in the running event loop."""

    def __init__(self) -> None:
        self.session = aiohttp.ClientSession(timeout=TIMEOUT, connector=aiohttp.TCPConnector(limit=0))

    async def post(self, address: str, message: bytes) -> bool:
        """Return whether the target accepted the message."""
        try:
            headers = {"content-type": "application/json"}
            # encoded=True: the library must not unquote and quote the address again.
            url = yarl.URL(URL(address).href, encoded=True)
            async with self.session.post(url, data=message, headers=headers) as response:
                return response.ok
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            log.warning("push to %s failed: %r", address, error)
            return False

    async def close(self) -> None:
        """Close the connections."""
        await self.session.close()
