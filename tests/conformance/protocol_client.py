"""Sends requests to one server and decodes its answers."""

from typing import Any

import msgspec

from durable.wire.answers import AcquiredTask, FenceAnswer, OnePromise, OneSchedule, OneTask, PreloadAnswer, Snapshot
from durable.wire.messages import Execute, ExecuteData, MessageHead, TaskRef, Unblock, UnblockData
from durable.wire.records import Promise, Schedule, Task

from .requests import Call
from .target import START, Answer, Json, Target

NOT_SUSPENDED_STATUS = 300  # the only status below 400 besides 200


class Client:
    """One method for each kind of answer; each fails if the request is refused."""

    def __init__(self, target: Target) -> None:
        """Send requests to this target."""
        self.target = target

    def answer(self, call: Call, now: int = START) -> Answer:
        """Return the answer, whatever its status."""
        return self.target.call(call.kind, call.data, now)

    def status(self, call: Call, now: int = START) -> int:
        """Return the status, which the answer's head must repeat."""
        answer = self.answer(call, now)
        assert isinstance(answer.body, dict)
        head = answer.body["head"]
        assert isinstance(head, dict)
        assert head["status"] == answer.status
        return answer.status

    def send_all(self, *calls: Call, now: int = START) -> None:
        """Send requests that must succeed."""
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

    def task_acquisition(self, call: Call, now: int = START) -> AcquiredTask:
        """Return the answer to acquiring or creating a task."""
        return msgspec.convert(self.data(call, now), AcquiredTask)

    def fence_answer(self, call: Call, now: int = START) -> FenceAnswer[Promise]:
        """Return the inner answer with the preload."""
        return msgspec.convert(self.data(call, now), FenceAnswer[Promise])

    def suspend_preload(self, call: Call, now: int = START) -> list[Promise]:
        """Return the preload of a suspend that found a settled promise."""
        return msgspec.convert(self.data(call, now, NOT_SUSPENDED_STATUS), PreloadAnswer[Promise]).preload

    def schedule(self, call: Call, now: int = START) -> Schedule:
        """Return the schedule that the request was about."""
        return msgspec.convert(self.data(call, now), OneSchedule).schedule

    def search_ids(self, call: Call, now: int = START) -> list[str]:
        """Return the ids that a search finds."""
        (page,) = (found for key, found in self._object(call, now).items() if key != "cursor")
        return [record["id"] for record in msgspec.convert(page, list[dict[str, Any]])]

    def cursor(self, call: Call) -> Json:
        """Return the cursor of the next page, if there is one."""
        return self._object(call, START).get("cursor")

    def _object(self, call: Call, now: int) -> dict[str, Json]:
        data = self.data(call, now)
        assert isinstance(data, dict)
        return data

    def tick(self, now: int) -> None:
        """Do everything that is due at this time."""
        assert self.data(Call("debug.tick", {"time": now}), now) == []

    def state(self) -> Snapshot:
        """Return the whole state, without timing anything out."""
        return msgspec.convert(self.target.snap(), Snapshot)

    def outbox(self) -> list[tuple[str, Execute | Unblock]]:
        """Return the unsent messages with their addresses."""
        return [(outgoing.address, outgoing.message) for outgoing in self.state().messages]


def execute(task: str, version: int) -> Execute:
    """Return the message of a pending task."""
    return Execute(head=MessageHead(), data=ExecuteData(task=TaskRef(id=task, version=version)))


def unblock(promise: Promise) -> Unblock:
    """Return the message of a settled promise."""
    return Unblock(head=MessageHead(), data=UnblockData(promise=promise))
