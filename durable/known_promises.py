"""The promises of a run that its worker knows of: those that came with its task, and those that it asked for.

The SDK has a cache of its own, which hands a recorded result to any call at the same position. It stays empty, so that
each call is compared with its record.
"""

from collections.abc import Collection, Iterable

from resonate.types import PromiseRecord


class KnownPromises:
    """Promises by id; a settled one never becomes pending again, even if an older answer arrives late."""

    def __init__(self) -> None:
        self._known: dict[str, PromiseRecord] = {}
        self._fetched: set[str] = set()
        self._made: set[str] = set()

    def get(self, promise_id: str) -> PromiseRecord | None:
        """Return a promise as it was known last."""
        return self._known.get(promise_id)

    @property
    def all(self) -> Collection[PromiseRecord]:
        """All of them."""
        return self._known.values()

    def add(self, *promises: PromiseRecord) -> None:
        """Remember promises."""
        for promise in promises:
            known = self._known.get(promise.id)
            if known is None or known.state == "pending":
                self._known[promise.id] = promise

    def note_made(self, promise_id: str) -> bool:
        """Note that this run has made a promise; return whether it is the first time."""
        is_first = promise_id not in self._made
        self._made.add(promise_id)
        return is_first

    def has_made(self, promise_id: str) -> bool:
        """Whether this run has made a promise."""
        return promise_id in self._made

    def start_fetching(self, parent: str) -> bool:
        """Whether the children of a promise must be fetched: they are, once."""
        is_first = parent not in self._fetched
        self._fetched.add(parent)
        return is_first

    def forget_pending(self, preload: Iterable[PromiseRecord]) -> None:
        """Forget that promises are pending: the server refused to suspend the task because one of them is settled."""
        self._known = {promise.id: promise for promise in self._known.values() if promise.state != "pending"}
        self._fetched.clear()
        self.add(*preload)
