"""The heads of requests that were parsed before: those of one client differ only in the values of two headers.

Two heads that differ only in these values mean the same, so the second is not parsed.
"""

from typing import Final, NamedTuple

MAX_HEADS: Final = 1_000  # each client library sends one or two; at the limit the collection is cleared
MAX_HEAD_BYTES: Final = 2_000
_HEAD_END: Final = b"\r\n\r\n"
_LINE_END: Final = b"\r\n"
_LENGTH: Final = b"\r\nContent-Length: "
_ORIGIN: Final = b"\r\nresonate:origin: "  # the SDK names the job; the server does not read it


class _Head(NamedTuple):
    """A head without the two values."""

    before_job: bytes
    before_length: bytes
    after_length: bytes


class KnownHeads:
    """The heads of accepted POST / requests that keep their connection open."""

    def __init__(self) -> None:
        """Start empty."""
        self._heads: set[_Head] = set()

    def find_body(self, data: bytes) -> bytes | None:
        """Return the body, if the data is exactly one request whose head is known."""
        head, end, body = data.partition(_HEAD_END)
        return body if end and _cut(head, len(body)) in self._heads else None

    def learn(self, data: bytes, body: bytes) -> None:
        """Add the head, if the data is one request with this body and nothing else, such as chunks."""
        head, _, rest = data.partition(_HEAD_END)
        known = _cut(head, len(body))
        if known is None or rest != body or len(head) > MAX_HEAD_BYTES or head.lower().count(b"content-length") > 1:
            return
        if len(self._heads) == MAX_HEADS:
            self._heads.clear()
        self._heads.add(known)


def _cut(head: bytes, body_bytes: int) -> _Head | None:
    """Return the head without the values, if they are plain and name this length."""
    start, _, rest = head.partition(_LENGTH)
    length, _, after_length = rest.partition(_LINE_END)
    if length != b"%d" % body_bytes:
        return None
    before_job, _, rest = start.partition(_ORIGIN)
    job, _, before_length = rest.partition(_LINE_END)
    return _Head(before_job, before_length, after_length) if job.decode("latin-1").isprintable() else None
