"""Whatever bytes come in, a server answers or hangs up, and goes on serving: nothing is a reason to break."""

from itertools import batched
from random import Random

import pytest

from local.server_process import ServerProcess, ServerProgram

from .connection import Connection, request
from .fleet import ON_VIRTUAL_TIME, Fleet
from .garbage import bodies
from .requests import create
from .target import TIMEOUT, Target, body_of

PIPELINED_REQUESTS = 100  # requests that are sent before their answers are read
ENDLESS = 100_000_000  # bytes of requests: more than any buffers on the way take in


@pytest.fixture
def server(server_program: ServerProgram, fleet: Fleet, behind_http: Target) -> ServerProcess:
    """Use the server that is looked after by the target: it must outlive each test."""
    assert behind_http.name == server_program.name
    return fleet.server(server_program, ON_VIRTUAL_TIME)


def serves(server: ServerProcess) -> bool:
    """Check on a new connection that the server is ready and answers a request."""
    with Connection(server) as connection:
        is_ready = connection.send(request("GET", "/ready")).answer().status == 200
        kind, data = create("after all of it")
        return is_ready and connection.post(body_of(kind, data)).answer().status == 200


@pytest.mark.parametrize("seed", range(10))
def test_no_body_breaks_a_server(server: ServerProcess, seed: int) -> None:
    """A thousand of them, one after the other on one connection: each is answered, and none with a 5xx."""
    with Connection(server) as connection:
        for batch in batched(bodies(seed, 1_000), PIPELINED_REQUESTS, strict=True):
            connection.send(
                *(part for body in batch for part in (request("POST", "/", f"content-length: {len(body)}"), body))
            )
            for body in batch:
                answer = connection.answer()
                assert answer.status < 500, body
                assert answer.content_type == "application/json", body
    assert serves(server)


@pytest.mark.parametrize("seed", range(3))
def test_no_bytes_on_a_connection_break_a_server(server: ServerProcess, seed: int) -> None:
    """Where a request should be: what is not understood is refused or the connection is closed."""
    rng = Random(seed)
    good = request("POST", "/", "content-length: 2") + b"{}" + request("GET", "/ready")
    for _ in range(100):
        sent = rng.randbytes(rng.randrange(1, 300)) if rng.random() < 0.5 else corrupt_frame(rng, good)
        with Connection(server).send(sent) as connection:
            connection.end()
            assert b"HTTP/1.1 5" not in connection.rest(), sent
    assert serves(server)


def corrupt_frame(rng: Random, good: bytes) -> bytes:
    """Change a few bytes of good requests."""
    changed = bytearray(good)
    for _ in range(rng.randint(1, 5)):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


@pytest.mark.parametrize("how", ["close", "reset", "end"])
def test_a_client_may_go_at_any_time(server: ServerProcess, how: str) -> None:
    """In the middle of a head or of a body, or before its answer, in good order or not."""
    body = body_of(*create("half"))
    whole = request("POST", "/", f"content-length: {len(body)}") + body
    for length in range(0, len(whole) + 1, 5):
        with Connection(server).send(whole[:length]) as connection:
            if how == "reset":
                connection.reset()
            if how == "end":
                connection.end()
                connection.rest()
    assert serves(server)


def test_a_client_that_does_not_read_its_answers_blocks_no_other(server: ServerProcess) -> None:
    """The server stops reading from it, so that it keeps nothing for it; when it reads at last, its answers come."""
    with Connection(server, receives=4_096) as deaf:
        with pytest.raises(BlockingIOError):
            ask_endlessly(deaf)
        assert serves(server)
        deaf.socket.settimeout(TIMEOUT)
        assert {deaf.answer().status for _ in range(100)} == {404}


def ask_endlessly(connection: Connection) -> None:
    """Send requests as long as the server reads them."""
    many = request("GET", "/x" * 100) * 1_000
    connection.socket.setblocking(False)  # noqa: FBT003 - the socket's own word for it
    sent = 0
    while sent < ENDLESS:
        sent += connection.socket.send(many[sent % len(many) :])


@pytest.mark.parametrize("part", ["head", "body"])
def test_slow_clients_block_no_other(server: ServerProcess, part: str) -> None:
    """A hundred connections on which half a request has come; each is answered when the rest comes."""
    body = body_of(*create("slow"))
    whole = request("POST", "/", f"content-length: {len(body)}") + body
    half = 20 if part == "head" else len(whole) - 20
    slow = [Connection(server).send(whole[:half]) for _ in range(100)]
    try:
        assert serves(server)
        assert [connection.send(whole[half:]).answer().status for connection in slow] == [200] * 100
    finally:
        for connection in slow:
            connection.close()
