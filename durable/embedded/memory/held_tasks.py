"""The tasks that workers hold: the server checks at each request of a worker whether it still holds its task."""

from typing import Final, NamedTuple

MAX_TASKS: Final = 10_000  # at the limit the collection is cleared
MAX_NAME_CHARACTERS: Final = 1_000  # of a task's id and branch together; others are read each time


class HeldTask(NamedTuple):
    """An acquired task at its version, and the branch of its promise."""

    id: str
    version: int
    branch: str | None


class HeldTasks:
    """Some acquired tasks. Each statement that ends a task's acquired state calls `drop`."""

    def __init__(self) -> None:
        """Start empty."""
        self._tasks: dict[str, HeldTask] = {}

    def get(self, task_id: str) -> HeldTask | None:
        """Return the task, if it is kept."""
        return self._tasks.get(task_id)

    def keep(self, task: HeldTask) -> None:
        """Add an acquired task."""
        if len(task.id) + len(task.branch or "") > MAX_NAME_CHARACTERS:
            return
        if len(self._tasks) == MAX_TASKS:
            self.forget()
        self._tasks[task.id] = task

    def drop(self, task_id: str) -> None:
        """Remove a task: its state changes."""
        self._tasks.pop(task_id, None)

    def forget(self) -> None:
        """Remove all tasks."""
        self._tasks.clear()
