"""Plays requests on two servers and compares what can be seen of them after every one: the answer and the whole state.

Only the sentence of a refusal may differ: it is for people.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from msgspec import json

from .script import Step
from .target import Answer, Json, Target, body_of

SENTENCE = "(a sentence)"
# A snapshot has no schedules, so they are read beside it after what may change them.
CHANGES_SCHEDULES = frozenset({"schedule.create", "schedule.delete", "debug.tick"})
ALL_SCHEDULES: Json = {"limit": 1000}
REFUSED = 400  # from this status on, an answer's data is a sentence


@dataclass(frozen=True)
class Seen:
    """What one server showed of one step: its answer, and then its state."""

    answer: Json
    snapshot: Json
    schedules: Json = None


@dataclass(frozen=True)
class Outcome:
    """What both servers showed of one step."""

    step: Step
    reference: Seen
    subject: Seen

    @property
    def agrees(self) -> bool:
        """Tell whether nobody could tell the two apart."""
        return canonical(self.reference) == canonical(self.subject)


def canonical(seen: Seen) -> bytes:
    """Write it so that equal means equal JSON: order of keys aside, 1 is neither 1.0 nor true."""
    return json.encode([seen.answer, seen.snapshot, seen.schedules], order="sorted")


def without_sentences(envelope: Json) -> Json:
    """Blank the sentence of a refusal, also of one inside a fence's answer."""
    if not isinstance(envelope, dict):
        return envelope
    head, data = envelope.get("head"), envelope.get("data")
    if isinstance(head, dict) and isinstance(data, str):
        status = head.get("status")
        return envelope | {"data": SENTENCE} if isinstance(status, int) and status >= REFUSED else envelope
    if isinstance(data, dict) and "action" in data:
        return envelope | {"data": data | {"action": without_sentences(data["action"])}}
    return envelope


def comparable(answer: Answer) -> Json:
    """Everything of an answer that must be equal."""
    return {"status": answer.status, "type": answer.content_type, "body": without_sentences(answer.body)}


def ask(body: bytes, *targets: Target) -> list[Json]:
    """Send to all before reading from any: they work at the same time."""
    for target in targets:
        target.send("POST", "/", body)
    return [comparable(target.receive()) for target in targets]


def look(step: Step, *targets: Target) -> list[Seen]:
    """Do one step on each server and see what it did."""
    # The time is the request's id too, so that an answer inside an answer must carry it on.
    answers = ask(body_of(step.kind, step.data, step.now, corr_id=f"at-{step.now}"), *targets)
    snapshots = ask(body_of("debug.snap", {}, step.now), *targets)
    if step.kind not in CHANGES_SCHEDULES:
        return list(map(Seen, answers, snapshots))
    return list(map(Seen, answers, snapshots, ask(body_of("schedule.search", ALL_SCHEDULES, step.now), *targets)))


class Pair:
    """Two servers that are asked the same: the subject must be indistinguishable from the reference."""

    def __init__(self, reference: Target, subject: Target) -> None:
        """Nothing is sent yet."""
        self.reference = reference
        self.subject = subject

    def begin(self) -> Self:
        """Stop both clocks and forget everything: a script starts."""
        self.reference.begin()
        self.subject.begin()
        return self

    def play(self, step: Step) -> Outcome:
        """Do one step on both and look at both."""
        reference, subject = look(step, self.reference, self.subject)
        return Outcome(step, reference, subject)

    def play_all(self, script: list[Step]) -> Iterator[Outcome]:
        """Play a script from the start, until it ends or the servers disagree."""
        self.begin()
        for step in script:
            outcome = self.play(step)
            yield outcome
            if not outcome.agrees:
                return

    def disagree(self, script: list[Step]) -> bool:
        """Tell whether the servers disagree anywhere in a script."""
        return not all(outcome.agrees for outcome in self.play_all(script))
