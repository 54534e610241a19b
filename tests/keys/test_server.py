"""The real server accepts the tokens that the function made, and no others."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from durable.wire.client import Client
from durable.wire.errors import Denied
from durable.wire.requests import PromiseCreate
from lambdas.keys.key_pair import Claims, KeyPair
from local.server_process import Options, RealProgram, ServerProcess, start
from tests.conftest import ONE_TARGET, REAL
from tests.keys.conftest import AUDIENCE, ISSUER, SUBJECTS, Stack

pytestmark = pytest.mark.skipif(REAL is None, reason=ONE_TARGET)


@dataclass(frozen=True)
class AuthenticatingServer:
    """The real server with a public key in a file, as its entry point starts it."""

    real: RealProgram
    key: Path
    name: str = "authenticating"

    @property
    def root(self) -> Path:
        return self.real.root

    def command(self, folder: Path, port: int, options: Options) -> list[str]:
        guard = ["--auth-publickey", str(self.key), "--auth-iss", ISSUER, "--auth-aud", AUDIENCE]
        return [*self.real.command(folder, port, options), *guard]


@pytest.fixture
def server(stack: Stack, tmp_path: Path) -> Iterator[ServerProcess]:
    stack.create()
    key = tmp_path / "public.pem"
    key.write_text(stack.account.text(stack.account.public))
    assert REAL
    with start(AuthenticatingServer(REAL, key), tmp_path / "server") as server:
        yield server


PROMISE = PromiseCreate(id="job", timeout_at=4_000_000_000_000)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_token_of_the_function_permits_requests(server: ServerProcess, stack: Stack, subject: str) -> None:
    with Client(server.url, token=stack.account.text(stack.account.tokens[subject])) as client:
        assert client.create(PROMISE).id == "job"
        assert client.get("job").id == "job"


def test_a_token_opens_the_event_stream(server: ServerProcess, stack: Stack) -> None:
    assert open_stream(server, stack.account.text(stack.account.tokens["worker"])) == HTTPStatus.OK
    assert open_stream(server, "none") == HTTPStatus.UNAUTHORIZED


def open_stream(server: ServerProcess, token: str) -> int:
    """Request the event stream of a group, and return the response's status."""
    request = Request(f"{server.url}/poll/documents/one", headers={"Authorization": f"Bearer {token}"})  # noqa: S310
    try:
        with urlopen(request, timeout=10) as response:  # noqa: S310 our own server
            status: int = response.status
            return status
    except HTTPError as refused:
        with refused:
            return refused.code


@pytest.mark.parametrize("changes", [{"audience": "other"}, {"issuer": "other"}], ids=["audience", "issuer"])
def test_a_token_for_another_issuer_or_audience_is_refused(
    server: ServerProcess, stack: Stack, changes: dict[str, str]
) -> None:
    pair = KeyPair.parse(stack.account.text(stack.account.signing))
    claims = Claims(**{"issuer": ISSUER, "audience": AUDIENCE, "subject": "worker"} | changes)
    assert is_refused(server, pair.sign_token(claims, now=time.time()))


def test_a_token_of_another_pair_is_refused(server: ServerProcess) -> None:
    claims = Claims(issuer=ISSUER, audience=AUDIENCE, subject="worker")
    assert is_refused(server, KeyPair.generate().sign_token(claims, now=time.time()))


def test_a_client_without_a_token_is_refused(server: ServerProcess) -> None:
    assert is_refused(server, None)


def test_after_a_rotation_only_the_new_tokens_are_accepted(stack: Stack, tmp_path: Path) -> None:
    account = stack.account
    stack.create()
    old = account.text(account.tokens["worker"])
    account.put(account.signing, "rotate")
    stack.send("Update")
    key = tmp_path / "public.pem"
    key.write_text(account.text(account.public))
    assert REAL
    with start(AuthenticatingServer(REAL, key), tmp_path / "server") as server:
        assert is_refused(server, old)
        assert not is_refused(server, account.text(account.tokens["worker"]))


def is_refused(server: ServerProcess, token: str | None) -> bool:
    """Whether the server refuses to create a promise."""
    with Client(server.url, token=token) as client:
        try:
            client.create(PROMISE)
        except Denied:
            return True
    return False
