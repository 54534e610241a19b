"""Checks the tokens of callers, which are signed with the server's key.

A caller of the queries can see which jobs exist. So only the trigger's token is accepted; workers and functions need no
queries.
"""

from dataclasses import dataclass
from typing import Final

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from contract.environment import SettingsError, settings_errors
from keeper.settings import TokenSettings

_SCHEME: Final = "Bearer "
_LEEWAY_SECONDS: Final = 60  # as the server's
_OPTIONS: Final[jwt.types.Options] = {"require": ["exp", "sub"], "verify_iat": False}


@dataclass(frozen=True)
class TokenCheck:
    """Checks tokens with one public key."""

    settings: TokenSettings
    key: Ed25519PublicKey

    @classmethod
    def of(cls, settings: TokenSettings) -> "TokenCheck":
        """Read the key. Raises SettingsError."""
        with settings_errors("PUBLIC_KEY", ValueError, UnsupportedAlgorithm):
            key = load_pem_public_key(settings.public_key.encode())
        if not isinstance(key, Ed25519PublicKey):
            raise SettingsError("PUBLIC_KEY must be an Ed25519 key")
        return cls(settings, key)

    def is_valid(self, authorization: str) -> bool:
        """Whether a header has the token of the one caller."""
        token = authorization.removeprefix(_SCHEME)
        if token == authorization:
            return False
        try:
            claims = jwt.decode(
                token,
                self.key,
                ["EdDSA"],
                _OPTIONS,
                audience=self.settings.audience,
                issuer=self.settings.issuer,
                leeway=_LEEWAY_SECONDS,
            )
        except jwt.InvalidTokenError:
            return False
        return bool(claims["sub"] == self.settings.subject)
