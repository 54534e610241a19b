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
        """Start empty; each part reads the database when it is first asked."""
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
        """Forget what a transaction has said that is rolled back, and everything that may depend on it."""
        self.outbox.forget()
        self.tag_index.forget()
        self.deadlines.forget()
        self.branches.forget()
        self.held_tasks.forget()
