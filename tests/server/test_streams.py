"""A message on its way to a seat whose worker leaves goes to another seat, and not to nobody."""

import asyncio

from local.server.address import Address
from local.server.streams import Streams
from local.server_process import EmbeddedProgram, Options
from tests.conformance.line import Line, request
from tests.conformance.seat import Seat
from tests.conformance.target import body_of
from tests.conftest import StartServer

ANY = Address("poll", "any", "g")
PATIENT = Options(retry_timeout=600_000)  # what is lost stays lost
ROUNDS = 50
AT_ONCE = 4


def test_what_a_leaving_seat_did_not_take_goes_to_another() -> None:
    """What waits for it, and what it has in hand, in their order."""
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


def test_what_a_seat_has_written_is_nobody_elses() -> None:
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
    """Each time one says that it goes, tasks are created before and after that, on other connections."""
    server = start_server(EmbeddedProgram(), options=PATIENT)
    lines = [Line(server) for _ in range(AT_ONCE)]
    with Seat(server, "g", "staying") as staying:
        heard = 0
        for number in range(ROUNDS):
            with Line(server) as leaving:
                assert leaving.send(request("GET", "/poll/g/leaving")).head().status == 200
                for place, line in enumerate(lines):
                    line.post(creation(f"{number}-{place}"))
                    if place == 1:
                        leaving.end()
                assert {line.answer().status for line in lines} == {200}
                heard += leaving.rest().count(b"data: ")
        for _ in range(ROUNDS * AT_ONCE - heard):
            staying.next()  # or the test ends here, for want of what was lost
    for line in lines:
        line.close()


def creation(name: str) -> bytes:
    """Return a request that makes a task for the group."""
    return body_of("promise.create", {"id": name, "timeoutAt": 2**52, "tags": {"resonate:target": "poll://any@g"}})
