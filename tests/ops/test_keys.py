"""`longhand keys` prints keys that verify what a worker with the same secrets signs."""

import base64
import json
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks import Webhook

from ops.laptop import WEBHOOK_SECRET_FILE
from tests.ops.terminal import Terminal
from worker.webhooks.signatures import Signer

BODY = b'{"type": "longhand.job.done.v1"}'
SECRETS = ["n" * 40, "o" * 40]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    (tmp_path / WEBHOOK_SECRET_FILE).write_text(",".join(SECRETS))
    return tmp_path


def run(terminal: Terminal, state: Path, *words: str) -> list[str]:
    ended = terminal.run("keys", "--state", str(state), "--json", *words)
    assert ended.code == 0, ended.err
    keys: list[str] = json.loads(ended.out)
    return keys


def test_each_shared_key_verifies_as_the_public_library_does(nowhere: Terminal, state: Path) -> None:
    for key in run(nowhere, state, "--shared"):
        assert key.startswith("whsec_")
        Webhook(key).verify(BODY, dict(Signer(SECRETS).sign("a.done", BODY, time.time())))


def test_each_public_key_verifies_its_asymmetric_signature(nowhere: Terminal, state: Path) -> None:
    headers = Signer(SECRETS).sign("a.done", BODY, 1_700_000_000)
    signatures = [one.removeprefix("v1a,") for one in headers["webhook-signature"].split() if one.startswith("v1a,")]
    for key, signature in zip(run(nowhere, state), signatures, strict=True):
        assert key.startswith("whpk_")
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key.removeprefix("whpk_")))
        public.verify(base64.b64decode(signature), b"a.done.1700000000." + BODY)


def test_without_a_system_the_error_says_what_to_do(nowhere: Terminal, tmp_path: Path) -> None:
    ended = nowhere.run("keys", "--state", str(tmp_path / "none"))
    assert (ended.code, "run make serve" in ended.err) == (78, True)
