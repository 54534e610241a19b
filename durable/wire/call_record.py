"""What a workflow called a promise for, as tags of the promise: a name, a kind, and a digest of its arguments.

The server knows a call only by its position. With the name in the promise, a history needs only promises, and a replay
notices another call at the same position. What ended a call is kept beside its value. This module needs nothing of the
SDK: commands and functions use it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from .requests import NAME_TAG

CALL_TAG: Final = "durable:call"
END_HEADER: Final = "durable:end"
UNKNOWN_DIGEST: Final = "-"  # the digest of values that JSON cannot represent


class CallKind(StrEnum):
    """What a call is."""

    STEP = "step"
    WORKFLOW = "workflow"  # another workflow within the caller's task
    SCOPE = "scope"  # calls of the toolkit that are one step of the caller's sequence
    FUNCTION = "function"  # a function that is none of these
    PART = "part"  # a workflow with a task of its own, which any worker of its group may run
    DETACHED = "detached"  # a workflow that outlives its caller
    SLEEP = "sleep"
    PROMISE = "promise"  # settled from outside
    UNKNOWN = "unknown"  # to this version


@dataclass(frozen=True, kw_only=True)
class CallRecord:
    """One call of a workflow, as its promise keeps it."""

    name: str
    kind: CallKind
    arguments: str = UNKNOWN_DIGEST  # a digest of the values
    seconds: float | None = None  # the promise's own lifetime; None: as long as its caller
    fence: int | None = None  # the version of the task's run that made it

    @property
    def tags(self) -> Mapping[str, str]:
        """The tags that keep it."""
        seconds = "" if self.seconds is None else f"{self.seconds:g}"
        fields = {"in": self.arguments, "for": seconds, "run": self.fence or ""}
        text = ";".join([self.kind, *(f"{key}={value}" for key, value in fields.items())])
        return {NAME_TAG: self.name, CALL_TAG: text}

    @classmethod
    def read(cls, tags: Mapping[str, str]) -> Self | None:
        """Return the call that a promise's tags keep, or None: a promise may be older than these tags."""
        if NAME_TAG not in tags or CALL_TAG not in tags:
            return None
        kind, *pairs = tags[CALL_TAG].split(";")
        fields = dict(pair.partition("=")[::2] for pair in pairs)
        return cls(
            name=tags[NAME_TAG],
            kind=CallKind(kind) if kind in CallKind else CallKind.UNKNOWN,
            arguments=fields.get("in", UNKNOWN_DIGEST),
            seconds=_parse(float, fields.get("for", "")),
            fence=_parse(int, fields.get("run", "")),
        )

    def __str__(self) -> str:
        return f"{self.kind} '{self.name}'"


@dataclass(frozen=True, kw_only=True)
class EndRecord:
    """Which worker ended a call, and for a step also the attempt and the time: a header of the promise's value.

    It is written with the value, and costs no request. Times are in seconds since 1970.
    """

    worker: str
    attempts: int | None = None  # attempts in the run that ended it
    started_at: float | None = None  # the first of them
    ended_at: float | None = None

    @property
    def headers(self) -> dict[str, str]:
        """The header that keeps it."""
        numbers = [self.attempts, *(at and int(at * 1_000) for at in (self.started_at, self.ended_at))]
        return {END_HEADER: ";".join([*("" if one is None else str(one) for one in numbers), self.worker])}

    @classmethod
    def read(cls, headers: Mapping[str, str] | None) -> Self | None:
        """Return it from the headers of a value, or None: a value may be older, and any client may have written it."""
        fields = (headers or {}).get(END_HEADER, "").split(";", 3)
        if len(fields) != 4:  # noqa: PLR2004 - as above
            return None
        attempts, *times = (_parse(int, one) for one in fields[:3])
        started_at, ended_at = (None if at is None else at / 1_000 for at in times)
        return cls(worker=fields[3], attempts=attempts, started_at=started_at, ended_at=ended_at)


def _parse[N](number: Callable[[str], N], text: str) -> N | None:
    """Return the number in a text; any client may have written it."""
    try:
        return number(text) if text else None
    except ValueError:
        return None
