"""A refusal of the server is never the client's error: it is temporary, or a bug of the trigger."""

import json
from pathlib import Path

import pytest

from durable.wire.client import Client
from tests.wire.behaviors import answer_with, reply_with
from tests.wire.rogue_server import Behavior, RogueServer

from .conftest import Reply, api_over


def replies(behavior: Behavior, folder: Path) -> list[Reply]:
    """Return the API's answers while the server behaves like that."""
    with RogueServer(behavior) as server, Client(server.url, token="x") as client:  # noqa: S106 not a real token
        api = api_over(client, folder)
        return [api.submit(), api.status()]


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_token_is_503_with_retry_after(status: int, folder: Path) -> None:
    """While a token is rotated, server and function get the new one at different times."""
    for reply in replies(reply_with(status, "Unauthorized", "text/plain"), folder):
        assert (reply.status, reply.body["code"]) == (503, "unavailable")
        assert int(reply.headers["Retry-After"]) > 0
        assert "nauthorized" not in json.dumps(reply.body)


@pytest.mark.parametrize("status", [400, 409, 422])
def test_any_other_refusal_is_an_internal_error(status: int, folder: Path) -> None:
    """A retry would not help."""
    for reply in replies(answer_with("the reason", status), folder):
        assert (reply.status, reply.body["code"]) == (500, "internal")
        assert "Retry-After" not in reply.headers
        assert "the reason" not in json.dumps(reply.body)
