"""The real server takes what the function made, and nothing else."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from lambdas.keys.pair import Claims, KeyPair
from local.server_process import Options, RealProgram, ServerProcess, start
from tests.conftest import ONE_TARGET, REAL
from tests.keys.conftest import AUDIENCE, ISSUER, SUBJECTS, Stack
from wire.client import Client
from wire.errors import Denied
from wire.requests import PromiseCreate

pytestmark = pytest.mark.skipif(REAL is None, reason=ONE_TARGET)


@dataclass(frozen=True)
class Guarded:
    """The real server with a public key in a file, as its entry point starts it."""

    real: RealProgram
    key: Path
    name: str = "guarded"

    @property
    def root(self) -> Path:
        return self.real.root

    def command(self, folder: Path, port: int, options: Options) -> list[str]:
        guard = ["--auth-publickey", str(self.key), "--auth-iss", ISSUER, "--auth-aud", AUDIENCE]
        return [*self.real.command(folder, port, options), *guard]


@pytest.fixture
def guarded(stack: Stack, tmp_path: Path) -> Iterator[ServerProcess]:
    stack.create()
    key = tmp_path / "public.pem"
    key.write_text(stack.account.text(stack.account.public))
    assert REAL
    with start(Guarded(REAL, key), tmp_path / "server") as server:
        yield server


PROMISE = PromiseCreate(id="job", timeout_at=4_000_000_000_000)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_token_of_the_function_may_do_everything(guarded: ServerProcess, stack: Stack, subject: str) -> None:
    with Client(guarded.url, token=stack.account.text(stack.account.tokens[subject])) as client:
        assert client.create(PROMISE).id == "job"
        assert client.get("job").id == "job"


def test_a_token_opens_the_stream_of_messages(guarded: ServerProcess, stack: Stack) -> None:
    assert stream(guarded, stack.account.text(stack.account.tokens["worker"])) == HTTPStatus.OK
    assert stream(guarded, "none") == HTTPStatus.UNAUTHORIZED


def stream(server: ServerProcess, token: str) -> int:
    """Ask for the messages of a group, and return the answer's status."""
    request = Request(f"{server.url}/poll/documents/one", headers={"Authorization": f"Bearer {token}"})  # noqa: S310
    try:
        with urlopen(request, timeout=10) as answer:  # noqa: S310 our own server
            status: int = answer.status
            return status
    except HTTPError as refused:
        with refused:
            return refused.code


@pytest.mark.parametrize("changes", [{"audience": "other"}, {"issuer": "other"}], ids=["audience", "issuer"])
def test_a_token_for_somebody_else_is_refused(guarded: ServerProcess, stack: Stack, changes: dict[str, str]) -> None:
    pair = KeyPair.from_pem(stack.account.text(stack.account.signing))
    claims = Claims(**{"issuer": ISSUER, "audience": AUDIENCE, "subject": "worker"} | changes)
    assert is_refused(guarded, pair.token(claims, now=time.time()))


def test_a_token_of_another_pair_is_refused(guarded: ServerProcess) -> None:
    claims = Claims(issuer=ISSUER, audience=AUDIENCE, subject="worker")
    assert is_refused(guarded, KeyPair.new().token(claims, now=time.time()))


def test_who_has_no_token_is_refused(guarded: ServerProcess) -> None:
    assert is_refused(guarded, None)


def test_rotating_locks_the_old_tokens_out_and_lets_the_new_ones_in(stack: Stack, tmp_path: Path) -> None:
    account = stack.account
    stack.create()
    old = account.text(account.tokens["worker"])
    account.put(account.signing, "rotate")
    stack.send("Update")
    key = tmp_path / "public.pem"
    key.write_text(account.text(account.public))
    assert REAL
    with start(Guarded(REAL, key), tmp_path / "server") as server:
        assert is_refused(server, old)
        assert not is_refused(server, account.text(account.tokens["worker"]))


def is_refused(server: ServerProcess, token: str | None) -> bool:
    """Whether the server denies it to create a promise."""
    with Client(server.url, token=token) as client:
        try:
            client.create(PROMISE)
        except Denied:
            return True
    return False
