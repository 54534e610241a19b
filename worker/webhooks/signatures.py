"""Sign requests as Standard Webhooks 1.0.0 says: the event's id, the time and the body.

Each request has two signatures: HMAC-SHA256 (`v1`) for receivers that share a key with us, and Ed25519 (`v1a`) for
those that have the public one. While an operator rotates the secret, a request has signatures of the new and the old
one.
"""

import base64
import hmac
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.webhook_keys import derive_ed25519_seed, derive_hmac_key


class Signer:
    """Signs with each secret; it needs at least one."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._hmac_keys: Final = [derive_hmac_key(secret) for secret in secrets]
        self._private_keys: Final = [
            Ed25519PrivateKey.from_private_bytes(derive_ed25519_seed(secret)) for secret in secrets
        ]

    def sign(self, event: str, body: bytes, now: float) -> Mapping[str, str]:
        """Return the headers of a request that is sent `now`, in seconds since 1970."""
        timestamp = str(int(now))
        signed = b".".join((event.encode(), timestamp.encode(), body))
        return {
            "webhook-id": event,
            "webhook-timestamp": timestamp,
            "webhook-signature": " ".join(self._list_signatures(signed)),
        }

    def _list_signatures(self, signed: bytes) -> Iterator[str]:
        for hmac_key in self._hmac_keys:
            yield _write("v1", hmac.digest(hmac_key, signed, "sha256"))
        for private_key in self._private_keys:
            yield _write("v1a", private_key.sign(signed))


def _write(version: str, signature: bytes) -> str:
    return f"{version},{base64.b64encode(signature).decode()}"
