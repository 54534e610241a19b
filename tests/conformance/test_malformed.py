"""Whatever a client sends as the body of a request is answered, as the real server answers it, and changes nothing.

The bodies are in `bodies`. Where both servers are there, their answers are compared whole.
"""

import pytest

from .bodies import FINE, NO_ENVELOPE, NO_JSON, TAKEN_BY_ACCIDENT
from .comparison import refusal, without_sentence
from .protocol_client import Client
from .requests import create
from .target import Answer, Target

EXISTING = create("a", due=2**62)  # on any clock: one of the requests happens on the real one


def answers(body: bytes, *targets: Target) -> list[Answer]:
    """Send a body to each target, where `a` exists and must still be all that does."""
    got = []
    for target in targets:
        Client(target).send_all(EXISTING)
        before = target.snap()
        got.append(without_sentence(target.raw("POST", "/", body)))
        assert target.snap() == before
    return got


@pytest.mark.parametrize("body", NO_JSON.values(), ids=NO_JSON)
def test_what_is_no_json_is_refused(targets: list[Target], body: bytes) -> None:
    """No part of it is used, not even the part before the error."""
    assert set(map(str, answers(body, *targets))) == {str(refusal("unknown", "0"))}


@pytest.mark.parametrize("body", NO_ENVELOPE.values(), ids=NO_ENVELOPE)
def test_what_is_no_envelope_is_refused(targets: list[Target], body: bytes) -> None:
    """The answer repeats the kind and the corrId, so that the client can match it."""
    first, *others = answers(body, *targets)
    assert first.status == 400
    assert others in ([], [first])


@pytest.mark.parametrize("body", FINE.values(), ids=FINE)
def test_what_is_only_strange_is_taken(targets: list[Target], body: bytes) -> None:
    """What is unknown is skipped, and what comes back is as it was sent."""
    first, *others = answers(body, *targets)
    assert first.status == 200
    assert others in ([], [first])


@pytest.mark.parametrize("body", TAKEN_BY_ACCIDENT.values(), ids=TAKEN_BY_ACCIDENT)
def test_what_the_real_server_takes_by_accident_is_answered(target: Target, body: bytes) -> None:
    """The embedded server may refuse it."""
    (answer,) = answers(body, target)
    assert answer.status == 200 or (target.name == "embedded" and answer.status == 400)


@pytest.mark.parametrize(
    ("body", "kind", "corr_id"),
    [
        (b'{"kind": "promise.get"}', "promise.get", "0"),
        (b'{"head": {"corrId": "c"}}', "unknown", "c"),
        (b'{"kind": 5, "head": {"corrId": 6}}', "unknown", "0"),
        (b'{"kind": "", "head": {"corrId": ""}, "data": 5}', "", ""),
        (b'{"kind": "k", "head": 5}', "k", "0"),
        (b'{"kind": "k", "head": []}', "k", "0"),
    ],
)
def test_a_refusal_repeats_what_it_could_read(target: Target, body: bytes, kind: str, corr_id: str) -> None:
    """The kind and the corrId each for itself, where they are texts."""
    assert without_sentence(target.raw("POST", "/", body)) == refusal(kind, corr_id)


@pytest.mark.parametrize("content_type", [None, "application/json; charset=utf-16"])
def test_the_content_type_of_a_body_is_ignored(behind_http: Target, content_type: str | None) -> None:
    """Every body is read as JSON in UTF-8. The embedded server refuses the types that a web page can send."""
    Client(behind_http).send_all(EXISTING)
    headers = {} if content_type is None else {"content-type": content_type}
    assert behind_http.raw("POST", "/", FINE["as it should be"], headers).status == 200
