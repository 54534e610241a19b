"""What the server sends on its own: to a worker group that a task waits, to a listener that a promise is settled."""

from .records import Promise, Record


class TaskRef(Record, frozen=True):
    """A task at one version: acquiring it bumps the version, so an old message finds nothing to take."""

    id: str
    version: int


class ExecuteData(Record, frozen=True):
    """What an execute message carries."""

    task: TaskRef


class UnblockData(Record, frozen=True):
    """What an unblock message carries."""

    promise: Promise


class MessageHead(Record, frozen=True):
    """Where the sending server can be reached, when it says so."""

    server_url: str | None = None


class Execute(Record, frozen=True, tag="execute", tag_field="kind"):
    """To one worker of a group: this task waits."""

    head: MessageHead
    data: ExecuteData


class Unblock(Record, frozen=True, tag="unblock", tag_field="kind"):
    """To one listener: the promise is settled."""

    head: MessageHead
    data: UnblockData


type Message = Execute | Unblock
