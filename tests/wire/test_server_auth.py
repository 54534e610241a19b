"""A real server that requires tokens accepts ours, and denies requests without a token or with a wrong one.

The embedded server requires none.
"""

import subprocess
import time
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest
from msgspec import json

from durable.wire.client import Client
from durable.wire.errors import Denied
from durable.wire.requests import PromiseCreate
from local.server_process import ServerProcess
from tests.conftest import ONE_TARGET, REAL, StartServer
from tests.wire.conftest import OPENSSL

pytestmark = [
    pytest.mark.skipif(REAL is None, reason=ONE_TARGET),
    pytest.mark.skipif(OPENSSL is None, reason="no openssl program, which makes keys and tokens"),
]


def openssl(*words: str | Path) -> bytes:
    """Run the openssl program and return what it prints."""
    return subprocess.run([OPENSSL or "", *words], check=True, capture_output=True).stdout


def encode_part(data: bytes) -> str:
    """Encode a part of a token."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """The key that signs tokens."""
    file = tmp_path / "key.pem"
    openssl("genpkey", "-algorithm", "ed25519", "-out", file)
    return file


@pytest.fixture
def server(key: Path, monkeypatch: pytest.MonkeyPatch, start_server: StartServer) -> ServerProcess:
    """The real server; it knows the other half of the key."""
    public = key.with_name("public.pem")
    openssl("pkey", "-in", key, "-pubout", "-out", public)
    monkeypatch.setenv("RESONATE_AUTH__PUBLICKEY", str(public))
    assert REAL is not None
    return start_server(REAL)


def sign(key: Path, **claims: object) -> str:
    """Make a token that expires in a minute."""
    signed = key.with_name("signed")
    parts = ({"alg": "EdDSA", "typ": "JWT"}, {"exp": int(time.time()) + 60, **claims})
    signed.write_text(".".join(encode_part(json.encode(part)) for part in parts))
    return f"{signed.read_text()}.{encode_part(openssl('pkeyutl', '-sign', '-inkey', key, '-rawin', '-in', signed))}"


def test_a_token_for_a_prefix_is_denied_elsewhere(key: Path, server: ServerProcess) -> None:
    """It may create promises under its prefix only."""
    with Client(server.url, token=sign(key, prefix="job")) as client:
        assert client.create(PromiseCreate(id="job/1", timeout_at=1)).id == "job/1"
        with pytest.raises(Denied, match=r"^403: Forbidden$"):
            client.create(PromiseCreate(id="other", timeout_at=1))


@pytest.mark.parametrize("token", [None, "", "a.wrong.token"])
def test_no_token_or_a_wrong_one_is_denied(token: str | None, server: ServerProcess) -> None:
    """Both get the same reason."""
    with Client(server.url, token=token) as client, pytest.raises(Denied, match=r"^401: Unauthorized$"):
        client.get("job/1")
