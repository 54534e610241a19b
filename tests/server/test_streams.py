"""A message on its way to a stream that ends goes to another stream."""

import pytest

from durable.embedded.address import Address
from durable.embedded.streams import MAX_QUEUE_LENGTH, Stream, Streams
from local.server_process import EmbeddedProgram, Options
from tests.conformance.connection import Connection, request
from tests.conformance.stream_reader import StreamReader
from tests.conformance.target import body_of
from tests.conftest import StartServer

ANY = Address("poll", "any", "g")
PATIENT = Options(retry_timeout=600_000)  # what is lost stays lost
ROUNDS = 50
CONNECTION_COUNT = 4


class RecordingTransport:
    """Records what is written, and can be closed."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.is_closed = False

    def write(self, data: bytes) -> None:
        assert not self.is_closed, "a closing transport drops what is written"
        self.written.append(data)

    def is_closing(self) -> bool:
        return self.is_closed


def open_stream(streams: Streams, pid: str, *, is_blocked: bool = False) -> tuple[Stream, RecordingTransport]:
    """Open a stream that writes each message as it is."""
    transport = RecordingTransport()
    stream = Stream("g", pid, transport, bytes, is_blocked=is_blocked)
    streams.add(stream)
    return stream, transport


@pytest.mark.parametrize("reason", ["blocked", "closing"])
def test_unwritten_messages_of_a_closed_stream_go_to_another(reason: str) -> None:
    """In their order."""
    streams = Streams(choose=lambda members: members[0])
    leaving, to_leaving = open_stream(streams, "leaving", is_blocked=reason == "blocked")
    to_leaving.is_closed = reason == "closing"
    _, to_other = open_stream(streams, "other")
    for message in (b"first", b"second"):
        streams.send(ANY, message)
    streams.remove(leaving)
    assert (to_leaving.written, to_other.written) == ([], [b"first", b"second"])


def test_a_written_message_is_not_sent_again() -> None:
    streams = Streams(choose=lambda members: members[0])
    leaving, to_leaving = open_stream(streams, "leaving")
    _, to_other = open_stream(streams, "other")
    streams.send(ANY, b"first")
    streams.remove(leaving)
    assert (to_leaving.written, to_other.written) == ([b"first"], [])


def test_messages_wait_for_a_slow_reader_up_to_a_limit() -> None:
    """They are written when it reads again; what exceeds the limit is sent again after the retry timeout."""
    streams = Streams()
    stream, transport = open_stream(streams, "slow", is_blocked=True)
    messages = [b"%d" % number for number in range(MAX_QUEUE_LENGTH)]
    for message in messages:
        assert streams.send(ANY, message)
    assert not streams.send(ANY, b"one too many")
    stream.is_blocked = False
    stream.write_waiting()
    assert transport.written == messages


def test_nothing_is_lost_while_workers_leave(start_server: StartServer) -> None:
    """Each time one closes, tasks are created before and after on other connections."""
    server = start_server(EmbeddedProgram(), options=PATIENT)
    connections = [Connection(server) for _ in range(CONNECTION_COUNT)]
    with StreamReader(server, "g", "staying") as staying:
        heard = 0
        for number in range(ROUNDS):
            with Connection(server) as leaving:
                assert leaving.send(request("GET", "/poll/g/leaving")).head().status == 200
                for place, connection in enumerate(connections):
                    connection.post(creation(f"{number}-{place}"))
                    if place == 1:
                        leaving.end()
                assert {connection.answer().status for connection in connections} == {200}
                heard += leaving.rest().count(b"data: ")
        for _ in range(ROUNDS * CONNECTION_COUNT - heard):
            staying.next()  # fails here if a message was lost
    for connection in connections:
        connection.close()


def creation(name: str) -> bytes:
    """Return a request that makes a task for the group."""
    return body_of("promise.create", {"id": name, "timeoutAt": 2**52, "tags": {"resonate:target": "poll://any@g"}})
