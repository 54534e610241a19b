"""Each refusal of the server is an error of its own class, with its reason, and is never retried."""

import pickle
from dataclasses import dataclass

import pytest

from durable.wire.errors import Conflict, Denied, NotFound, Refused
from tests.wire.behaviors import answer_with, reply_with
from tests.wire.calls import ALL_CALLS, Example
from tests.wire.conftest import MakeClient, StartRogue


@dataclass(frozen=True)
class No:
    """A status, the error that it becomes, and the error's code."""

    status: int
    error: type[Refused]
    code: str

    def __str__(self) -> str:
        return str(self.status)


BARE = [No(401, Denied, "denied"), No(403, Denied, "denied"), No(413, Refused, "refused")]
IN_ENVELOPES = [
    *(*BARE, No(400, Refused, "refused"), No(422, Refused, "refused")),
    *(No(404, NotFound, "not_found"), No(409, Conflict, "conflict")),
]


def check(refused: Refused, no: No, reason: str) -> None:
    """Check class, status, reason and text."""
    assert type(refused) is no.error
    assert (refused.status, refused.reason, refused.code, refused.retry) == (no.status, reason, no.code, False)
    assert str(refused) == f"{no.status}: {reason}"


@pytest.mark.parametrize("no", IN_ENVELOPES, ids=str)
@pytest.mark.parametrize("example", ALL_CALLS, ids=str)
def test_each_refusal_has_its_error_and_is_not_retried(
    example: Example, no: No, start_rogue: StartRogue, make_client: MakeClient
) -> None:
    """This holds for every call."""
    server = start_rogue(answer_with("the reason", no.status))
    with pytest.raises(Refused) as caught:
        example.make(make_client(server.url))
    check(caught.value, no, "the reason")
    assert len(server.calls) == 1


@pytest.mark.parametrize("no", BARE, ids=str)
@pytest.mark.parametrize(
    ("body", "media"), [("no", "text/plain; charset=utf-8"), ("no", "Text/Plain"), ('"no"', "application/json")]
)
def test_a_gateway_may_refuse_in_a_bare_sentence(
    no: No, body: str, media: str, start_rogue: StartRogue, make_client: MakeClient
) -> None:
    """It has not parsed the request, so it cannot answer in an envelope."""
    server = start_rogue(reply_with(no.status, body, media))
    with pytest.raises(Refused) as caught:
        make_client(server.url).get("p")
    check(caught.value, no, "no")
    assert len(server.calls) == 1


def test_a_refusal_can_be_pickled() -> None:
    """Errors that cannot be unpickled end process pools."""
    copy = pickle.loads(pickle.dumps(NotFound(404, "no")))  # noqa: S301 - made in the same line
    assert (type(copy), str(copy)) == (NotFound, "404: no")
