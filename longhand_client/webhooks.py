"""Checks that an event came from the API, as Standard Webhooks 1.0.0 says, and reads it."""

import base64
import hmac
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from contract.api_value import read_json
from contract.webhook_keys import HMAC_PREFIX, PUBLIC_KEY_PREFIX

from .errors import WebhookError

MAX_AGE_SECONDS: Final = 300.0  # an older request may be one that was recorded


def verify_webhook(
    headers: Mapping[str, str], body: bytes, key: str, now: Callable[[], float] = time.time
) -> dict[str, Any]:
    """Return the event of a request to a receiver. Raises WebhookError unless the API has signed it.

    A `key` that begins with whsec_ checks HMAC-SHA256, and one with whpk_ Ed25519, which needs the package
    cryptography. An event may come twice: its `id` tells.
    """
    given = {name.lower(): value for name, value in headers.items()}
    try:
        event, sent, signatures = (given[f"webhook-{name}"] for name in ("id", "timestamp", "signature"))
        age = abs(now() - int(sent))
    except (KeyError, ValueError) as error:
        raise WebhookError("the request has no headers of Standard Webhooks") from error
    if age > MAX_AGE_SECONDS:
        raise WebhookError(f"the request was sent {age:.0f} seconds ago")
    signed = b".".join((event.encode(), sent.encode(), body))
    if not any(_is_genuine(one, signed, key) for one in signatures.split(" ")):
        raise WebhookError("no signature is of this key")
    try:
        values: dict[str, Any] = read_json(body, dict[str, Any])
    except ValueError as error:
        raise WebhookError("the body is no JSON object") from error
    return values


def _is_genuine(signature: str, signed: bytes, key: str) -> bool:
    version, _, text = signature.partition(",")
    try:
        content = base64.b64decode(text, validate=True)
        if version == "v1" and key.startswith(HMAC_PREFIX):
            return hmac.compare_digest(hmac.digest(_read_key(key, HMAC_PREFIX), signed, "sha256"), content)
        if version == "v1a" and key.startswith(PUBLIC_KEY_PREFIX):
            return _is_genuine_ed25519(content, signed, _read_key(key, PUBLIC_KEY_PREFIX))
    except ValueError:  # no base64, or no key
        return False
    return False


def _read_key(key: str, prefix: str) -> bytes:
    return base64.b64decode(key.removeprefix(prefix), validate=True)


def _is_genuine_ed25519(signature: bytes, signed: bytes, key: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - an extra of the package
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415 - as above

    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, signed)
    except InvalidSignature:
        return False
    return True
