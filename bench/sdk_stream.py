"""Wait until the SDK's event stream is open: earlier messages arrive only when the server repeats them."""

import asyncio
import logging

_LOGGER = logging.getLogger("resonate.connections.sse")
_OPEN_MESSAGE = "SSE connection established"  # of the SDK, with level INFO


def watch_stream_opening() -> asyncio.Event:
    """Return an event that is set once the next stream of this process is open. Call it before the SDK connects."""
    event = asyncio.Event()

    def notice_opening(record: logging.LogRecord) -> bool:
        if record.msg.startswith(_OPEN_MESSAGE):
            event.set()
            _LOGGER.removeFilter(notice_opening)
        return True

    _LOGGER.setLevel(logging.INFO)
    _LOGGER.addFilter(notice_opening)
    return event
