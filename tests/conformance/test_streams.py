"""Event streams in bad hands: too many of them, and one that nobody reads."""

import resource
from contextlib import closing

import psutil
import pytest

from local.server_process import Options, ServerProcess, ServerProgram
from tests.conftest import StartServer

from .ask import Ask
from .line import Line, request
from .requests import create, listen, settle
from .seat import Seat
from .target import Target

SEATS = 1_000
FILES = 4_096  # so many a process may have open: a seat is a file on either side
VALUE = "v" * 250_000
MESSAGES = 600  # of the size of VALUE: 150 MB for a server that keeps all of them; a sixth of that is what both keep
ATTEMPTS = 1_000  # to get the seat of one that is about to leave: it is a matter of milliseconds


@pytest.fixture
def server(server_program: ServerProgram, start_server: StartServer) -> ServerProcess:
    """Start a server of the test's own, which may have a file for each seat."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if 0 <= now < FILES:  # a negative limit is none
        resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, most))
    return start_server(server_program, options=Options(timeouts_interval=100))


def test_a_thousand_seats_may_be_taken(server: ServerProcess) -> None:
    """In any groups; the next one is refused until somebody leaves, and requests are served all the while."""
    seats = [Seat(server, f"g{number % 7}", f"{number}", reads=False) for number in range(SEATS)]
    try:
        assert {seat.status for seat in seats} == {200}
        with Line(server).send(request("GET", "/poll/g/p")) as line:
            answer = line.answer()
        assert (answer.status, answer.content_type) == (503, "text/plain; charset=utf-8")
        assert answer.body == "Poll registration at capacity"
        with Line(server).send(request("GET", "/ready")) as line:
            assert line.answer().status == 200
        seats.pop().leave()
        assert 200 in (take_a_seat(server) for _ in range(ATTEMPTS))
    finally:
        for seat in seats:
            seat.leave()


def take_a_seat(server: ServerProcess) -> int:
    """Try to sit down where there may be no room."""
    with Seat(server, "g", "p", reads=False) as seat:
        return seat.status


def test_a_reader_that_does_not_read_costs_nobody_anything(server: ServerProcess) -> None:
    """The server keeps a hundred messages for it and no more, and others get theirs."""
    target, process = Target("", server.url), psutil.Process(server.process.pid)
    ask = Ask(target)
    with closing(target.connection), Seat(server, "deaf", "1", reads=False), Seat(server, "alive", "1") as alive:
        before = process.memory_info().rss
        for number in range(MESSAGES):
            ask.done(
                create(f"{number}", due=2**60), listen(f"{number}", "poll://any@deaf"), settle(f"{number}", data=VALUE)
            )
        ask.done(create("marker", due=2**60, target="poll://any@alive"))
        assert alive.next() == {
            "kind": "execute",
            "head": {"serverUrl": server.url},
            "data": {"task": {"id": "marker", "version": 0}},
        }
        grown = process.memory_info().rss - before
        assert grown < MESSAGES * len(VALUE) / 2
