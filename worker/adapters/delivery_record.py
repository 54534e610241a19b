"""The progress and the events of one delivery of a job, as its object in the store holds them.

The newest events are written with the progress, so that the log costs no request of its own. When they are many, they
move to a segment: an object that is written once. Events that are not written yet are merged: the latest page count
replaces earlier ones, and texts of a step are joined.
"""

from collections.abc import Callable, Collection
from copy import replace
from typing import Final

from contract.answers import PageCount
from contract.events import DeliveryLog, EventKind, Segment, StoredEvent, segment_key
from contract.names import PROMISE_PREFIX, Step
from contract.progress import DeliveryProgress, Wait, progress_key
from durable import StepEvent

MAX_TEXT_CHARACTERS: Final = 4_000  # the longest text of an event
MAX_SEGMENT_EVENTS: Final = 100  # each request for the status reads them
MAX_SEGMENT_CHARACTERS: Final = 8_000
MAX_IDLE_RECORDS: Final = 256  # records of jobs that run no step: suspended, or ended
MAX_MODEL_CHARACTERS: Final = 32_000  # the characters of models' answers in one delivery: the rest is left out
MAX_MESSAGES: Final = 10_000  # messages of one delivery: a step that writes without end must not fill the store


class DeliveryRecord:
    """What one delivery has recorded."""

    def __init__(self, job_id: str, fence: int) -> None:
        self.key: Final = progress_key(job_id, fence)
        self._job_id: Final = job_id
        self._fence: Final = fence
        self._progress: DeliveryProgress | None = None
        self._events: list[StoredEvent] = []
        self._last_number = 0
        self._written_number = 0
        self._messages = 0
        self._model_characters = 0

    def start_step(self, event: StepEvent) -> None:
        """Record that an attempt started."""
        self._progress = DeliveryProgress(step=Step(event.step), attempt=event.attempt, at=event.at)
        self._add(EventKind.STEP_STARTED, event.at, event.step, attempt=event.attempt)

    def finish_step(self, event: StepEvent) -> None:
        """Record how an attempt ended. An error's text may name paths and hosts: it stays in the worker's log."""
        self._add(
            EventKind.STEP_FINISHED,
            event.at,
            event.step,
            attempt=event.attempt,
            outcome=event.kind.value,
            code=event.code,
            seconds=round(event.duration, 3),
        )

    def count_pages(self, done: int, total: int, at: float) -> None:
        """Record how many pages the running step has read."""
        if self._progress is None:
            return
        self._progress = replace(self._progress, pages=PageCount(done=done, of=total))
        last = self._find_unwritten(EventKind.PAGES)
        if last is not None:
            self._events[-1] = replace(last, at=at, pages=self._progress.pages)
        else:
            self._add(EventKind.PAGES, at, self._progress.step, pages=self._progress.pages)

    def add_text(self, text: str, at: float) -> None:
        """Record what the running step says; pieces of one text become one."""
        if self._progress is None or not text:
            return
        last = self._find_unwritten(EventKind.MESSAGE)
        if last is not None and len(last.text or "") + len(text) <= MAX_TEXT_CHARACTERS:
            self._events[-1] = replace(last, text=(last.text or "") + text)
        elif self._messages < MAX_MESSAGES:
            self._messages += 1
            self._add(EventKind.MESSAGE, at, self._progress.step, text=text[:MAX_TEXT_CHARACTERS])

    def add_model_text(self, text: str, answer: int, at: float) -> bool:
        """Record a piece of a model's answer, unless the log has enough of them; return whether it was recorded."""
        room = MAX_MODEL_CHARACTERS - self._model_characters
        text = text[: min(room, MAX_TEXT_CHARACTERS)]
        if self._progress is None or not text:
            return False
        self._model_characters += len(text)
        last = self._find_unwritten(EventKind.TEXT)
        if last and last.answer == answer and len(last.text or "") + len(text) <= MAX_TEXT_CHARACTERS:
            self._events[-1] = replace(last, text=(last.text or "") + text)
        else:
            step, attempt = self._progress.step, self._progress.attempt
            self._add(EventKind.TEXT, at, step, attempt=attempt, answer=answer, text=text)
        return True

    def add_wait(self, step: Step, wait: Wait, at: float) -> None:
        """Record what the job waits for before a step."""
        self._progress = DeliveryProgress(step=step, attempt=1, at=at, wait=wait)
        decision = wait.promise.removeprefix(PROMISE_PREFIX)
        self._add(EventKind.WAIT, at, step, text=wait.message, decision=decision, until=wait.until)

    def cut_segment(self) -> tuple[str, bytes] | None:
        """Return the object that the events move to, if they are many."""
        characters = sum(len(event.text or "") for event in self._events)
        if len(self._events) < MAX_SEGMENT_EVENTS and characters < MAX_SEGMENT_CHARACTERS:
            return None
        content = Segment(tuple(self._events)).to_json()
        self._events.clear()
        return segment_key(self._job_id, self._fence, self._last_number), content

    def take_content(self) -> bytes:
        """Return the object as it is to be written now."""
        assert self._progress is not None, "a record is written once a step has started"
        self._written_number = self._last_number
        return DeliveryLog(
            step=self._progress.step,
            attempt=self._progress.attempt,
            at=self._progress.at,
            pages=self._progress.pages,
            wait=self._progress.wait,
            events=tuple(self._events),
        ).to_json()

    def _find_unwritten(self, kind: EventKind) -> StoredEvent | None:
        """Return the last event if it is of this kind and not written."""
        last = self._events[-1] if self._events else None
        is_open = last is not None and last.kind is kind and last.number > self._written_number
        return last if is_open else None

    def _add(self, kind: EventKind, at: float, step: str, **fields: object) -> None:
        self._last_number += 1
        self._events.append(StoredEvent(number=self._last_number, at=at, kind=kind, step=step, **fields))  # type: ignore[arg-type] # each has its type


class DeliveryRecords:
    """The records of the newest deliveries, and of all deliveries in use."""

    def __init__(self) -> None:
        self._records: Final[dict[tuple[str, int], DeliveryRecord]] = {}

    def __len__(self) -> int:
        return len(self._records)

    def find(
        self, job_id: str, fence: int, list_used: Callable[[], Collection[DeliveryRecord | None]]
    ) -> DeliveryRecord:
        """Return the record of a delivery; `list_used` returns the records that must stay."""
        if (job_id, fence) not in self._records:
            if len(self._records) >= 2 * MAX_IDLE_RECORDS:
                self._drop_idle(list_used())
            self._records[job_id, fence] = DeliveryRecord(job_id, fence)
        return self._records[job_id, fence]

    def _drop_idle(self, used: Collection[DeliveryRecord | None]) -> None:
        """Drop the oldest: no event says that a delivery is over. The next one of its job has another fence."""
        idle = [name for name, record in self._records.items() if record not in used]
        for name in idle[:-MAX_IDLE_RECORDS]:
            del self._records[name]
