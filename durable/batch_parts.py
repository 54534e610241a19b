"""The record of a map, and of each slice of its items: how each item ended."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from .batches import Batch, BatchEnd, Completion
from .errors import ErrorCode, parse_error

type BatchRecord = list[Any] | BatchPart[Any]


class BatchPart[R](Struct, frozen=True):
    """How consecutive items ended: the record of a slice, or of a whole map.

    If all items are done, the record is instead the list of their values.
    """

    begun: int  # items that have begun and ended, counted from the first
    values: list[R]  # the results of the items without an error
    errors: dict[str, str]  # by the index in the whole map

    @classmethod
    def read(cls, record: "list[R] | BatchPart[R]") -> "BatchPart[R]":
        """Parse a record."""
        return cls(len(record), record, {}) if isinstance(record, list) else record

    def write(self, total: int) -> "list[R] | BatchPart[R]":
        """Return the record of `total` items."""
        return self.values if self.begun == total and not self.errors else self


def join_parts(parts: Sequence[BatchPart[Any]]) -> BatchPart[Any]:
    """Join the records of slices, given in their order, into the record of the map."""
    values = [value for part in parts for value in part.values]
    errors = {index: text for part in parts for index, text in part.errors.items()}
    return BatchPart(sum(part.begun for part in parts), values, errors)


def make_batch(part: BatchPart[Any], total: int, completion: Completion) -> Batch[Any]:
    """Make the batch of `total` items from the record of the map."""
    found = {int(index): parse_error(text) for index, text in part.errors.items()}
    errors = {index: error for index, error in found.items() if error.code != ErrorCode.CALLED_OFF}
    indexes = (index for index in range(part.begun) if index not in found)
    results = dict(zip(indexes, part.values, strict=True))
    end = completion.find_end(done=len(results), failed=len(errors), total=total) or BatchEnd.ALL_ENDED
    called_off = tuple(index for index in found if index not in errors)
    return Batch(end=end, total=total, results=results, errors=errors, called_off=called_off)


def is_called_off(text: str) -> bool:
    """Whether the error of an item says that its outcome was no longer needed."""
    return parse_error(text).code == ErrorCode.CALLED_OFF
