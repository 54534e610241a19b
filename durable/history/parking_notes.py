"""Notes about parked tasks: a promise beside the job's calls says why a worker could not run its task.

The reason stands in that worker's log, too, but who asks why a job waits need not know which worker had it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final, Self

from durable.wire.records import Promise

PARKED_TAG: Final = "durable:parked"  # its value is the code of the reason
_MESSAGE_TAG: Final = "durable:message"
_WORKER_TAG: Final = "durable:worker"
_HASH_BYTES: Final = 8
_MAX_MESSAGE_CHARACTERS: Final = 1_000


@dataclass(frozen=True, kw_only=True)
class ParkingNote:
    """Why a worker could not run a task; `at` is the time of its creation on the server, in seconds since 1970."""

    task: str
    code: str
    message: str
    worker: str
    at: float | None = None

    @property
    def promise_id(self) -> str:
        """The note's promise: one for each task, worker and reason."""
        reason = f"{self.worker} {self.code} {self.message}"
        separator = "." if ":" in self.task else ":"
        return f"{self.task}{separator}p{blake2b(reason.encode(), digest_size=_HASH_BYTES).hexdigest()}"

    @property
    def tags(self) -> Mapping[str, str]:
        """The tags that keep it."""
        return {
            "resonate:origin": self.task.partition(":")[0],
            "resonate:branch": self.promise_id,
            "resonate:parent": self.task,
            "resonate:scope": "global",
            PARKED_TAG: self.code,
            _MESSAGE_TAG: self.message[:_MAX_MESSAGE_CHARACTERS],
            _WORKER_TAG: self.worker,
        }

    @classmethod
    def read(cls, promise: Promise) -> Self | None:
        """Return the note that a promise is, or None."""
        if PARKED_TAG not in promise.tags:
            return None
        return cls(
            task=promise.tags.get("resonate:parent", ""),
            code=promise.tags[PARKED_TAG],
            message=promise.tags.get(_MESSAGE_TAG, ""),
            worker=promise.tags.get(_WORKER_TAG, ""),
            at=promise.created_at / 1_000,
        )


def list_parking_notes(promises: Iterable[Promise]) -> list[ParkingNote]:
    """Return the notes among a job's promises."""
    return [note for note in map(ParkingNote.read, promises) if note]
