"""What the engine itself refuses is no fault of the client's: it passes, or it is ours."""

import json
from pathlib import Path

import pytest

from tests.wire.behaviors import answer_with, reply_with
from tests.wire.rogue_server import Behavior, RogueServer
from wire.client import Client

from .conftest import Reply, api_over


def told(behavior: Behavior, folder: Path) -> list[Reply]:
    """Return what a client is told while every answer of the engine is like that."""
    with RogueServer(behavior) as engine, Client(engine.url, token="x") as client:  # noqa: S106 it opens nothing
        api = api_over(client, folder)
        return [api.submit(), api.status()]


@pytest.mark.parametrize("status", [401, 403])
def test_a_token_that_is_refused_is_503_and_says_when_to_come_back(status: int, folder: Path) -> None:
    """While tokens are replaced, server and function have different ones for a moment."""
    for reply in told(reply_with(status, "Unauthorized", "text/plain"), folder):
        assert (reply.status, reply.body["code"]) == (503, "unavailable")
        assert int(reply.headers["Retry-After"]) > 0
        assert "nauthorized" not in json.dumps(reply.body)


@pytest.mark.parametrize("status", [400, 409, 422])
def test_any_other_refusal_is_a_fault_of_ours(status: int, folder: Path) -> None:
    """To come back would not help."""
    for reply in told(answer_with("the reason", status), folder):
        assert (reply.status, reply.body["code"]) == (500, "internal")
        assert "Retry-After" not in reply.headers
        assert "the reason" not in json.dumps(reply.body)
