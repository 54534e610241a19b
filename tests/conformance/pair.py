"""Sends the same requests to two servers and compares the answer and the whole state after each.

Only the sentence of a refusal may differ.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

from msgspec import json

from .script import Step
from .target import Answer, Json, Target, body_of

SENTENCE = "(a sentence)"
# A snapshot has no schedules, so they are read beside it after what may change them.
CHANGES_SCHEDULES = frozenset({"schedule.create", "schedule.delete", "debug.tick"})
ALL_SCHEDULES: Json = {"limit": 1000}
MIN_REFUSED_STATUS = 400  # from this status on, an answer's data is a sentence


@dataclass(frozen=True)
class Observation:
    """One server's answer to a step, and its state after it."""

    answer: Json
    snapshot: Json
    schedules: Json = None


@dataclass(frozen=True)
class Outcome:
    """The observations of both servers for one step."""

    step: Step
    reference: Observation
    subject: Observation

    @property
    def agrees(self) -> bool:
        """Return whether the two observations are equal."""
        return canonical(self.reference) == canonical(self.subject)


def canonical(observation: Observation) -> bytes:
    """Encode an observation so that equal bytes mean equal JSON: 1 is neither 1.0 nor true."""
    return json.encode([observation.answer, observation.snapshot, observation.schedules], order="sorted")


def without_sentences(envelope: Json) -> Json:
    """Blank the sentence of a refusal, also of one inside a fence's answer."""
    if not isinstance(envelope, dict):
        return envelope
    head, data = envelope.get("head"), envelope.get("data")
    if isinstance(head, dict) and isinstance(data, str):
        status = head.get("status")
        return envelope | {"data": SENTENCE} if isinstance(status, int) and status >= MIN_REFUSED_STATUS else envelope
    if isinstance(data, dict) and "action" in data:
        return envelope | {"data": data | {"action": without_sentences(data["action"])}}
    return envelope


def comparable(answer: Answer) -> Json:
    """Everything of an answer that must be equal."""
    return {"status": answer.status, "type": answer.content_type, "body": without_sentences(answer.body)}


def ask(body: bytes, *targets: Target) -> list[Json]:
    """Send the request to all targets, then read all answers."""
    for target in targets:
        target.send("POST", "/", body)
    return [comparable(target.receive()) for target in targets]


def observe(step: Step, *targets: Target) -> list[Observation]:
    """Send one step to each server and observe the result."""
    # The corrId is unique, so that an inner answer must repeat it.
    answers = ask(body_of(step.kind, step.data, step.now, corr_id=f"at-{step.now}"), *targets)
    snapshots = ask(body_of("debug.snap", {}, step.now), *targets)
    if step.kind not in CHANGES_SCHEDULES:
        return list(map(Observation, answers, snapshots))
    return list(
        map(Observation, answers, snapshots, ask(body_of("schedule.search", ALL_SCHEDULES, step.now), *targets))
    )


def find_difference(known: Iterable[Outcome], subject: Target) -> Outcome | None:
    """Play the steps of known outcomes on another server, and return the first one on which it differs."""
    subject.begin()
    for step, reference in ((outcome.step, outcome.reference) for outcome in known):
        [seen] = observe(step, subject)
        outcome = Outcome(step, reference, seen)
        if not outcome.agrees:
            return outcome
    return None


class Pair:
    """Two servers that get the same requests; the subject must behave as the reference does."""

    def __init__(self, reference: Target, subject: Target) -> None:
        """Compare `subject` with `reference`."""
        self.reference = reference
        self.subject = subject

    def begin(self) -> Self:
        """Stop both clocks and delete everything."""
        self.reference.begin()
        self.subject.begin()
        return self

    def play(self, step: Step) -> Outcome:
        """Send one step to both and observe both."""
        reference, subject = observe(step, self.reference, self.subject)
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
        """Return whether the servers disagree anywhere in a script."""
        return not all(outcome.agrees for outcome in self.play_all(script))
