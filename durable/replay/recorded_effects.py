"""The SDK's durable operations, answered from a recording, and compared with it."""

from collections.abc import Mapping
from typing import Any, Final, Literal

from msgspec.structs import replace
from resonate.codec import Codec
from resonate.error import PlatformError
from resonate.types import PromiseCreateReq, PromiseRecord, Value

from durable.named_context import Call, SequenceError, find_call
from durable.wire.call_record import CallKind, CallRecord

from .differences import Difference, Wording
from .recording import RecordedPromise
from .states import ENDED_STATES, TaskState

_FENCE: Final = 0  # no run of a worker makes these calls


class RecordedEffects:
    """Implements the SDK's `Effects` for one state of a task. `final` has what each promise became later."""

    def __init__(self, state: TaskState, final: Mapping[str, RecordedPromise], wording: Wording, codec: Codec) -> None:
        self.differences: Final = list[Difference]()
        self.last_call: str | None = None
        self.count = 0  # how many operations there were
        self._state: Final = state
        self._final: Final = final
        self._wording: Final = wording
        self._codec: Final = codec
        self._called: Final = set[str]()

    async def create_promise(self, req: PromiseCreateReq) -> PromiseRecord:
        """Return the recorded promise; raise PlatformError if another call made it."""
        self.count += 1
        call, recorded = find_call(req.tags), self._state.promises.get(req.id)
        self._called.add(req.id)
        if recorded is None:
            self._note_new_call(req, call)
            return PromiseRecord(id=req.id, state="pending", timeout_at=req.timeout_at, tags=req.tags)
        if call:
            self._compare(recorded, call)
        self.last_call = req.id
        return as_record(recorded)

    async def settle_promise(self, id: str, result: Any) -> PromiseRecord:  # noqa: A002, ANN401 the SDK's
        """Settle a workflow or scope within the task. Its result may have depended on the time."""
        self.count += 1
        state: Literal["resolved", "rejected"] = "rejected" if isinstance(result, Exception) else "resolved"
        value = self._codec.decode(self._codec.encode(result))
        if id == self._state.next_settled and self._kind_of(self._final[id]) is CallKind.WORKFLOW:
            self.compare_result(id, state, value)
        return PromiseRecord(id=id, state=state, timeout_at=0, value=Value(data=value))

    @staticmethod
    def _kind_of(promise: RecordedPromise) -> CallKind | None:
        call = CallRecord.read(promise.tags)
        return call.kind if call else None

    def compare_result(self, promise: str, state: str, value: object) -> None:
        """Note a result of the body that differs from the recorded one; only steps may have another result."""
        recorded = self._final.get(promise)
        if recorded and recorded.state in ENDED_STATES and (recorded.state, recorded.value) != (state, value):
            difference = self._wording.other_result(promise, (recorded.state, recorded.value), (state, value))
            self.differences.append(difference)

    def find_missing_call(self) -> Difference | None:
        """Return a difference if a recorded call was not made, although the function that made it has run."""
        for one in self._state.promises.values():
            if one.id not in self._called and self._has_run(self._state.promises.get(one.caller_id)):
                return self._wording.fewer_calls(one.id, self.last_call)
        return None

    def _has_run(self, caller: RecordedPromise | None) -> bool:
        """Whether a replay ran the function that made a call. The number of calls in a scope may depend on the time."""
        if caller is None:  # the task itself
            return True
        return caller.id in self._called and caller.state == "pending" and self._kind_of(caller) is not CallKind.SCOPE

    def _note_new_call(self, req: PromiseCreateReq, call: Call | None) -> None:
        """A running job may make further calls. An ended job has made all of its calls."""
        if self._state.is_last and call:
            name = str(CallRecord(name=call.name, kind=call.kind))
            self.differences.append(self._wording.more_calls(req.id, name, self.last_call))

    def _compare(self, promise: RecordedPromise, call: Call) -> None:
        recorded = CallRecord.read(promise.tags)
        if recorded is None:
            self.differences.append(self._wording.without_name(promise.id))
            return
        called = CallRecord.read(call.record(_FENCE).tags) or recorded  # as its promise would keep it
        if (recorded.name, recorded.kind) != (called.name, called.kind):
            self.differences.append(self._wording.other_call(promise.id, recorded, called))
            raise PlatformError([SequenceError(promise.id, recorded, called)])
        # A function that is not a step keeps a choice of the toolkit, which may depend on the time.
        if recorded.arguments != called.arguments and recorded.kind is not CallKind.FUNCTION:
            self.differences.append(self._wording.other_arguments(promise.id))
        if recorded.seconds != called.seconds:
            self.differences.append(self._wording.other_duration(promise.id, recorded.seconds, called.seconds))


def as_record(promise: RecordedPromise) -> PromiseRecord:
    """Return a promise as the SDK has it, with its values decoded."""
    return PromiseRecord(
        id=promise.id,
        state=promise.state,
        param=Value(data=promise.param),
        value=Value(data=promise.value),
        tags=dict(promise.tags),
        timeout_at=promise.timeout_at,
        created_at=promise.created_at,
        settled_at=promise.settled_at,
    )


def open_record(promise: RecordedPromise) -> PromiseRecord:
    """Return the promise of a task that has not ended."""
    return replace(as_record(promise), state="pending", value=Value(), settled_at=None)
