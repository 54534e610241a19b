"""The bytes of responses, and of the events of a stream."""

import time
from email.utils import formatdate
from functools import cache, lru_cache
from http import HTTPStatus

from .http_api import EVENTS, Response

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


def frame_response(response: Response, *, is_last: bool, has_body: bool = True) -> bytes:
    """Return a whole response. The answer to HEAD has the length of a body, and none."""
    status, body, headers = response
    length = b"content-length: %d\r\n" % len(body)
    ending = b"connection: close\r\n\r\n" if is_last else b"\r\n"
    head = (_make_status_line(status), headers, _make_date_line(int(time.time())), length, ending)
    return b"".join((*head, body if has_body else b""))


def frame_stream_head(*, is_old: bool) -> bytes:
    """Return what stands before the events of a stream; a client of HTTP/1.0 knows no chunks."""
    framing = b"connection: close\r\n" if is_old else b"transfer-encoding: chunked\r\n"
    return b"".join((_make_status_line(200), EVENTS, framing, b"\r\n"))


def frame_event(message: bytes) -> bytes:
    """Return a message as an event."""
    return b"data: %b\n\n" % message


def frame_chunk(message: bytes) -> bytes:
    """Return a message as an event in a chunk of its own."""
    event = frame_event(message)
    return b"%x\r\n%b\r\n" % (len(event), event)


@lru_cache(maxsize=1)
def _make_date_line(second: int) -> bytes:
    """Return the header by which workers set their clocks."""
    return f"date: {formatdate(second, usegmt=True)}\r\n".encode()


@cache
def _make_status_line(status: int) -> bytes:
    return f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n".encode()
