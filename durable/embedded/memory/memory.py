"""All that is kept in memory, as one object: most requests of a worker read nothing else before they write."""

import sqlite3

from .branches import Branches
from .deadlines import Deadlines
from .held_tasks import HeldTasks
from .outbox import Outbox
from .tag_index import TagIndex


class Memory:
    """The memory of one server."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Start empty. Nothing is read from the database yet."""
        self.outbox = Outbox(connection)
        self.tag_index = TagIndex(connection)
        self.deadlines = Deadlines(connection)
        self.branches = Branches()
        self.held_tasks = HeldTasks()

    def write(self) -> None:
        """Write what waits for a later transaction."""
        self.outbox.write()
        self.tag_index.write()

    def forget(self) -> None:
        """Drop everything that a rolled-back transaction may have changed."""
        self.outbox.forget()
        self.tag_index.forget()
        self.deadlines.forget()
        self.branches.forget()
        self.held_tasks.forget()
