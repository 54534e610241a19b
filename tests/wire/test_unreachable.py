"""A server that cannot be reached is as unavailable as one that does not answer."""

import socket
import subprocess
import sys
from threading import Event

import pytest

from local.server_process import ROOT, free_port
from tests.wire.conftest import FakeTime, MakeClient
from wire.errors import Unavailable
from wire.limits import Limits

HANG = """
from contextlib import suppress
from threading import Event
from wire.client import Client
from wire.errors import Unavailable
from wire.limits import Limits

with suppress(Unavailable):
    dial = lambda *_: Event().wait()
    Client("http://host", limits=Limits(connect_timeout=0.05, retries=0), dial=dial).get("p")
"""


def test_a_port_that_nobody_listens_on_is_unavailable(client: MakeClient) -> None:
    """The connection is refused."""
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(Unavailable) as caught:
        client(url).get("p")
    assert str(caught.value) == "the connection was refused"


def test_a_name_that_nobody_has_is_unavailable(client: MakeClient, time: FakeTime) -> None:
    """Names that end in .invalid never exist; a machine without name servers says so in its own way."""
    url = "http://resonate.invalid:8001"
    with pytest.raises(Unavailable) as caught:
        client(url).get("p")
    assert str(caught.value) == "the server's name was not found"
    assert len(time.pauses) == 2


class Watched(socket.socket):
    """A socket that tells when it is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.closed = Event()

    def close(self) -> None:
        """Close it and say so."""
        super().close()
        self.closed.set()


def test_a_look_up_that_hangs_is_given_up_and_closed_when_it_comes(client: MakeClient) -> None:
    """Nothing interrupts the look-up of a name, so it must not be waited for."""
    release, late = Event(), Watched()

    def dial(_address: tuple[str, int], _seconds: float) -> socket.socket:
        release.wait()
        return late

    limits = Limits(connect_timeout=0.05, retries=0)
    with pytest.raises(Unavailable, match=r"^timed out: no connection, or no whole reply, in time$"):
        client("http://host", limits=limits, dial=dial).get("p")
    release.set()
    assert late.closed.wait(10)


def test_a_look_up_that_hangs_does_not_keep_the_program_from_ending() -> None:
    """An operator who got the error wants the prompt back."""
    subprocess.run([sys.executable, "-c", HANG], cwd=ROOT, check=True, timeout=60)


def test_a_connection_that_is_of_no_use_is_closed(client: MakeClient) -> None:
    """It is not left to the garbage collector."""

    class Useless(Watched):
        def setsockopt(self, *_: object) -> None:
            raise OSError

    useless = Useless()
    with pytest.raises(Unavailable):
        client("http://host", limits=Limits(retries=0), dial=lambda *_: useless).get("p")
    assert useless.closed.is_set()
