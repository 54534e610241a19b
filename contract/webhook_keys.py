"""The keys that sign events, made from one secret of the deployment, and their texts as Standard Webhooks has them.

Workers sign, and `longhand keys` prints the keys for receivers. Each use has a key of its own: none reveals another.
"""

import base64
import hmac
from typing import Final

MIN_SECRET_CHARACTERS: Final = 32
HMAC_PREFIX: Final = "whsec_"
PUBLIC_KEY_PREFIX: Final = "whpk_"
_HMAC_USE: Final = b"longhand webhooks: HMAC-SHA256"
_ED25519_USE: Final = b"longhand webhooks: Ed25519"


def derive_hmac_key(secret: str) -> bytes:
    """Return the key of the signature v1, which sender and receivers share."""
    return hmac.digest(secret.encode(), _HMAC_USE, "sha256")


def derive_ed25519_seed(secret: str) -> bytes:
    """Return the private key of the signature v1a."""
    return hmac.digest(secret.encode(), _ED25519_USE, "sha256")


def write_key(prefix: str, key: bytes) -> str:
    """Return a key as text."""
    return prefix + base64.b64encode(key).decode()
