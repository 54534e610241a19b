"""A message on its way to a stream that ends goes to another stream."""

import asyncio

from local.server.address import Address
from local.server.streams import Streams
from local.server_process import EmbeddedProgram, Options
from tests.conformance.connection import Connection, request
from tests.conformance.stream_reader import StreamReader
from tests.conformance.target import body_of
from tests.conftest import StartServer

ANY = Address("poll", "any", "g")
PATIENT = Options(retry_timeout=600_000)  # what is lost stays lost
ROUNDS = 50
CONNECTION_COUNT = 4


def test_unwritten_messages_of_a_closed_stream_go_to_another() -> None:
    """Those in its queue and the current one, in order."""
    streams = Streams(choose=lambda members: members[0])

    async def refuse(_: bytes) -> None:
        raise ConnectionResetError

    async def play() -> list[bytes]:
        with streams.register("g", "other") as other:
            try:
                with streams.register("g", "leaving") as leaving:
                    streams.groups["g"].reverse()  # the leaving one is chosen first
                    for message in (b"first", b"second"):
                        streams.send(ANY, message)
                    await leaving.write_next(refuse)
            except ConnectionResetError:
                return [pending.message for pending in other.drain()]
        return []

    assert asyncio.run(play()) == [b"first", b"second"]


def test_a_written_message_is_not_sent_again() -> None:
    streams = Streams(choose=lambda members: members[-1])
    written: list[bytes] = []

    async def write(message: bytes) -> None:
        written.append(message)

    async def play() -> list[bytes]:
        with streams.register("g", "other") as other:
            with streams.register("g", "leaving") as leaving:
                streams.send(ANY, b"first")
                await leaving.write_next(write)
            return [pending.message for pending in other.drain()]

    assert asyncio.run(play()) == []
    assert written == [b"first"]


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
