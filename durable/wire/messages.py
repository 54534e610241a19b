"""The messages of the server: `execute` offers a task to a worker group, `unblock` reports a settled promise."""

from .records import Promise, Record


class TaskRef(Record, frozen=True):
    """A task at one version. Acquiring it raises the version, so an old message cannot acquire it again."""

    id: str
    version: int


class ExecuteData(Record, frozen=True):
    """The data of an execute message."""

    task: TaskRef


class UnblockData(Record, frozen=True):
    """The data of an unblock message."""

    promise: Promise


class MessageHead(Record, frozen=True):
    """The URL of the sending server, if it has one configured."""

    server_url: str | None = None


class Execute(Record, frozen=True, tag="execute", tag_field="kind"):
    """Offers a pending task to one worker of a group."""

    head: MessageHead
    data: ExecuteData


class Unblock(Record, frozen=True, tag="unblock", tag_field="kind"):
    """Reports a settled promise to one listener."""

    head: MessageHead
    data: UnblockData


type Message = Execute | Unblock
