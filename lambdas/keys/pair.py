"""The key pair, Ed25519, and the tokens that it signs. Nothing here knows where they are kept.

Ed25519 because a signature needs no fresh random number (a bad one would give an ECDSA key away), and because the
server then accepts one algorithm only. The server takes `aud` as an array and refuses a token without `exp`.

A token lasts ten years: one that expires in a live worker ends its work without a word, and the network is the
boundary, which only the trigger and the workers are within. Who wants it gone sooner rotates the key.
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
_YEAR: Final = 365 * 24 * 3_600  # seconds
LIFE: Final = 10 * _YEAR
SPARE: Final = _YEAR  # what must be left of a token's life that is kept


@dataclass(frozen=True, kw_only=True)
class Claims:
    """Who a token is for, and whom it comes from."""

    issuer: str
    audience: str
    subject: str


class KeyPair:
    """The private half; the public one follows from it, so that they always fit."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private: Final = private

    @classmethod
    def new(cls) -> Self:
        """Make one."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_pem(cls, text: str) -> Self:
        """Read what `private_pem` wrote, or an operator's own."""
        try:
            private = serialization.load_pem_private_key(text.encode(), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise ForeignValueError("holds no private key in PEM") from None  # whose text may quote the key
        if not isinstance(private, Ed25519PrivateKey):
            raise ForeignValueError("holds a private key that is not Ed25519")
        return cls(private)

    @property
    def private_pem(self) -> str:
        """The private half as text."""
        pem, raw = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        return self._private.private_bytes(pem, raw, serialization.NoEncryption()).decode()

    @property
    def public_pem(self) -> str:
        """The public half as text, which is what the server reads from its file."""
        pem, info = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        return self._private.public_key().public_bytes(pem, info).decode()

    def token(self, claims: Claims, *, now: float) -> str:
        """Sign a token for somebody who may do everything: the server's prefixes are no boundary."""
        body = {
            "iss": claims.issuer,
            "aud": [claims.audience],
            "sub": claims.subject,
            "role": "admin",
            "iat": int(now),
            "exp": int(now) + LIFE,
        }
        return jwt.encode(body, self._private, _ALGORITHM)

    def has_signed(self, token: str, claims: Claims, *, now: float) -> bool:
        """Whether the token is this pair's, says what a new one would say, and lasts for long enough."""
        # Times are judged here: a clock that is a second ahead elsewhere must not make a good token look bad.
        options: Options = {"require": ["exp"], "verify_exp": False, "verify_iat": False}
        try:
            found = jwt.decode(
                token,
                self._private.public_key(),
                [_ALGORITHM],
                options,
                audience=claims.audience,
                issuer=claims.issuer,
            )
        except jwt.InvalidTokenError:
            return False
        same = isinstance(found["aud"], list) and (found.get("sub"), found.get("role")) == (claims.subject, "admin")
        return same and int(found["exp"]) - now > SPARE
