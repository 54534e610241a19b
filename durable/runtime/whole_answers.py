"""Reads the answer to a task's request in one conversion.

Each answer comes with all promises of the task's branch. The SDK reads them one by one, in Python and twice. So it
reads only the answers with a record that it leaves out or completes.
"""

from msgspec import Struct, ValidationError, convert
from resonate.send import Sender, TaskAcquireResult, TaskFenceResult
from resonate.types import PromiseRecord, TaskRecord


class _OnePromise(Struct):
    promise: PromiseRecord


class _FencedAction(Struct):
    data: _OnePromise


class _Acquired(Struct):
    task: TaskRecord
    promise: PromiseRecord
    preload: list[PromiseRecord]


class _Fenced(Struct):
    action: _FencedAction
    preload: list[PromiseRecord]


class WholeAnswerSender(Sender):
    """The SDK's sender, with another reading of the answers that come with promises."""

    def _parse_task_acquire(self, data: object) -> TaskAcquireResult:
        try:
            acquired = convert(data, _Acquired)
        except ValidationError:
            return super()._parse_task_acquire(data)
        return TaskAcquireResult(task=acquired.task, promise=acquired.promise, preload=acquired.preload)

    def _parse_task_fence(self, data: object) -> TaskFenceResult:
        try:
            fenced = convert(data, _Fenced)
        except ValidationError:
            return super()._parse_task_fence(data)
        return TaskFenceResult(promise=fenced.action.data.promise, preload=fenced.preload)
