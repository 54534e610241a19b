"""`verify_webhook` takes what the worker signs, with either key, and nothing else."""

import json
import time
from collections.abc import Mapping

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.webhook_keys import HMAC_PREFIX, PUBLIC_KEY_PREFIX, derive_ed25519_seed, derive_hmac_key, write_key
from longhand_client import WebhookError, verify_webhook
from worker.webhooks.signatures import Signer

SECRET = "s" * 40
BODY = json.dumps({"type": "longhand.job.done.v1", "id": "first.done"}).encode()
NOW_SECONDS = 1_790_000_000.0


def make_public_key(secret: str) -> str:
    private = Ed25519PrivateKey.from_private_bytes(derive_ed25519_seed(secret))
    return write_key(PUBLIC_KEY_PREFIX, private.public_key().public_bytes_raw())


KEYS = [write_key(HMAC_PREFIX, derive_hmac_key(SECRET)), make_public_key(SECRET)]
OTHER_KEYS = [write_key(HMAC_PREFIX, derive_hmac_key("t" * 40)), make_public_key("t" * 40), "", "whsec_!", "whpk_AAAA"]


def read_clock() -> float:
    return NOW_SECONDS


def sign(*secrets: str, sent_at: float = NOW_SECONDS) -> Mapping[str, str]:
    return Signer(secrets).sign("first.done", BODY, sent_at)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("secrets", [(SECRET,), ("new" * 20, SECRET), (SECRET, "old" * 20)])
def test_an_event_is_returned(key: str, secrets: tuple[str, ...]) -> None:
    """Also in a rotation of secrets, and whatever the case of the headers' names."""
    headers = {name.title(): value for name, value in sign(*secrets).items()}
    assert verify_webhook(headers, BODY, key, now=read_clock)["id"] == "first.done"


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    ("headers", "body", "words"),
    [
        (sign(SECRET), BODY + b" ", "no signature"),
        ({**sign(SECRET), "webhook-id": "second.done"}, BODY, "no signature"),
        ({**sign(SECRET), "webhook-signature": "v1,x v1a, v2,AAAA"}, BODY, "no signature"),
        (sign(SECRET, sent_at=NOW_SECONDS - 400), BODY, "was sent"),
        (sign(SECRET, sent_at=NOW_SECONDS + 400), BODY, "was sent"),
        ({**sign(SECRET), "webhook-timestamp": "now"}, BODY, "no headers"),
        ({}, BODY, "no headers"),
    ],
)
def test_anything_else_is_an_error(key: str, headers: Mapping[str, str], body: bytes, words: str) -> None:
    with pytest.raises(WebhookError, match=words):
        verify_webhook(headers, body, key, now=read_clock)


@pytest.mark.parametrize("key", OTHER_KEYS)
def test_another_key_is_an_error(key: str) -> None:
    with pytest.raises(WebhookError, match="no signature"):
        verify_webhook(sign(SECRET), BODY, key, now=read_clock)


def test_the_time_is_the_clocks_by_default() -> None:
    assert verify_webhook(sign(SECRET, sent_at=time.time()), BODY, KEYS[0])["id"] == "first.done"
