"""The Ed25519 key pair, and the tokens that it signs.

Ed25519 signatures need no fresh random number (a bad one reveals an ECDSA key), and the server then accepts only one
algorithm. The server expects `aud` to be an array and refuses a token without `exp`.

A token lasts ten years, because a worker whose token expires stops working silently. The network is the real boundary,
and only the trigger and the workers are inside. To revoke tokens earlier, an operator rotates the key.
"""

from dataclasses import dataclass
from typing import Final, Self

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.types import Options

from .errors import ForeignValueError

_ALGORITHM: Final = "EdDSA"
_YEAR_SECONDS: Final = 365 * 24 * 3_600
TOKEN_SECONDS: Final = 10 * _YEAR_SECONDS
MIN_REMAINING_SECONDS: Final = _YEAR_SECONDS  # a token with less is replaced


@dataclass(frozen=True, kw_only=True)
class Claims:
    """The claims of a token that differ between deployments and clients."""

    issuer: str
    audience: str
    subject: str


class KeyPair:
    """The private key, from which the public one is computed."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private: Final = private

    @classmethod
    def generate(cls) -> Self:
        """Return a new random pair."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a private key in PEM: one from `private_pem`, or an operator's own."""
        try:
            private = serialization.load_pem_private_key(text.encode(), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise ForeignValueError("holds no private key in PEM") from None  # its message may quote the key
        if not isinstance(private, Ed25519PrivateKey):
            raise ForeignValueError("holds a private key that is not Ed25519")
        return cls(private)

    @property
    def private_pem(self) -> str:
        """The private key in PEM."""
        pem, raw = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        return self._private.private_bytes(pem, raw, serialization.NoEncryption()).decode()

    @property
    def public_pem(self) -> str:
        """The public key in PEM, as the server reads it from a file."""
        pem, info = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        return self._private.public_key().public_bytes(pem, info).decode()

    def sign_token(self, claims: Claims, *, now: float) -> str:
        """Return a token that permits every request: on this server, a prefix in the token would not limit it."""
        body = {
            "iss": claims.issuer,
            "aud": [claims.audience],
            "sub": claims.subject,
            "role": "admin",
            "iat": int(now),
            "exp": int(now) + TOKEN_SECONDS,
        }
        return jwt.encode(body, self._private, _ALGORITHM)

    def has_signed(self, token: str, claims: Claims, *, now: float) -> bool:
        """Whether this pair signed the token, its claims equal a new one's, and it stays valid for long enough."""
        # PyJWT would refuse a token from a clock that is a second ahead, so only the remaining time is checked.
        options: Options = {"require": ["exp"], "verify_exp": False, "verify_iat": False}
        try:
            decoded = jwt.decode(
                token,
                self._private.public_key(),
                [_ALGORITHM],
                options,
                audience=claims.audience,
                issuer=claims.issuer,
            )
        except jwt.InvalidTokenError:
            return False
        same = isinstance(decoded["aud"], list) and (decoded.get("sub"), decoded.get("role")) == (
            claims.subject,
            "admin",
        )
        return same and int(decoded["exp"]) - now > MIN_REMAINING_SECONDS
