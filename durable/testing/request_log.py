"""The requests that the workers of a test make: each is counted, and a certifier may cut one of them off."""

from collections import Counter
from random import Random
from typing import Any, Final, Literal, NamedTuple

from msgspec import json

type Cut = Literal["before", "after", "answer"]
# Where a worker dies: before its request arrives, after it and before the answer; or only the answer is lost.
CUTS: Final[tuple[Cut, ...]] = ("before", "after", "answer")
_MAX_TURNS: Final = 25  # turns of the event loop for a shuffled request: a step and its two requests take fewer


class Point(NamedTuple):
    """A request by its content and not by its number, because parallel requests have no fixed order."""

    kind: str
    subject: str  # the promise, or what is searched for
    occurrence: int  # counts equal requests from 1

    def __str__(self) -> str:
        repetition = f" #{self.occurrence}" if self.occurrence > 1 else ""
        return f"{self.kind} {self.subject}{repetition}"


class Fault(NamedTuple):
    """A point of a run, and what happens there."""

    point: Point
    cut: Cut


def describe(body: str) -> tuple[str, str]:
    """Return the kind of a request and the promise that it is about."""
    request: dict[str, Any] = json.decode(body)
    data, kind = request["data"], str(request["kind"])
    action = data.get("action")
    if action:
        kind, data = f"{kind} {action.get('kind', '').partition('.')[2]}".strip(), action.get("data", data)
    subject = data.get("id") or " ".join(f"{key}={value}" for key, value in (data.get("tags") or {}).items())
    return kind, subject


class RequestLog:
    """Counts requests, and decides what happens to each. With an `order` above 0, they overtake each other."""

    def __init__(self, fault: Fault | None = None, *, order: int = 0) -> None:
        self.points: Final = list[Point]()
        self.has_cut = False
        self.fault: Final = fault
        self._counts: Final = Counter[tuple[str, str]]()
        self._random: Final = Random(order) if order else None

    def count(self, body: str) -> Cut | None:
        """Count a request, and return how it is cut."""
        key = describe(body)
        self._counts[key] += 1
        point = Point(*key, self._counts[key])
        self.points.append(point)
        if self.fault is None or self.fault.point != point:
            return None
        self.has_cut = True
        return self.fault.cut

    def draw_turns(self) -> int:
        """Return how many turns of the event loop the next request takes."""
        return 1 + (self._random.randrange(_MAX_TURNS) if self._random else 0)
