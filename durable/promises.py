"""What the toolkit and your steps may do with promises on the server, beyond what the SDK does for a task.

It is a port, so that tests need no server: `current_run().tools.promises` is the worker's. Requests are retried until
the server answers, and are idempotent: a settled promise stays as it is.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from resonate.ids import LINEAGE_SEP, ORIGIN_SEP

from .errors import ErrorCode, JobError, PermanentError

type PromiseState = Literal["pending", "resolved", "rejected", "rejected_canceled", "rejected_timedout"]


def make_called_off_error() -> PermanentError:
    """Return the error of a call whose outcome no longer matters: another was first, or enough had succeeded."""
    return PermanentError(ErrorCode.CALLED_OFF, "its outcome was no longer needed")


@dataclass(frozen=True, kw_only=True)
class PromiseSnapshot:
    """A promise as it was read."""

    id: str
    state: PromiseState
    value: Any = None  # None also if the value cannot be read
    settled_at: float | None = None  # seconds since 1970
    created_at: float = 0.0
    args: tuple[Any, ...] = ()  # arguments of the workflow that it runs, as JSON values; none if they cannot be read
    timeout_at: float | None = None


class NamedWorkflow(Protocol):
    """What a job names of its workflow."""

    @property
    def name(self) -> str:
        """The name under which workers know it."""

    @property
    def version(self) -> int:
        """Its version."""


@dataclass(frozen=True, kw_only=True)
class WorkflowName:
    """A workflow that the caller knows by name only."""

    name: str
    version: int = 1


@dataclass(frozen=True, kw_only=True)
class RootPromise:
    """A job: its workflow, the arguments, and the tags to find it by."""

    id: str
    workflow: NamedWorkflow
    args: tuple[Any, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    lifetime: float  # seconds; then the job fails if it is not done
    group: str | None = None  # its workers run the job; None: the group of the starting worker


class PromisePort(Protocol):
    """Reads and settles promises of other jobs, starts jobs, and ends calls that are no longer needed."""

    async def read(self, promise_id: str) -> PromiseSnapshot:
        """Read a promise."""

    async def start(self, root: RootPromise) -> None:
        """Start a job, unless its id is known already. It outlives the task that starts it."""

    async def claim(self, root: RootPromise, *, is_run: bool = True) -> Mapping[str, str]:
        """Start a job as `start` does, and return the tags of its promise, which are those of the first start.

        With `is_run=False` the job only reserves its id, until it is canceled.
        """

    async def cancel(self, promise_id: str) -> None:
        """Cancel a job, unless it has ended or does not exist."""

    async def resolve(self, promise_id: str, value: object) -> None:
        """Settle a promise with a value."""

    async def reject(self, promise_id: str, error: JobError) -> None:
        """Settle a promise with an error."""

    async def read_last_beat(self, promise_id: str) -> float | None:
        """Return when a client last reported that it works on the answer to a question, in seconds since 1970."""

    async def count_children(self, promise_id: str) -> int:
        """Return how many calls a scope or a workflow has made, in all its runs."""

    async def call_off(self, promises: Collection[str], *, ended: Collection[str] = ()) -> None:
        """Call off calls by their promises, and each call below them that has a task, a timer or an answer to come.

        `ended` are promises that were canceled before, perhaps without the calls below them.
        """


class NoPromises:
    """Outside a worker, as in a unit test: every promise is pending, and nothing is settled."""

    async def read(self, promise_id: str) -> PromiseSnapshot:
        """Return a pending promise."""
        return PromiseSnapshot(id=promise_id, state="pending")

    async def start(self, root: RootPromise) -> None:
        """Do nothing."""

    async def claim(self, root: RootPromise, *, is_run: bool = True) -> Mapping[str, str]:  # noqa: ARG002 the port's
        """Return the job's own tags."""
        return root.tags

    async def cancel(self, promise_id: str) -> None:
        """Do nothing."""

    async def resolve(self, promise_id: str, value: object) -> None:
        """Do nothing."""

    async def reject(self, promise_id: str, error: JobError) -> None:
        """Do nothing."""

    async def read_last_beat(self, promise_id: str) -> float | None:
        """Return None."""

    async def count_children(self, promise_id: str) -> int:  # noqa: ARG002 the port's
        """Return 0."""
        return 0

    async def call_off(self, promises: Collection[str], *, ended: Collection[str] = ()) -> None:
        """Do nothing."""


def is_below(promise_id: str, ancestor: str) -> bool:
    """Whether a promise belongs to a call of the ancestor."""
    return promise_id.startswith((f"{ancestor}{LINEAGE_SEP}", f"{ancestor}{ORIGIN_SEP}"))
