"""A server that cannot be reached is unavailable."""

import socket
import subprocess
import sys
from threading import Event

import pytest

from durable.wire.errors import Unavailable
from durable.wire.limits import Limits
from local.server_process import ROOT, free_port
from tests.waiting import TIMEOUT_SECONDS
from tests.wire.conftest import FakeTime, MakeClient

HANG = """
from contextlib import suppress
from threading import Event
from durable.wire.client import Client
from durable.wire.errors import Unavailable
from durable.wire.limits import Limits

with suppress(Unavailable):
    dial = lambda *_: Event().wait()
    Client("http://host", limits=Limits(connect_timeout=0.05, retries=0), dial=dial).get("p")
"""


def test_a_closed_port_is_unavailable(make_client: MakeClient) -> None:
    """The connection is refused."""
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(Unavailable) as caught:
        make_client(url).get("p")
    assert str(caught.value) == "the connection was refused"


def test_an_unknown_host_name_is_unavailable(make_client: MakeClient, fake_time: FakeTime) -> None:
    """Names that end in .invalid never exist, also on a machine without name servers."""
    url = "http://resonate.invalid:8001"
    with pytest.raises(Unavailable) as caught:
        make_client(url).get("p")
    assert str(caught.value) == "the server's name was not found"
    assert len(fake_time.pauses) == 2


class WatchedSocket(socket.socket):
    """A socket that records its close."""

    def __init__(self) -> None:
        super().__init__()
        self.closed = Event()

    def close(self) -> None:
        """Close it and record that."""
        super().close()
        self.closed.set()


def test_a_name_lookup_that_hangs_times_out_and_its_late_socket_is_closed(make_client: MakeClient) -> None:
    """A name lookup cannot be interrupted, so the client does not wait for it."""
    release, late = Event(), WatchedSocket()

    def dial(_address: tuple[str, int], _seconds: float) -> socket.socket:
        release.wait()
        return late

    limits = Limits(connect_timeout=0.05, retries=0)
    with pytest.raises(Unavailable, match=r"^timed out: no connection, or no whole reply, in time$"):
        make_client("http://host", limits=limits, dial=dial).get("p")
    release.set()
    assert late.closed.wait(TIMEOUT_SECONDS)


def test_a_name_lookup_that_hangs_does_not_keep_the_program_alive() -> None:
    """The operator has the error and waits for the prompt."""
    subprocess.run([sys.executable, "-c", HANG], cwd=ROOT, check=True, timeout=TIMEOUT_SECONDS)


def test_a_connection_that_cannot_be_set_up_is_closed(make_client: MakeClient) -> None:
    """It is not left to the garbage collector."""

    class Useless(WatchedSocket):
        def setsockopt(self, *_: object) -> None:
            raise OSError

    useless = Useless()
    with pytest.raises(Unavailable):
        make_client("http://host", limits=Limits(retries=0), dial=lambda *_: useless).get("p")
    assert useless.closed.is_set()
