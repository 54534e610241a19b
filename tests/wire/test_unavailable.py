"""Whatever is no whole answer of the protocol in time is one error, whose message tells what happened and no secret."""

from dataclasses import dataclass

import pytest

from tests.wire import manners
from tests.wire.conftest import TOKEN, MakeClient, StartRogue
from tests.wire.manners import HTML, PROMISE, Wrong, answers, says
from tests.wire.rogue import Manner
from wire.answers import EmptyAnswer, OnePromise
from wire.errors import Unavailable
from wire.limits import Limits

GOOD = OnePromise(promise=PROMISE)
# So short that a hang costs a test little, and long enough for a machine that is busy.
SHORT = Limits(response_timeout=0.25, retries=0)
SMALL = Limits(retries=0, max_bytes=1000)


@dataclass(frozen=True)
class Case:
    """A server's manner, and what the message must say of it."""

    name: str
    manner: Manner
    says: str
    limits: Limits = SMALL

    def __str__(self) -> str:
        return self.name


NOT_OURS = "an answer that is not the protocol's"
TIMED_OUT = "timed out: "
BROKE = "the connection broke"
OTHER_REQUEST = "the answer to another request"
CASES = [
    Case("hangs before the head", manners.hangs, TIMED_OUT, SHORT),
    Case("hangs in the body", manners.stops_half_way, TIMED_OUT, SHORT),
    Case("drips its head", manners.drips, TIMED_OUT, SHORT),
    Case("drips its body", manners.drips_its_body, TIMED_OUT, SHORT),
    Case("is given no time", manners.good, TIMED_OUT, Limits(response_timeout=0, retries=0)),
    Case("closes before the head", manners.slams, BROKE),
    Case("closes in the body", manners.breaks_half_way, BROKE),
    Case("closes between chunks", manners.breaks_between_chunks, BROKE),
    Case("does not speak HTTP", manners.talks_nonsense, "not HTTP"),
    Case("claims two lengths", says(200, "{}", more="Content-Length: 7\r\n"), BROKE),
    Case("compresses", manners.zips, "HTTP 200 with a compressed reply"),
    Case("sends too much", says(200, "x" * 1001), "HTTP 200 with a reply of more than 1000 bytes"),
    Case("redirects", says(307, "", more="Location: /elsewhere\r\n"), f"HTTP 307 with {NOT_OURS}"),
    Case("says 200 in HTML", says(200, HTML, "text/html"), f"HTTP 200 with {NOT_OURS}"),
    Case("says 502 in HTML", says(502, HTML, "text/html"), f"HTTP 502 with {NOT_OURS}"),
    Case("says 500 in the protocol", answers("oh", 500), "HTTP 500 from the server"),
    Case("says 503 in the protocol", answers("oh", 503), "HTTP 503 from the server"),
    Case("says 300 in the protocol", answers(GOOD, 300), "HTTP 300 from the server"),
    Case("says 429 in the protocol", answers("oh", 429), "HTTP 429 from the server"),
    Case("truncates its JSON", says(200, '{"kind":"promise.get","head":{'), NOT_OURS),
    Case("sends other JSON", says(200, '"hello"'), NOT_OURS),
    Case("sends nothing", says(200, ""), NOT_OURS),
    Case("sends no text", says(200, b'{"kind":"\xff"}'), NOT_OURS),
    Case("sends brackets without end", says(200, '{"data":' + "[" * 100_000), NOT_OURS, Limits(retries=0)),
    Case("leaves the promise out", answers(EmptyAnswer()), NOT_OURS),
    Case("says 200 with a sentence", answers("fine"), NOT_OURS),
    Case("answers another id", answers(GOOD, wrong=Wrong(corr_id="other")), OTHER_REQUEST),
    Case("answers another kind", answers(GOOD, wrong=Wrong(kind="promise.create")), OTHER_REQUEST),
    Case("contradicts its HTTP status", answers(GOOD, wrong=Wrong(head_status=404)), OTHER_REQUEST),
]


def check(error: Unavailable, sentence: str, url: str) -> None:
    """The message says what happened, and names neither the token nor the address."""
    assert sentence in str(error)
    told = f"{error!s} {error!r} {error.__cause__!r}"
    assert TOKEN not in told
    assert url.partition("://")[2] not in str(error)
    assert (error.code, error.retry) == ("unavailable", True)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_server_that_misbehaves_is_unavailable(case: Case, rogue: StartRogue, client: MakeClient) -> None:
    """Retries are off: what one attempt makes of it is all there is."""
    server = rogue(case.manner)
    with pytest.raises(Unavailable) as caught:
        client(server.url, limits=case.limits).get("p")
    check(caught.value, case.says, server.url)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 422])
def test_a_proxys_page_refuses_nothing(status: int, rogue: StartRogue, client: MakeClient) -> None:
    """A 404 page of a proxy would otherwise tell people that their job does not exist."""
    server = rogue(says(status, HTML, "text/html"))
    with pytest.raises(Unavailable, match=f"HTTP {status} with {NOT_OURS}"):
        client(server.url, limits=SMALL).get("p")


@pytest.mark.parametrize("status", [400, 404, 409, 422])
@pytest.mark.parametrize("media", ["text/plain", "application/json"])
def test_only_what_guards_a_server_may_refuse_without_an_envelope(
    status: int, media: str, rogue: StartRogue, client: MakeClient
) -> None:
    """These four take knowledge that only the server has, and it answers in the protocol."""
    server = rogue(says(status, '"no"', media))
    with pytest.raises(Unavailable, match=NOT_OURS):
        client(server.url, limits=SMALL).get("p")


@pytest.mark.parametrize(
    "manner",
    [
        answers("no", 404, Wrong(corr_id="other")),
        answers("no", 404, Wrong(kind="promise.create")),
        answers("no", 404, Wrong(head_status=409)),
        answers(EmptyAnswer(), 404),
        says(401, "x" * 501, "text/plain"),
        says(403, b"\xff", "text/plain"),
        says(403, "[]", "application/json"),
        says(403, '"no"', "text/html"),
    ],
)
def test_a_refusal_that_is_not_quite_one_is_unavailable(manner: Manner, rogue: StartRogue, client: MakeClient) -> None:
    """It must answer this request, in words."""
    with pytest.raises(Unavailable):
        client(rogue(manner).url, limits=SMALL).get("p")
