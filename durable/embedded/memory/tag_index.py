r"""The index of the promises by tag. New promises enter it many at once, when the clock ticks or a search needs them.

The tags of one promise belong to as many places of the index, so that the first promise of a transaction costs more
than the ten that follow it.
"""

import sqlite3

from durable.embedded.rows import decode_tags

NO_LIMIT = -1  # for SQLite
WAITING = "untagged CROSS JOIN promises ON promises.id = promise_id"
ADD = "INSERT OR IGNORE INTO tags (tag_key, tag_value, promise_id)"
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
        """Add up to `limit` promises to the index, and return how many."""
        self.write()
        some = "SELECT seq FROM untagged ORDER BY seq LIMIT ?"
        [[count, last]] = self.sql(f"SELECT count(*), max(seq) FROM ({some})", (limit,))
        if count:
            self._add_until(last)
            self.sql("DELETE FROM untagged WHERE seq <= ?", (last,))
        return int(count)

    def _add_until(self, last: int) -> None:
        # In the order of the index, so that neighbours share its pages.
        self.sql(
            f"{ADD} SELECT tag.key, tag.value, promise_id FROM {WAITING} CROSS JOIN json_each(promises.tags) AS tag "
            f"WHERE seq <= ? AND NOT {HAS_NUL} ORDER BY 1, 2, 3",
            (last,),
        )
        for promise_id, tags in self.sql(
            f"SELECT promise_id, tags FROM {WAITING} WHERE seq <= ? AND {HAS_NUL}", (last,)
        ):
            rows = [(key, value, promise_id) for key, value in decode_tags(tags).items()]
            self.sql_many(f"{ADD} VALUES (?, ?, ?)", rows)

    def forget(self) -> None:
        """Drop the promises of a transaction that was rolled back."""
        self._new.clear()
