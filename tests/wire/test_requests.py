"""What the client sends."""

import pytest
from msgspec import json

from tests.wire.calls import EVERY, Example
from tests.wire.conftest import TOKEN, MakeClient, StartRogue
from tests.wire.manners import PROMISE, answers, chunked, good
from wire.answers import PromisePage
from wire.client import Client
from wire.requests import PromiseSearch


@pytest.mark.parametrize("example", EVERY, ids=str)
def test_each_call_asks_in_its_kind_and_returns_the_answers_value(
    example: Example, rogue: StartRogue, client: MakeClient
) -> None:
    """The data are those of the protocol, with what is absent left out."""
    server = rogue(example.manner)
    assert example.make(client(server.url)) == example.result
    (call,) = server.calls
    assert (call.asked.kind, json.decode(call.asked.data)) == (example.kind, example.data)
    assert call.asked.head.version == "2026-04-01"


def test_an_answer_in_chunks_is_an_answer(rogue: StartRogue, client: MakeClient) -> None:
    """Proxies like to send those."""
    assert client(rogue(chunked).url).get("p") == PROMISE


def test_the_token_is_in_the_head_of_the_envelope_and_nowhere_else(rogue: StartRogue, client: MakeClient) -> None:
    """HTTP headers end in the logs of proxies."""
    server = rogue(good)
    client(server.url).get("p")
    (call,) = server.calls
    assert call.asked.head.auth == TOKEN
    assert TOKEN not in str(call.headers) + call.path


def test_without_a_token_there_is_no_auth_in_the_head(rogue: StartRogue) -> None:
    """Not even an empty one."""
    server = rogue(good)
    with Client(server.url) as client:
        client.get("p")
    assert b"auth" not in server.calls[0].body


def test_each_call_has_an_id_of_its_own(rogue: StartRogue, client: MakeClient) -> None:
    """So that no answer can be taken for another call's."""
    server = rogue(good)
    shared = client(server.url)
    for _ in range(3):
        shared.get("p")
    assert len({call.asked.head.corr_id for call in server.calls}) == 3


def test_the_client_asks_for_no_compression(rogue: StartRogue, client: MakeClient) -> None:
    """It would refuse it."""
    server = rogue(good)
    client(server.url).get("p")
    assert server.calls[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    ("suffix", "path"), [("", "/"), ("/", "/"), ("/prefix", "/prefix/"), ("/a/b/", "/a/b/"), ("/a%20b", "/a%20b/")]
)
def test_the_path_of_the_url_is_kept(suffix: str, path: str, rogue: StartRogue, client: MakeClient) -> None:
    """It ends in a slash, as the SDK's does, so that both can be given the same url."""
    server = rogue(good)
    client(server.url + suffix).get("p")
    assert server.calls[0].path == path


@pytest.mark.parametrize(
    "url",
    [
        *("", "localhost:8001", "//localhost", "ftp://localhost", "http://", "http:///path", "http://host:port"),
        *("http://host:0", "http://host:99999", "http://[::1", "http://me:hush@host", "http://host?hush=1"),
        *("http://host#hush", "http://ho st", "http://host/a\nb", "http://höst"),
        *("http://a..b", f"http://{'a' * 64}"),
    ],
)
def test_a_bad_url_is_one_clear_sentence(url: str) -> None:
    """The sentence does not repeat the url, which may hold a password."""
    with pytest.raises(ValueError, match=r"^the server's URL must look like http://host:8001 or ") as caught:
        Client(url)
    assert "hush" not in str(caught.value)


def test_a_search_over_all_pages_follows_the_cursor_and_keeps_the_question(
    rogue: StartRogue, client: MakeClient
) -> None:
    """Each page is asked for when the one before is used up."""
    first = answers(PromisePage(promises=[PROMISE, PROMISE], cursor="p"))
    server = rogue(first, answers(PromisePage(promises=[PROMISE])))
    found = client(server.url).search_all(PromiseSearch(state="pending", limit=2))
    assert next(found) == PROMISE
    assert len(server.calls) == 1
    assert list(found) == [PROMISE, PROMISE]
    asked = [json.decode(call.asked.data) for call in server.calls]
    assert asked == [{"state": "pending", "limit": 2}, {"state": "pending", "limit": 2, "cursor": "p"}]
