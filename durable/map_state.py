"""What a map does for each item, and what one run over them has seen so far."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from resonate.codec import Codec
from resonate.context import ResonateFuture

from .batch_parts import BatchPart, is_called_off
from .batches import Completion
from .errors import ErrorCode, JobError, PermanentError
from .named_context import NamedContext
from .payload import MAX_RESULT_BYTES, NoPickle

_MIN_ERROR_CHARACTERS: Final = 100  # characters kept of the message of each failed item
_MAX_ERRORS_CHARACTERS: Final = 64_000  # characters kept of all messages, if more than the above is left for each
_CODEC: Final = Codec(NoPickle())

type StartCall = Callable[[NamedContext, Any], ResonateFuture[Any]]


class ItemWork:
    """What is done for each item, and how it is recorded."""

    def __init__(self, name: str, result_type: Any, start: StartCall) -> None:  # noqa: ANN401 an annotation
        self.name: Final = name
        self.record_type: Final = list[result_type] | BatchPart[result_type]
        self.start: Final = start


@dataclass(eq=False)
class MapState:
    """What one run of a map has seen of its items so far, and the slots for those that run."""

    work: ItemWork
    items: Sequence[Any]
    max_at_once: int
    completion: Completion
    done: int = 0
    failed: int = 0
    record_bytes: int = 0
    used_slots: int = 0
    open: list[str] = field(default_factory=list)  # promises of items that are under way on other workers
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    failure: BaseException | None = None

    @property
    def is_over(self) -> bool:
        """Whether no further item begins."""
        end = self.completion.find_end(done=self.done, failed=self.failed, total=len(self.items))
        return end is not None or self.record_bytes > MAX_RESULT_BYTES

    def note_part(self, part: BatchPart[Any]) -> None:
        """Count the items of a slice that an earlier run has completed."""
        for value in part.values:
            self.note_value(value)
        for text in part.errors.values():
            self.note_error(text)

    async def take_slot(self) -> bool:
        """Wait for a slot; return False if no further item may begin, or no slot gets free in this pass."""
        while self.used_slots >= self.max_at_once and not self.is_over:
            if len(self.open) >= self.max_at_once:
                return False
            self.changed.clear()
            await self.changed.wait()
            if self.failure:
                raise self.failure
        if self.is_over:
            return False
        self.used_slots += 1
        return True

    def free_slot(self) -> None:
        """Let the next item begin."""
        self.used_slots -= 1
        self.changed.set()

    def fail(self, failure: BaseException) -> None:
        """Begin no further item: this pass cannot go on."""
        self.failure = failure
        self.changed.set()

    def note_value(self, value: object) -> None:
        """Count an item that is done."""
        self.done += 1
        self._note_bytes(len(_CODEC.encode(value).data or "") * 3 // 4)

    def note_error(self, text: str) -> None:
        """Count an item that has failed or was called off."""
        self.failed += not is_called_off(text)
        self._note_bytes(len(text))

    def shorten(self, error: JobError) -> JobError:
        """Return the error with a message so short that one record can hold those of all items."""
        error.message = error.message[: max(_MIN_ERROR_CHARACTERS, _MAX_ERRORS_CHARACTERS // len(self.items))]
        return error

    def _note_bytes(self, size: int) -> None:
        self.record_bytes += size
        if self.is_over:
            self.over.set()

    def check_size(self) -> None:
        """Raise PermanentError if the results do not fit into one record."""
        if self.record_bytes > MAX_RESULT_BYTES:
            message = (
                f"{self.work.name}: the results of {self.done} of {len(self.items)} items have more than "
                f"{MAX_RESULT_BYTES} bytes, which one record cannot hold: store them and return references, "
                "or map the items in slices"
            )
            raise PermanentError(ErrorCode.RESULT_TOO_LARGE, message)
