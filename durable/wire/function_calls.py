"""What passes between a bridge and the function that runs one task for it.

The call is the server's own message, so the server may send it as well. The bridge adds the name under which the
function acquires the task. If the function dies, the name tells the bridge that it held the task.
"""

from enum import StrEnum

from .messages import ExecuteData
from .records import Record


class CallHead(Record, frozen=True):
    """Under which name the function acquires the task."""

    pid: str | None = None


class FunctionCall(Record, frozen=True, tag="execute", tag_field="kind"):
    """Has the function run one task."""

    data: ExecuteData
    head: CallHead = CallHead()


class CallStatus(StrEnum):
    """How a run of a task ended in a function."""

    COMPLETED = "completed"
    SUSPENDED = "suspended"
    HANDED_OVER = "handed over"  # it lacked the time: the server announces the task again
    ELSEWHERE = "elsewhere"  # the task is settled, or another run has it
    PARKED = "parked"  # the function does not know its workflow or version; it holds the task
    LOST = "lost"  # the server did not answer in time; the function may hold the task


class CallAnswer(Record, frozen=True):
    """What the function answers; `version` is that of the task while the function held it."""

    status: str  # a CallStatus, or what a newer function answers
    version: int | None = None
