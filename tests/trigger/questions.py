"""Questions of a job, as its workflow asks them."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contract.answers import Reason
from contract.decision import QUESTIONS
from contract.names import ASK_FOR_MORE, ASK_REVIEWER, Step
from contract.progress import DeliveryProgress, Wait, progress_key
from durable.wire.client import Client
from durable.wire.requests import PromiseCreate

if TYPE_CHECKING:  # its fixtures use this module
    from .conftest import Api

QUESTION = "doc/job-1:7"
DECISION = "job-1:7"
FAR = 10**14
FINDING: dict[str, Any] = {
    "field": "amount",
    "value": 12.0,
    "evidence": {"page": 1, "quote": "12.00", "confidence": 0.5},
}

FIELD: dict[str, Any] = {"name": "amount", "description": "The total.", "kind": "number"}

type Ask = Callable[..., "Api"]


def create_question(client: Client, promise: str, name: str = ASK_FOR_MORE, timeout_at: int = FAR) -> None:
    """Make a promise as the workflow does that asks."""
    tags = {"resonate:external": "true", "durable:name": name}
    client.create(PromiseCreate(id=promise, timeout_at=timeout_at, tags=tags))


def make_asker(api: "Api", client: Client, folder: Path) -> Ask:
    """Return a function that lets a job ask: for more, or for a review of a finding."""

    def ask(name: str, finding: dict[str, Any] = FINDING) -> "Api":
        api.submit()
        create_question(client, QUESTION, name)
        findings = (finding,) if QUESTIONS[name] is Reason.REVIEW else ()
        wait = Wait(
            reason=QUESTIONS[name],
            message="decide, please",
            promise=QUESTION,
            until=FAR / 1_000,
            findings=findings,
            fields=(FIELD,) if findings else (),
        )
        path = folder / progress_key("job-1", 1)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(DeliveryProgress(step=Step.ANALYZE, attempt=1, at=0, wait=wait).to_json())
        return api

    return ask


def ask_expired(api: "Api", client: Client) -> None:
    """Let a job have asked for a review that was not made in time."""
    api.submit()
    create_question(client, QUESTION, ASK_REVIEWER, timeout_at=1)
