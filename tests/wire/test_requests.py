"""The requests that the client sends."""

import pytest
from msgspec import json

from durable.wire.answers import PromisePage
from durable.wire.client import Client
from durable.wire.requests import PromiseSearch
from tests.wire.behaviors import PROMISE, answer_in_chunks, answer_promise, answer_with
from tests.wire.calls import ALL_CALLS, Example
from tests.wire.conftest import TOKEN, MakeClient, StartRogue


@pytest.mark.parametrize("example", ALL_CALLS, ids=str)
def test_each_call_sends_its_kind_and_returns_the_value_of_the_answer(
    example: Example, start_rogue: StartRogue, make_client: MakeClient
) -> None:
    """The data is the protocol's; fields without a value are omitted."""
    server = start_rogue(example.behavior)
    assert example.make(make_client(server.url)) == example.result
    (call,) = server.calls
    assert (call.asked.kind, json.decode(call.asked.data)) == (example.kind, example.data)
    assert call.asked.head.version == "2026-04-01"


def test_an_answer_in_chunks_is_an_answer(start_rogue: StartRogue, make_client: MakeClient) -> None:
    """Some proxies send chunks."""
    assert make_client(start_rogue(answer_in_chunks).url).get("p") == PROMISE


def test_the_token_is_in_the_head_of_the_envelope_and_nowhere_else(
    start_rogue: StartRogue, make_client: MakeClient
) -> None:
    """HTTP headers end in the logs of proxies."""
    server = start_rogue(answer_promise)
    make_client(server.url).get("p")
    (call,) = server.calls
    assert call.asked.head.auth == TOKEN
    assert TOKEN not in str(call.headers) + call.path


def test_without_a_token_there_is_no_auth_in_the_head(start_rogue: StartRogue) -> None:
    """It is absent, not empty."""
    server = start_rogue(answer_promise)
    with Client(server.url) as client:
        client.get("p")
    assert b"auth" not in server.calls[0].body


def test_each_call_has_an_id_of_its_own(start_rogue: StartRogue, make_client: MakeClient) -> None:
    """So that no answer can be taken for that of another call."""
    server = start_rogue(answer_promise)
    shared = make_client(server.url)
    for _ in range(3):
        shared.get("p")
    assert len({call.asked.head.corr_id for call in server.calls}) == 3


def test_the_client_asks_for_no_compression(start_rogue: StartRogue, make_client: MakeClient) -> None:
    """It refuses compressed replies."""
    server = start_rogue(answer_promise)
    make_client(server.url).get("p")
    assert server.calls[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    ("suffix", "path"), [("", "/"), ("/", "/"), ("/prefix", "/prefix/"), ("/a/b/", "/a/b/"), ("/a%20b", "/a%20b/")]
)
def test_the_path_of_the_url_is_kept(suffix: str, path: str, start_rogue: StartRogue, make_client: MakeClient) -> None:
    """It ends in a slash, as the SDK's does, so that both can have the same URL."""
    server = start_rogue(answer_promise)
    make_client(server.url + suffix).get("p")
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
def test_a_bad_url_is_refused(url: str) -> None:
    """The error does not repeat the URL, which may hold a password."""
    with pytest.raises(ValueError, match=r"^the server's URL must look like http://host:8001 or ") as caught:
        Client(url)
    assert "hush" not in str(caught.value)


def test_a_search_over_all_pages_follows_the_cursor_and_keeps_the_filters(
    start_rogue: StartRogue, make_client: MakeClient
) -> None:
    """Each page is requested when the previous one is used up."""
    first = answer_with(PromisePage(promises=[PROMISE, PROMISE], cursor="p"))
    server = start_rogue(first, answer_with(PromisePage(promises=[PROMISE])))
    found = make_client(server.url).search_all(PromiseSearch(state="pending", limit=2))
    assert next(found) == PROMISE
    assert len(server.calls) == 1
    assert list(found) == [PROMISE, PROMISE]
    asked = [json.decode(call.asked.data) for call in server.calls]
    assert asked == [{"state": "pending", "limit": 2}, {"state": "pending", "limit": 2, "cursor": "p"}]
