"""The digest of a request never changes: the tags of every job hold it."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from contract.job import DocumentJob, DocumentRequest

REQUEST = {"jobId": "a-1", "documentUrl": "https://example.com/ä.pdf", "requesterId": "a-requester"}
# Computed once. Another value means that a repeated request is refused as another job's.
DIGESTS = {
    "default": (REQUEST, "3759f6a2fbd19beda544440154f11acdb4fca39b3b047450dd78c0df8b261cfe"),
    "invoice": ({**REQUEST, "type": "invoice"}, "29f6659a930dad5467386a3997c8522ce8fe5f9a102a93fb626991fe5094e13b"),
}


@pytest.mark.parametrize(("sent", "digest"), DIGESTS.values(), ids=DIGESTS.keys())
def test_the_digest_of_a_request_never_changes(sent: dict[str, Any], digest: str) -> None:
    assert DocumentRequest.model_validate(sent).to_job().digest() == digest


def test_an_explicit_default_does_not_change_the_digest() -> None:
    assert DocumentJob.model_validate({**REQUEST, "type": "report"}).digest() == DIGESTS["default"][1]


def test_the_order_of_fields_does_not_change_the_digest() -> None:
    turned = dict(reversed(REQUEST.items()))
    assert DocumentJob.model_validate(turned).digest() == DIGESTS["default"][1]


OTHER_FIELDS = {"jobId": "a-2", "documentUrl": "https://example.com/2.pdf", "requesterId": "2", "type": "contract"}


@pytest.mark.parametrize(
    "change", [*({name: value} for name, value in OTHER_FIELDS.items()), {"maxCostUsd": 0}], ids=str
)
def test_every_other_field_changes_the_digest(change: dict[str, object]) -> None:
    assert DocumentJob.model_validate(REQUEST | change).digest() != DIGESTS["default"][1]


@pytest.mark.parametrize("kind", [DocumentJob, DocumentRequest])
def test_the_password_does_not_change_the_digest_which_would_give_it_away(kind: type[DocumentJob]) -> None:
    for password in (None, "1234", "correct horse"):
        assert kind.model_validate({**REQUEST, "documentPassword": password}).digest() == DIGESTS["default"][1]


def test_an_unknown_field_is_ignored_by_workers_and_refused_by_the_api() -> None:
    """A worker may read what a newer trigger wrote."""
    later = {**REQUEST, "priority": "high"}
    assert DocumentJob.model_validate(later) == DocumentJob.model_validate(REQUEST)
    with pytest.raises(ValidationError):
        DocumentRequest.model_validate(later)


def test_the_json_of_a_job_stays_the_same() -> None:
    job = DocumentJob.model_validate({**REQUEST, "type": "contract"})
    assert json.loads(job.model_dump_json()) == {**REQUEST, "type": "contract"}
