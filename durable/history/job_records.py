"""Reads the records of one job from a server."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from durable.wire.answers import OneTask
from durable.wire.client import Client
from durable.wire.errors import NotFound
from durable.wire.records import Promise, Task
from durable.wire.requests import PromiseSearch, TaskGet

from .explanations import Explanation, explain
from .operations import Operation, format_history, list_operations
from .parking_notes import ParkingNote, list_parking_notes

_PAGE_SIZE = 1_000  # the server's maximum


@dataclass(frozen=True, kw_only=True)
class JobRecords:
    """A job's own promise, its calls, the tasks of open calls, and notes about parked tasks."""

    root: Promise
    operations: Sequence[Operation]
    tasks: Mapping[str, Task] = field(default_factory=dict)
    notes: Sequence[ParkingNote] = ()

    @property
    def created_at(self) -> float:
        """When the job was created, in seconds since 1970."""
        return self.root.created_at / 1_000

    @property
    def settled_at(self) -> float | None:
        """When it ended, in seconds since 1970."""
        return None if self.root.settled_at is None else self.root.settled_at / 1_000

    def format_history(self) -> str:
        """Return what the job has called as a table."""
        root = self.root
        return format_history(root.id, root.state, self.operations, began=self.created_at, ended=self.settled_at)

    def explain(self) -> Explanation:
        """Return why the job is where it is."""
        return explain(self.root, self.operations, self.tasks, self.notes)


def read_job(client: Client, job: str) -> JobRecords:
    """Read all of a job. Raises NotFound if the server does not know it."""
    root = client.get(job)
    promises = list(client.search_all(PromiseSearch(tags={"resonate:origin": job}, limit=_PAGE_SIZE)))
    operations = list_operations(job, promises)
    waiting = [job, *(one.id for one in operations if one.state == "pending" and one.address)]
    tasks = {}
    for task in waiting if root.state == "pending" else ():
        with suppress(NotFound):
            tasks[task] = client.ask(TaskGet(id=task), OneTask).task
    return JobRecords(root=root, operations=operations, tasks=tasks, notes=list_parking_notes(promises))
