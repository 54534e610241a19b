"""A request is the same job for ever: the digest that tells it from another one is written in every job's tags."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from contract.job import DocumentJob, DocumentRequest

SENT = {"jobId": "a-1", "documentUrl": "https://example.com/ä.pdf", "requesterId": "somebody"}
# Computed once and written down. Another value here means that a repeated request is refused as another job's.
GOLDEN = {
    "default": (SENT, "2e718b241d44e337c00f6e07684b591279bcc84773ab86813c0c188678b8da84"),
    "invoice": ({**SENT, "type": "invoice"}, "ff7004c5d38e925e77bbe98d2ff2d17f44ae4b81d0111f089138be733c7ec11e"),
}


@pytest.mark.parametrize(("sent", "digest"), GOLDEN.values(), ids=GOLDEN.keys())
def test_the_digest_of_a_request_never_changes(sent: dict[str, Any], digest: str) -> None:
    assert DocumentRequest.model_validate(sent).to_job().digest() == digest


def test_a_default_that_is_said_is_the_same_job() -> None:
    assert DocumentJob.model_validate({**SENT, "type": "report"}).digest() == GOLDEN["default"][1]


def test_the_order_of_fields_makes_no_other_job() -> None:
    turned = dict(reversed(SENT.items()))
    assert DocumentJob.model_validate(turned).digest() == GOLDEN["default"][1]


OTHER = {"jobId": "a-2", "documentUrl": "https://example.com/2.pdf", "requesterId": "2", "type": "contract"}


@pytest.mark.parametrize("change", [*({name: value} for name, value in OTHER.items()), {"maxCostUsd": 0}], ids=str)
def test_every_field_counts(change: dict[str, object]) -> None:
    assert DocumentJob.model_validate(SENT | change).digest() != GOLDEN["default"][1]


@pytest.mark.parametrize("kind", [DocumentJob, DocumentRequest])
def test_but_not_the_password_which_a_digest_would_give_away(kind: type[DocumentJob]) -> None:
    for password in (None, "1234", "correct horse"):
        assert kind.model_validate({**SENT, "documentPassword": password}).digest() == GOLDEN["default"][1]


def test_a_later_field_is_no_error_for_an_older_worker() -> None:
    """It reads what a newer trigger wrote; only the HTTP edge refuses what it does not know."""
    later = {**SENT, "priority": "high"}
    assert DocumentJob.model_validate(later) == DocumentJob.model_validate(SENT)
    with pytest.raises(ValidationError):
        DocumentRequest.model_validate(later)


def test_what_a_job_is_on_the_wire_stays() -> None:
    job = DocumentJob.model_validate({**SENT, "type": "contract"})
    assert json.loads(job.model_dump_json()) == {**SENT, "type": "contract"}
