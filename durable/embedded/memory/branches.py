"""The promises of the branches at work: every answer to a worker repeats those of its task's branch."""

from collections.abc import Iterable

from msgspec import Raw

from durable.embedded.rows import StoredPromise

MAX_BYTES = 16 * 2**20  # of all JSON together; beyond the limit the collection is cleared


class Branches:
    """Some branches, each with all its promises. Each change of a promise in the database calls `update` or `drop`."""

    def __init__(self) -> None:
        """Start empty."""
        self._branches: dict[str, dict[str, Raw]] = {}  # JSON by promise and branch
        self._bytes = 0

    def get(self, branch: str) -> dict[str, Raw] | None:
        """Return the JSON of a branch's promises by id, if it is kept."""
        return self._branches.get(branch)

    def keep(self, branch: str, promises: Iterable[StoredPromise]) -> dict[str, Raw]:
        """Add a branch with all its promises, and return them."""
        kept = {promise.id: promise.json for promise in promises}
        self._branches[branch] = kept
        self._grow(sum(map(len, kept.values())))
        return kept

    def update(self, promise: StoredPromise) -> None:
        """Add or replace a promise. The branch of a settled job is dropped."""
        if promise.branch is None or (kept := self._branches.get(promise.branch)) is None:
            return
        if promise.id == promise.branch and promise.state != "pending":
            self.drop(promise.branch)
            return
        before = len(kept.get(promise.id, ""))
        kept[promise.id] = promise.json
        self._grow(len(promise.json) - before)

    def drop(self, branch: str | None) -> None:
        """Remove a branch."""
        if branch in self._branches:
            self._bytes -= sum(map(len, self._branches.pop(branch).values()))

    def forget(self) -> None:
        """Remove all branches."""
        self._branches.clear()
        self._bytes = 0

    def _grow(self, size: int) -> None:
        self._bytes += size
        if self._bytes > MAX_BYTES:
            self.forget()
