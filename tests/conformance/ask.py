"""Puts requests to one server and reads its answers as the typed values of the protocol."""

from typing import Any

import msgspec

from wire.answers import AcquiredTask, FenceAnswer, OnePromise, OneSchedule, OneTask, Preload, Snapshot
from wire.messages import Execute, ExecuteData, MessageHead, TaskRef, Unblock, UnblockData
from wire.records import Promise, Schedule, Task

from .requests import Call
from .target import START, Answer, Json, Target

SUSPENDED_FOR_NOTHING = 300  # the one answer below 400 that is not a 200


class Ask:
    """One method for each kind of answer; each of them fails when the request is refused."""

    def __init__(self, target: Target) -> None:
        """Ask this server."""
        self.target = target

    def answer(self, call: Call, now: int = START) -> Answer:
        """Return whatever comes back."""
        return self.target.call(call.kind, call.data, now)

    def status(self, call: Call, now: int = START) -> int:
        """Return the status alone, which the answer's head must repeat."""
        answer = self.answer(call, now)
        assert isinstance(answer.body, dict)
        head = answer.body["head"]
        assert isinstance(head, dict)
        assert head["status"] == answer.status
        return answer.status

    def done(self, *calls: Call, now: int = START) -> None:
        """Send requests that the test is not about: all of them must succeed."""
        for call in calls:
            self.data(call, now)

    def data(self, call: Call, now: int = START, status: int = 200) -> Json:
        """Return the data of an answer of this status."""
        answer = self.answer(call, now)
        assert answer.status == status, f"{call.kind} {call.data}: {answer.body}"
        assert isinstance(answer.body, dict)
        return answer.body["data"]

    def promise(self, call: Call, now: int = START) -> Promise:
        """Return the promise that the request was about."""
        return msgspec.convert(self.data(call, now), OnePromise).promise

    def task(self, call: Call, now: int = START) -> Task:
        """Return the task that the request was about."""
        return msgspec.convert(self.data(call, now), OneTask).task

    def taken(self, call: Call, now: int = START) -> AcquiredTask:
        """Return what a worker gets when it acquires or creates a task."""
        return msgspec.convert(self.data(call, now), AcquiredTask)

    def fenced(self, call: Call, now: int = START) -> FenceAnswer:
        """Return the inner answer with the preload."""
        return msgspec.convert(self.data(call, now), FenceAnswer)

    def redirected(self, call: Call, now: int = START) -> list[Promise]:
        """Return the preload of a suspend that found something settled."""
        return msgspec.convert(self.data(call, now, SUSPENDED_FOR_NOTHING), Preload).preload

    def schedule(self, call: Call, now: int = START) -> Schedule:
        """Return the schedule that the request was about."""
        return msgspec.convert(self.data(call, now), OneSchedule).schedule

    def found(self, call: Call, now: int = START) -> list[str]:
        """Return the ids that a search finds."""
        (page,) = (found for key, found in self._object(call, now).items() if key != "cursor")
        return [record["id"] for record in msgspec.convert(page, list[dict[str, Any]])]

    def cursor(self, call: Call) -> Json:
        """Return where the next page of a search begins, if there is one."""
        return self._object(call, START).get("cursor")

    def _object(self, call: Call, now: int) -> dict[str, Json]:
        data = self.data(call, now)
        assert isinstance(data, dict)
        return data

    def tick(self, now: int) -> None:
        """Let everything happen that is due at this time."""
        assert self.data(Call("debug.tick", {"time": now}), now) == []

    def state(self) -> Snapshot:
        """Return the whole state, without expiring anything."""
        return msgspec.convert(self.target.snap(), Snapshot)

    def sent(self) -> list[tuple[str, Execute | Unblock]]:
        """Return what waits in the outbox, each message with its address."""
        return [(outgoing.address, outgoing.message) for outgoing in self.state().messages]


def execute(task: str, version: int) -> Execute:
    """Build the message that a task waits."""
    return Execute(head=MessageHead(), data=ExecuteData(task=TaskRef(id=task, version=version)))


def unblock(promise: Promise) -> Unblock:
    """Build the message that a promise is settled."""
    return Unblock(head=MessageHead(), data=UnblockData(promise=promise))
