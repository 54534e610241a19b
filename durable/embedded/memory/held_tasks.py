"""The tasks that workers hold: the server checks at each request of a worker whether it still holds its task."""

from typing import Final, NamedTuple

MAX_TASKS: Final = 10_000  # then the collection begins anew


class HeldTask(NamedTuple):
    """An acquired task at its version, and the branch of its promise."""

    id: str
    version: int
    branch: str | None


class HeldTasks:
    """Some acquired tasks. Each change of a task's state in the database calls `drop`."""

    def __init__(self) -> None:
        """Start empty."""
        self._tasks: dict[str, HeldTask] = {}

    def get(self, task_id: str) -> HeldTask | None:
        """Return the task, if it is kept."""
        return self._tasks.get(task_id)

    def keep(self, task: HeldTask) -> None:
        """Add an acquired task."""
        if len(self._tasks) == MAX_TASKS:
            self.forget()
        self._tasks[task.id] = task

    def drop(self, task_id: str) -> None:
        """Remove a task: its state changes."""
        self._tasks.pop(task_id, None)

    def forget(self) -> None:
        """Remove all tasks."""
        self._tasks.clear()
