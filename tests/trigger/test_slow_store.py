"""The journal is a hint: a store that is slow, or not there, never holds the answer."""

import socket
import threading
from collections.abc import Iterator

import pytest

from local.server_process import HOST, free_port
from wire.client import Client

from .conftest import api_with

# Seconds until Lambda ends the function. Left to itself the store's library would try for half a minute, or five.
LAMBDA = 20


@pytest.fixture
def silent() -> Iterator[str]:
    """An address that takes connections and never answers."""
    with socket.create_server((HOST, 0)) as server:
        taken: list[socket.socket] = []

        def take() -> None:
            try:
                while True:
                    taken.append(server.accept()[0])
            except OSError:
                return

        thread = threading.Thread(target=take)
        thread.start()
        yield f"http://{HOST}:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
        for one in taken:
            one.close()
    assert taken


@pytest.fixture
def dead() -> str:
    """An address where nobody listens."""
    return f"http://{HOST}:{free_port()}"


@pytest.mark.timeout(LAMBDA, func_only=True)
@pytest.mark.parametrize("kind", ["silent", "dead"])
def test_a_job_is_processing_whatever_the_store_does(
    kind: str, client: Client, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", request.getfixturevalue(kind))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_ALLOW_HTTP"):
        monkeypatch.setenv(name, "true")
    api = api_with(client, "s3://documents")
    api.submit()
    reply = api.status()
    assert (reply.status, reply.body) == (200, {"status": "processing", "jobId": "job-1"})
