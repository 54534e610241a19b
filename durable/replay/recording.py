"""A recording: the promises of a job as JSON lines, so that a change of it can be read in a diff.

Arguments and results are JSON and not base64. A recording holds whatever the job did: record jobs with test data.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from msgspec import DecodeError, Struct, ValidationError, json

from durable.history.parking_notes import PARKED_TAG
from durable.wire.fields import PromiseState
from durable.wire.records import Promise, Value

_PARENT_TAG: Final = "resonate:parent"
_TARGET_TAG: Final = "resonate:target"


class UnreadableRecordingError(Exception):
    """A file is not a recording; the text says why."""


class RecordedPromise(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """One line: a promise with its values as JSON."""

    id: str
    state: PromiseState
    created_at: int
    settled_at: int | None = None
    timeout_at: int
    tags: dict[str, str]
    param: Any = None
    value: Any = None

    @property
    def position(self) -> tuple[int, ...]:
        """Return the position in the job's tree of calls: (2, 1) for `job:2.1`. A detached workflow has none."""
        lineage = self.id.partition(":")[2]
        return tuple(int(one) for one in lineage.split(".")) if lineage.replace(".", "").isdigit() else ()

    @property
    def is_task(self) -> bool:
        """Whether a worker runs it as a task: it names a workflow with its arguments."""
        return isinstance(self.param, dict) and "func" in self.param

    @property
    def address(self) -> str:
        """Return the address of its workers."""
        return self.tags.get(_TARGET_TAG, "")

    @property
    def caller_id(self) -> str:
        """Return the promise of the function that made this call."""
        return self.tags.get(_PARENT_TAG, "")


@dataclass(frozen=True)
class Recording:
    """The promises of one job, in the order of their positions; the job's own is the first."""

    promises: tuple[RecordedPromise, ...]

    @classmethod
    def of(cls, promises: Iterable[Promise]) -> Self:
        """Make a recording of a job's promises."""
        read = [
            RecordedPromise(
                id=one.id, state=one.state, created_at=one.created_at, settled_at=one.settled_at,
                timeout_at=one.timeout_at, tags=dict(sorted(one.tags.items())),
                param=_decode(one.param), value=_decode(one.value),
            ) for one in promises if PARKED_TAG not in one.tags
        ]  # fmt: skip
        return cls(tuple(sorted(read, key=lambda one: (":" in one.id, one.position, one.id))))

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file."""
        try:
            lines = path.read_bytes().splitlines()
            promises = tuple(json.decode(line, type=RecordedPromise) for line in lines if line.strip())
        except (OSError, DecodeError, ValidationError) as exc:
            raise UnreadableRecordingError(f"{path} is not a recording: {exc}") from exc
        if not promises or not promises[0].is_task:
            raise UnreadableRecordingError(f"{path} is not a recording: its first line is not the promise of a job")
        return cls(promises)

    def write(self, path: Path) -> None:
        """Write a file, one promise a line."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(json.encode(one) + b"\n" for one in self.promises))

    @property
    def job(self) -> RecordedPromise:
        """Return the job's own promise."""
        return self.promises[0]

    def tasks(self) -> Iterator[RecordedPromise]:
        """Give the job and its parts on other workers: each is replayed by itself."""
        return (one for one in self.promises if one.is_task)


def _decode(value: Value) -> Any:  # noqa: ANN401 any JSON
    """Return a payload as a worker reads it: null if it is not JSON."""
    try:
        return value.decode()
    except (ValueError, RecursionError):
        return None
