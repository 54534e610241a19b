"""Too many event streams, and one that its client does not read."""

import resource
from contextlib import closing

import pytest

from local.server_process import Options, ServerProcess, ServerProgram
from tests.conftest import StartServer

from .connection import Connection, request
from .protocol_client import Client
from .requests import create, listen, settle
from .stream_reader import StreamReader
from .target import HttpChannel, Target

MAX_STREAMS = 1_000
FILES = 4_096  # so many a process may have open: a stream is a file on either side
VALUE = "v" * 100_000
MAX_QUEUE_LENGTH = 100
MESSAGES = 200  # of the size of VALUE; the kernel has room for 23
ATTEMPTS = 1_000  # to get the stream of one that is about to leave: it is a matter of milliseconds


@pytest.fixture
def server(server_program: ServerProgram, start_server: StartServer) -> ServerProcess:
    """Start a server of the test's own, which may have a file for each stream."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if 0 <= now < FILES:  # a negative limit is none
        resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, most))
    return start_server(server_program, options=Options(timeouts_interval=100))


def test_a_thousand_streams_may_be_open(server: ServerProcess) -> None:
    """In any groups; the next one is refused until one closes, and requests are served meanwhile."""
    streams = [StreamReader(server, f"g{number % 7}", f"{number}", reads=False) for number in range(MAX_STREAMS)]
    try:
        assert {stream.status for stream in streams} == {200}
        with Connection(server).send(request("GET", "/poll/g/p")) as line:
            answer = line.answer()
        assert (answer.status, answer.content_type) == (503, "text/plain; charset=utf-8")
        assert answer.body == "Poll registration at capacity"
        with Connection(server).send(request("GET", "/ready")) as line:
            assert line.answer().status == 200
        streams.pop().leave()
        assert 200 in (try_to_connect(server) for _ in range(ATTEMPTS))
    finally:
        for stream in streams:
            stream.leave()


def try_to_connect(server: ServerProcess) -> int:
    """Open a stream and return the status."""
    with StreamReader(server, "g", "p", reads=False) as stream:
        return stream.status


def test_a_stream_that_is_not_read_does_not_affect_others(server: ServerProcess) -> None:
    """The server keeps at most a hundred messages for it, and others get theirs."""
    target = Target("", HttpChannel(server.url))
    ask = Client(target)
    with (
        closing(target),
        StreamReader(server, "deaf", "1", reads=False) as deaf,
        StreamReader(server, "alive", "1") as alive,
    ):
        for number in range(MESSAGES):
            ask.send_all(
                create(f"{number}", due=2**60), listen(f"{number}", "poll://any@deaf"), settle(f"{number}", data=VALUE)
            )
        ask.send_all(create("marker", due=2**60, target="poll://any@alive"))
        assert alive.next() == {
            "kind": "execute",
            "head": {"serverUrl": server.url},
            "data": {"task": {"id": "marker", "version": 0}},
        }
        assert all(VALUE in deaf.line.event() for _ in range(MAX_QUEUE_LENGTH))
        ask.send_all(create("end", due=2**60, target="poll://any@deaf"))
        in_kernel = 0
        while VALUE in deaf.line.event():
            in_kernel += 1
        assert in_kernel < (MESSAGES - MAX_QUEUE_LENGTH) / 2
