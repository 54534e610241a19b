"""The queue of announced tasks that cannot run yet, each once, as an id and a version.

Tasks that a worker has begun before come first: a job that waited for a page, an answer or a sleep does not wait again
behind all jobs that are new. A task is begun if its version is above 0, because acquiring it raises the version.
"""

from collections import OrderedDict
from typing import Final


class TaskQueue:
    """Two queues, in the order of their announcements."""

    def __init__(self, max_tasks: int) -> None:
        """Bound each of both, so that new tasks leave room for the others."""
        self._max_tasks: Final = max_tasks
        self._begun: Final = OrderedDict[str, int]()
        self._new: Final = OrderedDict[str, int]()

    def __len__(self) -> int:
        return len(self._begun) + len(self._new)

    def __contains__(self, task_id: object) -> bool:
        return task_id in self._begun or task_id in self._new

    def put(self, task_id: str, version: int) -> bool:
        """Add a task, or renew its version; return whether there was room."""
        queue = self._begun if version else self._new
        if task_id not in queue and len(queue) >= self._max_tasks:
            return False
        queue[task_id] = version
        if version:
            self._new.pop(task_id, None)
        return True

    def put_first(self, task_id: str, version: int) -> None:
        """Add a task before all others."""
        self._begun[task_id] = version
        self._begun.move_to_end(task_id, last=False)

    def pop(self) -> tuple[str, int]:
        """Remove and return the first task."""
        return (self._begun or self._new).popitem(last=False)

    def clear(self) -> list[tuple[str, int]]:
        """Remove and return all tasks in their order."""
        return [self.pop() for _ in range(len(self))]
