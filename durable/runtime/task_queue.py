"""The queue of announced tasks that cannot run yet. Each is queued once, as an id and a version.

Tasks that a worker has begun before come first: a job that waited for a page, an answer or a sleep does not wait again
behind all jobs that are new. A task is begun if its version is above 0, because acquiring it raises the version.

New tasks take turns: first the owners of jobs, then the jobs of an owner. So neither a requester with a thousand jobs
nor a job with a thousand parts keeps others waiting. Jobs whose owner is not known share one turn.
"""

from collections import OrderedDict
from typing import Final

from resonate.ids import origin_of

_UNKNOWN_OWNER: Final = ""

type _Tasks = OrderedDict[str, int]  # versions by id


class TurnQueue:
    """Tasks that take turns by the owners of their jobs, and by their jobs."""

    def __init__(self) -> None:
        self._owners: Final[dict[str, str]] = {}  # the owners of the jobs that have tasks here
        self._turns: Final = OrderedDict[str, OrderedDict[str, _Tasks]]()  # by owner, then by job
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def __contains__(self, task_id: object) -> bool:
        return isinstance(task_id, str) and task_id in self._tasks_of(origin_of(task_id))

    def put(self, task_id: str, version: int) -> None:
        """Add a task behind those of its job, or renew its version."""
        job = origin_of(task_id)
        owner = self._owners.setdefault(job, _UNKNOWN_OWNER)
        tasks = self._turns.setdefault(owner, OrderedDict()).setdefault(job, OrderedDict())
        self._size += task_id not in tasks
        tasks[task_id] = version

    def pop(self) -> tuple[str, int]:
        """Remove and return the task whose turn it is."""
        owner, jobs = next(iter(self._turns.items()))
        job, tasks = next(iter(jobs.items()))
        popped = tasks.popitem(last=False)
        self._size -= 1
        self._turns.move_to_end(owner)
        jobs.move_to_end(job)
        self._drop_if_empty(owner, job)
        return popped

    def discard(self, task_id: str) -> None:
        """Remove a task, if it is here."""
        if task_id in self:
            job = origin_of(task_id)
            del self._tasks_of(job)[task_id]
            self._size -= 1
            self._drop_if_empty(self._owners[job], job)

    def needs_owner(self, job: str) -> bool:
        """Whether the job has tasks here, and its owner is not known."""
        return self._owners.get(job) == _UNKNOWN_OWNER

    def set_owner(self, job: str, owner: str) -> None:
        """Let the job wait for the turns of its owner."""
        if self.needs_owner(job) and owner != _UNKNOWN_OWNER:
            tasks = self._turns[_UNKNOWN_OWNER].pop(job)
            self._turns.setdefault(owner, OrderedDict())[job] = tasks
            self._owners[job] = owner
            if not self._turns[_UNKNOWN_OWNER]:
                del self._turns[_UNKNOWN_OWNER]

    def _tasks_of(self, job: str) -> _Tasks:
        return self._turns[self._owners[job]][job] if job in self._owners else OrderedDict()

    def _drop_if_empty(self, owner: str, job: str) -> None:
        if not self._turns[owner][job]:
            del self._turns[owner][job], self._owners[job]
        if not self._turns[owner]:
            del self._turns[owner]


class TaskQueue:
    """Two queues: of begun tasks in the order of their announcements, and of new ones that take turns."""

    def __init__(self, max_tasks: int) -> None:
        """Limit each queue by itself, so that new tasks leave room for begun ones."""
        self._max_tasks: Final = max_tasks
        self._begun: Final = OrderedDict[str, int]()
        self.new: Final = TurnQueue()

    def __len__(self) -> int:
        return len(self._begun) + len(self.new)

    def __contains__(self, task_id: object) -> bool:
        return task_id in self._begun or task_id in self.new

    def put(self, task_id: str, version: int) -> bool:
        """Add a task, or renew its version; return whether there was room."""
        if not version and task_id in self._begun:
            return True  # this announcement is older, and came late
        queue = self._begun if version else self.new
        if task_id not in queue and len(queue) >= self._max_tasks:
            return False
        if version:
            self._begun[task_id] = version
            self.new.discard(task_id)
        else:
            self.new.put(task_id, version)
        return True

    def put_first(self, task_id: str, version: int) -> None:
        """Add a task before all others."""
        self._begun[task_id] = version
        self._begun.move_to_end(task_id, last=False)

    def pop(self) -> tuple[str, int]:
        """Remove and return the first task."""
        return self._begun.popitem(last=False) if self._begun else self.new.pop()

    def clear(self) -> list[tuple[str, int]]:
        """Remove and return all tasks in their order."""
        return [self.pop() for _ in range(len(self))]
