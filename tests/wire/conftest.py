"""Fixtures of the client's tests: rogue servers, clients that are closed at the end, and a fake clock."""

import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from shutil import which
from typing import Protocol

import pytest

from durable.wire.client import Client
from durable.wire.clock import Clock
from durable.wire.connection import Dial
from durable.wire.limits import Limits
from tests.wire.rogue_server import Behavior, RogueServer

OPENSSL = which("openssl")
TOKEN = "a.secret.token"  # noqa: S105 - it opens nothing; tests check where it does not appear


@dataclass
class FakeTime:
    """A clock that only sleeping moves; it records the pauses, and draws the highest jitter."""

    now: float = 0.0
    pauses: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        """Record the pause, and return at once."""
        self.pauses.append(seconds)
        self.now += seconds

    @property
    def clock(self) -> partial[Clock]:
        """The clock of a client; a test may replace parts of it."""
        return partial(Clock, now=lambda: self.now, monotonic=lambda: self.now, sleep=self.sleep, draw=lambda: 1.0)


class StartRogue(Protocol):
    """Starts a server that ends with the test."""

    def __call__(self, *behaviors: Behavior, tls: ssl.SSLContext | None = None) -> RogueServer:
        """Return the listening server."""


class MakeClient(Protocol):
    """Makes a client that is closed with the test."""

    def __call__(
        self,
        url: str,
        *,
        limits: Limits | None = None,
        clock: Clock | None = None,
        dial: Dial = socket.create_connection,
    ) -> Client:
        """Return the client; it holds the token, and its clock is fake unless the test gives one."""


@pytest.fixture
def start_rogue() -> Iterator[StartRogue]:
    """Give a function that starts misbehaving servers."""
    with ExitStack() as stack:
        yield lambda *behaviors, tls=None: stack.enter_context(RogueServer(*behaviors, tls=tls))


@pytest.fixture
def fake_time() -> FakeTime:
    """A clock that stands still between sleeps."""
    return FakeTime()


@pytest.fixture
def make_client(fake_time: FakeTime) -> Iterator[MakeClient]:
    """Give a function that makes clients."""
    with ExitStack() as stack:

        def make(
            url: str,
            *,
            limits: Limits | None = None,
            clock: Clock | None = None,
            dial: Dial = socket.create_connection,
        ) -> Client:
            made = Client(url, token=TOKEN, limits=limits or Limits(), clock=clock or fake_time.clock(), dial=dial)
            return stack.enter_context(made)

        yield make


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and certificate of `localhost`, signed by itself, in one file."""
    if OPENSSL is None:
        pytest.skip("no openssl program, which makes the certificate")
    file = tmp_path_factory.mktemp("tls") / "localhost.pem"
    subprocess.run(
        [
            *(OPENSSL, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", str(file), "-out", str(file.with_suffix(".crt"))),
        ],
        check=True,
        capture_output=True,
    )
    file.write_text(file.read_text() + file.with_suffix(".crt").read_text())
    return file


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    """The server's side."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make this machine trust the certificate, as its administrator would."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
