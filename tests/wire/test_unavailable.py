"""Any other reply than a whole answer in time is one error; its message says what happened, without secrets."""

from dataclasses import dataclass

import pytest

from durable.wire.answers import EmptyAnswer, OnePromise
from durable.wire.errors import Unavailable
from durable.wire.limits import Limits
from tests.wire import behaviors
from tests.wire.behaviors import HTML, PROMISE, Wrong, answer_with, reply_with
from tests.wire.conftest import TOKEN, MakeClient, StartRogue
from tests.wire.rogue_server import Behavior

GOOD = OnePromise(promise=PROMISE)
# So short that a hang costs a test little, and long enough for a machine that is busy.
SHORT_LIMITS = Limits(response_timeout=0.25, retries=0)
SMALL_LIMITS = Limits(retries=0, max_bytes=1000)


@dataclass(frozen=True)
class Case:
    """A server's behavior, and the message that it must lead to."""

    name: str
    behavior: Behavior
    message: str
    limits: Limits = SMALL_LIMITS

    def __str__(self) -> str:
        return self.name


NOT_OURS = "an answer that is not the protocol's"
TIMED_OUT = "timed out: "
BROKE = "the connection broke"
OTHER_REQUEST = "the answer to another request"
CASES = [
    Case("hangs before the head", behaviors.hang, TIMED_OUT, SHORT_LIMITS),
    Case("hangs in the body", behaviors.stop_half_way, TIMED_OUT, SHORT_LIMITS),
    Case("drips its head", behaviors.drip, TIMED_OUT, SHORT_LIMITS),
    Case("drips its body", behaviors.drip_body, TIMED_OUT, SHORT_LIMITS),
    Case("is given no time", behaviors.answer_promise, TIMED_OUT, Limits(response_timeout=0, retries=0)),
    Case("closes before the head", behaviors.close_silently, BROKE),
    Case("closes in the body", behaviors.close_half_way, BROKE),
    Case("closes between chunks", behaviors.close_between_chunks, BROKE),
    Case("does not speak HTTP", behaviors.speak_another_protocol, "not HTTP"),
    Case("claims two lengths", reply_with(200, "{}", more="Content-Length: 7\r\n"), "HTTP 200 with two lengths"),
    Case("compresses", behaviors.compress, "HTTP 200 with a compressed reply"),
    Case("sends too much", reply_with(200, "x" * 1001), "HTTP 200 with a reply of more than 1000 bytes"),
    Case("redirects", reply_with(307, "", more="Location: /elsewhere\r\n"), f"HTTP 307 with {NOT_OURS}"),
    Case("sends 200 in HTML", reply_with(200, HTML, "text/html"), f"HTTP 200 with {NOT_OURS}"),
    Case("sends 502 in HTML", reply_with(502, HTML, "text/html"), f"HTTP 502 with {NOT_OURS}"),
    Case("sends 500 in the protocol", answer_with("oh", 500), "HTTP 500 from the server"),
    Case("sends 503 in the protocol", answer_with("oh", 503), "HTTP 503 from the server"),
    Case("sends 300 in the protocol", answer_with(GOOD, 300), "HTTP 300 from the server"),
    Case("sends 429 in the protocol", answer_with("oh", 429), "HTTP 429 from the server"),
    Case("truncates its JSON", reply_with(200, '{"kind":"promise.get","head":{'), NOT_OURS),
    Case("sends other JSON", reply_with(200, '"hello"'), NOT_OURS),
    Case("sends nothing", reply_with(200, ""), NOT_OURS),
    Case("sends no text", reply_with(200, b'{"kind":"\xff"}'), NOT_OURS),
    Case("sends brackets without end", reply_with(200, '{"data":' + "[" * 100_000), NOT_OURS, Limits(retries=0)),
    Case("leaves the promise out", answer_with(EmptyAnswer()), NOT_OURS),
    Case("sends 200 with a sentence", answer_with("fine"), NOT_OURS),
    Case("answers another id", answer_with(GOOD, wrong=Wrong(corr_id="other")), OTHER_REQUEST),
    Case("answers another kind", answer_with(GOOD, wrong=Wrong(kind="promise.create")), OTHER_REQUEST),
    Case("contradicts its HTTP status", answer_with(GOOD, wrong=Wrong(head_status=404)), OTHER_REQUEST),
]


def check(error: Unavailable, sentence: str, url: str) -> None:
    """Check that the message says what happened, without token and address."""
    assert sentence in str(error)
    texts = f"{error!s} {error!r} {error.__cause__!r}"
    assert TOKEN not in texts
    assert url.partition("://")[2] not in str(error)
    assert (error.code, error.retry) == ("unavailable", True)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_server_that_misbehaves_is_unavailable(case: Case, start_rogue: StartRogue, make_client: MakeClient) -> None:
    """Without retries: one attempt decides."""
    server = start_rogue(case.behavior)
    with pytest.raises(Unavailable) as caught:
        make_client(server.url, limits=case.limits).get("p")
    check(caught.value, case.message, server.url)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 422])
def test_a_page_of_a_proxy_is_no_refusal(status: int, start_rogue: StartRogue, make_client: MakeClient) -> None:
    """Otherwise a 404 page of a proxy would mean that a job does not exist."""
    server = start_rogue(reply_with(status, HTML, "text/html"))
    with pytest.raises(Unavailable, match=f"HTTP {status} with {NOT_OURS}"):
        make_client(server.url, limits=SMALL_LIMITS).get("p")


@pytest.mark.parametrize("status", [400, 404, 409, 422])
@pytest.mark.parametrize("media", ["text/plain", "application/json"])
def test_a_refusal_that_needs_the_servers_state_must_have_an_envelope(
    status: int, media: str, start_rogue: StartRogue, make_client: MakeClient
) -> None:
    """A gateway cannot know these, and the server answers in the protocol."""
    server = start_rogue(reply_with(status, '"no"', media))
    with pytest.raises(Unavailable, match=NOT_OURS):
        make_client(server.url, limits=SMALL_LIMITS).get("p")


@pytest.mark.parametrize(
    "behavior",
    [
        answer_with("no", 404, Wrong(corr_id="other")),
        answer_with("no", 404, Wrong(kind="promise.create")),
        answer_with("no", 404, Wrong(head_status=409)),
        answer_with(EmptyAnswer(), 404),
        reply_with(401, "x" * 501, "text/plain"),
        reply_with(403, b"\xff", "text/plain"),
        reply_with(403, "[]", "application/json"),
        reply_with(403, '"no"', "text/html"),
    ],
)
def test_an_invalid_refusal_is_unavailable(
    behavior: Behavior, start_rogue: StartRogue, make_client: MakeClient
) -> None:
    """It must answer this request, with a sentence."""
    with pytest.raises(Unavailable):
        make_client(start_rogue(behavior).url, limits=SMALL_LIMITS).get("p")
