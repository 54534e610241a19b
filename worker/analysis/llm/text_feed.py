"""The text of a model as it comes, for the events of a job.

If there are several answers at a time, one has the feed, so that its pieces are one text. The text is a hint: it is
unchecked and not part of the result, and the step does not wait for it or fail because of it.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from durable import log_event

_PAUSE_SECONDS: Final = 1.0  # between two pieces of an answer
_LOG: Final = logging.getLogger(__name__)

type TellText = Callable[[str, int], None]  # a piece, and the number of its answer


class TextFeed:
    """Passes on the text of one answer at a time, in pieces. `tell` must return at once."""

    def __init__(self, tell: TellText, now: Callable[[], float] = time.monotonic) -> None:
        self._tell: Final = tell
        self._now: Final = now
        self._answers = 0
        self._is_taken = False
        self._piece = ""
        self._told_at = 0.0

    @contextmanager
    def open_answer(self) -> Iterator[bool]:
        """Give the feed to an answer for the duration of a block; yield whether it was free."""
        if self._is_taken:
            yield False
            return
        self._is_taken, self._piece, self._told_at = True, "", self._now()
        self._answers += 1
        try:
            yield True
        finally:
            self._pass_on()
            self._is_taken = False

    def add(self, text: str) -> None:
        """Add to the answer that has the feed."""
        self._piece += text
        if self._now() - self._told_at >= _PAUSE_SECONDS:
            self._pass_on()

    def _pass_on(self) -> None:
        piece, self._piece, self._told_at = self._piece, "", self._now()
        if not piece:
            return
        try:
            self._tell(piece, self._answers)
        except Exception as error:  # noqa: BLE001 - it must not fail a step
            log_event(_LOG, logging.WARNING, "the text of a model could not be passed on", {}, error)


_FEED: Final[ContextVar[TextFeed | None]] = ContextVar("text_feed", default=None)


@contextmanager
def feed_text(tell: TellText) -> Iterator[None]:
    """Pass on what models answer in the block."""
    token = _FEED.set(TextFeed(tell))
    try:
        yield
    finally:
        _FEED.reset(token)


def current_feed() -> TextFeed | None:
    """Return the feed of the caller's block, if it has one."""
    return _FEED.get()
