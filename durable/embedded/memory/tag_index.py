"""The index of the promises by tag. New promises enter it in batches: when the clock ticks, or before a search by tag.

Each tag is on another page of the index. In one transaction, the first promise costs more than the next ten.
"""

import sqlite3

from durable.embedded.rows import decode_tags

NO_LIMIT = -1  # for SQLite
MAX_BATCH_CHARACTERS = 200_000  # of tags as JSON: some ten thousand tags, which take ten milliseconds
UNTAGGED_PROMISES = "untagged CROSS JOIN promises ON promises.id = promise_id"
INSERT_TAGS = "INSERT OR IGNORE INTO tags (tag_key, tag_value, promise_id)"
# SQLite's JSON ends a text at NUL, which is written as \u0000 in JSON.
HAS_NUL = r"instr(tags, '\u0000')"


class TagIndex:
    """The index in the database; the table `untagged` has the promises that are not in it yet."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Use the connection."""
        self.sql = connection.execute
        self.sql_many = connection.executemany
        self._new: list[tuple[str]] = []  # the promises of the open transaction

    def add(self, promise_id: str) -> None:
        """Add a new promise that has tags."""
        self._new.append((promise_id,))

    def write(self) -> None:
        """Write the promises of this transaction to the table."""
        if self._new:
            self.sql_many("INSERT INTO untagged (promise_id) VALUES (?)", self._new)
            self._new.clear()

    def update(self, limit: int = NO_LIMIT) -> int:
        """Add up to `limit` promises to the index. Return how many, or `limit` if a batch was full before."""
        self.write()
        sizes = self.sql(f"SELECT seq, length(tags) FROM {UNTAGGED_PROMISES} ORDER BY seq LIMIT ?", (limit,)).fetchall()
        batch = _count_batch([size for _, size in sizes])
        if batch:
            last, _ = sizes[batch - 1]
            self._add_until(last)
            self.sql("DELETE FROM untagged WHERE seq <= ?", (last,))
        return batch if batch == len(sizes) else limit

    def update_all(self) -> None:
        """Add all new promises to the index."""
        while self.update() == NO_LIMIT:
            pass

    def _add_until(self, last: int) -> None:
        # In the order of the index, so that neighbours share its pages.
        self.sql(
            f"{INSERT_TAGS} SELECT tag.key, tag.value, promise_id "
            f"FROM {UNTAGGED_PROMISES} CROSS JOIN json_each(promises.tags) AS tag "
            f"WHERE seq <= ? AND NOT {HAS_NUL} ORDER BY 1, 2, 3",
            (last,),
        )
        with_nul = self.sql(f"SELECT promise_id, tags FROM {UNTAGGED_PROMISES} WHERE seq <= ? AND {HAS_NUL}", (last,))
        for promise_id, tags in with_nul.fetchall():
            rows = [(key, value, promise_id) for key, value in decode_tags(tags).items()]
            self.sql_many(f"{INSERT_TAGS} VALUES (?, ?, ?)", rows)

    def forget(self) -> None:
        """Drop the promises of a transaction that was rolled back."""
        self._new.clear()


def _count_batch(sizes: list[int]) -> int:
    """Return how many promises with tags of these sizes make a batch; one that is larger is a batch of its own."""
    total = 0
    for count, size in enumerate(sizes):
        total += size
        if total > MAX_BATCH_CHARACTERS:
            return max(count, 1)
    return len(sizes)
