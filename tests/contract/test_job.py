"""The digest of a request never changes: the tags of every job hold it."""

import json
from typing import Any

import pytest

from contract.api_value import WrongFieldsError
from contract.job import DocumentJob

REQUEST = {"jobId": "a-1", "documentUrl": "https://example.com/ä.pdf", "requesterId": "a-requester"}
# Computed once. Another value means that a repeated request is refused as another job's.
DEFAULT = "3759f6a2fbd19beda544440154f11acdb4fca39b3b047450dd78c0df8b261cfe"
DIGESTS: list[tuple[dict[str, Any], str]] = [
    ({}, DEFAULT),
    ({"type": "invoice"}, "29f6659a930dad5467386a3997c8522ce8fe5f9a102a93fb626991fe5094e13b"),
    (
        {"requesterId": 'the "\\ \U0001d49c \xfc \u2028 \xa0'},
        "9e9f29872109abc25f4ac7a6954b27a1b2d74d25e91734fcb418d6b8303fd908",
    ),
    (
        {"documentUrl": "s3://bucket/a b\xe4\U0001f600.pdf"},
        "d5377280579d7b01950cebbbf6a6598d1348ac12670c102c64961195655cb43b",
    ),
    ({"maxCostUsd": 2}, "55144c340878de6343ad4a500a301d25f6b7cd94e651e4075aaa5ffaca3dd032"),
    ({"maxCostUsd": 1e-7}, "66421e936ee5b9c50f7217a9c3dc7db1bce16851963ea6ee0548e3cf77e21a9d"),
    ({"maxCostUsd": 12.345678901234567}, "cfa0a861fb1f4d67d5eba05e50b3a0e3636f7067977ae605dc025f2cb7caa8bf"),
    ({"maxCostUsd": 0}, "c5003dd0c660092a624ca9f18f66777a29a8bf10555d848c5053d9e914c13e42"),
    ({"maxCostUsd": -0.0}, "7b4a122a0ffbff51f79111b4987c327ed1c78729c973f418c309a3a892c2f0d8"),
]


@pytest.mark.parametrize(("changes", "digest"), DIGESTS)
def test_the_digest_of_a_request_never_changes(changes: dict[str, Any], digest: str) -> None:
    assert DocumentJob.read(REQUEST | changes).digest() == digest


def test_an_explicit_default_does_not_change_the_digest() -> None:
    assert DocumentJob.read({**REQUEST, "type": "report"}).digest() == DEFAULT


def test_the_order_of_fields_does_not_change_the_digest() -> None:
    turned = dict(reversed(REQUEST.items()))
    assert DocumentJob.read(turned).digest() == DEFAULT


OTHER_FIELDS = {"jobId": "a-2", "documentUrl": "https://example.com/2.pdf", "requesterId": "2", "type": "contract"}


@pytest.mark.parametrize(
    "change", [*({name: value} for name, value in OTHER_FIELDS.items()), {"maxCostUsd": 0}], ids=str
)
def test_every_other_field_changes_the_digest(change: dict[str, object]) -> None:
    assert DocumentJob.read(REQUEST | change).digest() != DEFAULT


def test_the_password_does_not_change_the_digest_which_would_give_it_away() -> None:
    for password in (None, "1234", "correct horse"):
        assert DocumentJob.read({**REQUEST, "documentPassword": password}).digest() == DEFAULT


def test_an_unknown_field_is_ignored() -> None:
    """A worker may read what a newer trigger wrote; only the API refuses it."""
    assert DocumentJob.read({**REQUEST, "priority": "high"}) == DocumentJob.read(REQUEST)


def test_all_wrong_and_missing_fields_are_named() -> None:
    with pytest.raises(WrongFieldsError) as caught:
        DocumentJob.read({"jobId": "a\n", "documentUrl": "https://example.com/a.pdf", "maxCostUsd": True})
    assert caught.value.names == ["jobId", "requesterId", "maxCostUsd"]


def test_the_json_of_a_job_stays_the_same() -> None:
    job = DocumentJob.read({**REQUEST, "type": "contract"})
    assert json.loads(job.to_json()) == {**REQUEST, "type": "contract"}


def test_a_stored_job_names_its_type() -> None:
    """Also the default one: a later default must not change it."""
    for sent in (REQUEST, {**REQUEST, "type": "report"}):
        assert json.loads(DocumentJob.read(sent).to_json()) == {**REQUEST, "type": "report"}
