"""What a replay found, as sentences for the developer who changed the code."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from durable.wire.call_record import CallKind, CallRecord

from .recording import RecordedPromise

_MAX_CHARACTERS: Final = 60  # the characters of a quoted value


@dataclass(frozen=True)
class Difference:
    """A promise at which the present code differs from the recorded job."""

    promise: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.promise}: {self.sentence}"


class Wording:
    """Finds the words for differences between a recording and the code."""

    def __init__(self, task: RecordedPromise, promises: Mapping[str, RecordedPromise]) -> None:
        self._task: Final = task
        self._promises: Final = promises

    def other_call(self, promise: str, recorded: CallRecord, called: CallRecord) -> Difference:
        """The code makes another call at this position."""
        sentence = f"it was recorded as {recorded}, and the code now calls {called} there"
        return self._make(promise, sentence)

    def more_calls(self, promise: str, called: str, last: str | None) -> Difference:
        """The code makes further calls after the last call of the recorded job."""
        after = f"after the last recorded call, {self._name(last)}" if last else "and the recorded job made no calls"
        return self._make(promise, f"the code now calls {called} there, {after}")

    def fewer_calls(self, promise: str, last: str | None) -> Difference:
        """The code no longer makes a recorded call."""
        end = f"ends after {self._name(last)}" if last else "makes no calls"
        return self._make(promise, f"it was recorded as {self._call(promise)}, and the code now {end}")

    def other_arguments(self, promise: str) -> Difference:
        """A call has other arguments."""
        return self._make(promise, f"{self._call(promise)} now has other arguments than those recorded")

    def other_duration(self, promise: str, recorded: float | None, called: float | None) -> Difference:
        """A sleep, a question or a call lasts longer or shorter."""
        was, now = ("as long as its job" if one is None else f"{one:g} s" for one in (recorded, called))
        return self._make(promise, f"{self._call(promise)} was recorded to last {was}, and now lasts {now}")

    def other_result(self, promise: str, recorded: tuple[str, Any], found: tuple[str, Any]) -> Difference:
        """A workflow or scope has another result."""
        was, now = (f"{state} {_shorten(value)}" for state, value in (recorded, found))
        return self._make(promise, f"{self._call(promise)} was recorded as {was}, and now ends {now}")

    def unreadable_result(self, promise: str, reason: str) -> Difference:
        """A recorded result does not fit the type that the code gives it now."""
        text = f"the recorded result of {self._call(promise)} cannot be read as the type of today, {reason}"
        return self._make(promise, text)

    def without_name(self, promise: str) -> Difference:
        """A recorded call cannot be compared."""
        return Difference(promise, "the recording has no name for this call: record the job again with a new worker")

    def unknown_workflow(self, name: str, version: int) -> Difference:
        """A workflow or its version is gone."""
        advice = "keep it until its last job has ended, then delete this recording"
        return Difference(self._task.id, f"version {version} of {name} is not among the workflows: {advice}")

    def stuck(self) -> Difference:
        """The body waits, and not for a promise."""
        return Difference(self._task.id, "the body waits for something that is not a promise of the job: see rule D12")

    def unreplayable(self, error: BaseException) -> Difference:
        """The SDK cannot replay it."""
        return Difference(self._task.id, f"the job cannot be replayed: {error!r}")

    def _make(self, promise: str, sentence: str) -> Difference:
        workflow, version = self._task.param["func"], self._task.param.get("version", 1)
        return Difference(promise, f"{sentence}: raise the version of {workflow}, which was recorded as {version}")

    def _name(self, promise: str) -> str:
        return f"{self._call(promise)} ({promise})"

    def _call(self, promise: str) -> str:
        one = self._promises.get(promise)
        call = CallRecord.read(one.tags) if one else None
        if call is None and one and one.is_task:
            return f"{CallKind.WORKFLOW} '{one.param['func']}'"
        return str(call) if call else f"the call {promise}"


def _shorten(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _MAX_CHARACTERS else f"{text[:_MAX_CHARACTERS]}..."
