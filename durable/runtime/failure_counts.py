"""How often each task has failed in a row. The tasks that have not failed for longest are forgotten."""

from collections import OrderedDict
from typing import Final

_MAX_TASKS: Final = 10_000


class FailureCounts:
    """Failures in a row, by task."""

    def __init__(self) -> None:
        self._counts: Final = OrderedDict[str, int]()

    def add(self, task_id: str) -> int:
        """Count a failure, and return the number of failures in a row."""
        count = self._counts[task_id] = self._counts.pop(task_id, 0) + 1
        if len(self._counts) > _MAX_TASKS:
            self._counts.popitem(last=False)
        return count

    def forget(self, task_id: str) -> None:
        """Start counting from zero again."""
        self._counts.pop(task_id, None)
