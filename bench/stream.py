"""Waits until the SDK's event stream is open: what is sent before is heard only when it is sent again, far later."""

import asyncio
import logging

_LOGGER = logging.getLogger("resonate.connections.sse")
_IS_OPEN = "SSE connection established"  # what the SDK logs there, on the level INFO


def opened() -> asyncio.Event:
    """An event that is set when the next stream of this process is open; ask for it before the SDK connects."""
    event = asyncio.Event()

    def notice(record: logging.LogRecord) -> bool:
        if record.msg.startswith(_IS_OPEN):
            event.set()
            _LOGGER.removeFilter(notice)
        return True

    _LOGGER.setLevel(logging.INFO)
    _LOGGER.addFilter(notice)
    return event
