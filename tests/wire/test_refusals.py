"""What the server refuses is an error of its own kind, with its reason, and is never tried again."""

import pickle
from dataclasses import dataclass

import pytest

from tests.wire.calls import EVERY, Example
from tests.wire.conftest import MakeClient, StartRogue
from tests.wire.manners import answers, says
from wire.errors import Conflict, Denied, NotFound, Refused


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
    """It is exactly this error and says why."""
    assert type(refused) is no.error
    assert (refused.status, refused.reason, refused.code, refused.retry) == (no.status, reason, no.code, False)
    assert str(refused) == f"{no.status}: {reason}"


@pytest.mark.parametrize("no", IN_ENVELOPES, ids=str)
@pytest.mark.parametrize("example", EVERY, ids=str)
def test_each_refusal_is_an_error_of_its_kind_and_is_not_tried_again(
    example: Example, no: No, rogue: StartRogue, client: MakeClient
) -> None:
    """The same for every call."""
    server = rogue(answers("the reason", no.status))
    with pytest.raises(Refused) as caught:
        example.make(client(server.url))
    check(caught.value, no, "the reason")
    assert len(server.calls) == 1


@pytest.mark.parametrize("no", BARE, ids=str)
@pytest.mark.parametrize(
    ("body", "media"), [("no", "text/plain; charset=utf-8"), ("no", "Text/Plain"), ('"no"', "application/json")]
)
def test_what_guards_a_server_may_refuse_in_a_bare_sentence(
    no: No, body: str, media: str, rogue: StartRogue, client: MakeClient
) -> None:
    """It has not read the request, so it cannot answer in an envelope."""
    server = rogue(says(no.status, body, media))
    with pytest.raises(Refused) as caught:
        client(server.url).get("p")
    check(caught.value, no, "no")
    assert len(server.calls) == 1


def test_a_refusal_survives_the_way_to_another_process() -> None:
    """Errors that cannot be unpickled end process pools."""
    copy = pickle.loads(pickle.dumps(NotFound(404, "no")))  # noqa: S301 - made in the same line
    assert (type(copy), str(copy)) == (NotFound, "404: no")
