"""Progress is a hint: a store that is slow or down never delays the answer for long."""

import socket
import threading
from collections.abc import Iterator

import pytest

from durable.wire.client import Client
from local.server_process import HOST, free_port

from .conftest import api_with

# By default the store's library would retry for half a minute, or five.
LAMBDA_TIMEOUT_SECONDS = 20


@pytest.fixture
def silent_url() -> Iterator[str]:
    """The address of a server that accepts connections and never answers."""
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
def closed_url() -> str:
    """An address without a server."""
    return f"http://{HOST}:{free_port()}"


@pytest.mark.timeout(LAMBDA_TIMEOUT_SECONDS, func_only=True)
@pytest.mark.parametrize("fixture", ["silent_url", "closed_url"])
def test_a_job_is_processing_while_the_store_is_down(
    fixture: str, client: Client, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", request.getfixturevalue(fixture))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_ALLOW_HTTP"):
        monkeypatch.setenv(name, "true")
    api = api_with(client, f"s3://{fixture.replace('_', '-')}")  # its own: a container opens each store once
    api.submit()
    reply = api.status()
    assert (reply.status, reply.body) == (200, {"status": "processing", "jobId": "job-1"})
