"""The key of decisions: it signs links and webhooks, so that this deployment can trust them. Standard library only.

The key is a secret of Standard Webhooks: base64, perhaps with `whsec_` before it. Links and webhooks are signed with
different prefixes, so that a signature of one kind is not valid for the other.
"""

import hmac
from base64 import b64decode, b64encode, urlsafe_b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, Self

from .environment import Environment, settings_errors

KEY_PREFIX: Final = "whsec_"
_MIN_KEY_BYTES: Final = 24  # as Standard Webhooks asks for
_LINK: Final = b"longhand decision link "


class WrongKeyError(ValueError):
    """A text is not a key. The error does not quote it."""


@dataclass(frozen=True)
class DecisionKey:
    """The key, and what it signs."""

    secret: bytes = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the key from its text."""
        try:
            secret = b64decode(text.removeprefix(KEY_PREFIX), validate=True)
        except Base64Error as error:
            raise WrongKeyError("it is not base64, with or without whsec_ before it") from error
        if len(secret) < _MIN_KEY_BYTES:
            raise WrongKeyError(f"it must be the base64 of at least {_MIN_KEY_BYTES} bytes")
        return cls(secret)

    def make_path(self, decision: str) -> str:
        """Return the path of the page of a decision, with its token."""
        return f"/decisions/{decision}/link?token={self.make_token(decision)}"

    def make_token(self, decision: str) -> str:
        """Return the token of the link to a decision."""
        return urlsafe_b64encode(self._sign(_LINK + decision.encode())).decode().rstrip("=")

    def has_signed_link(self, decision: str, token: str) -> bool:
        """Whether the token is that of the link to this decision."""
        return hmac.compare_digest(self.make_token(decision).encode(), token.encode(errors="replace"))

    def sign_webhook(self, webhook_id: str, timestamp: str, body: bytes) -> str:
        """Return the signature of a webhook's message in the form of its header."""
        return "v1," + b64encode(self._sign(f"{webhook_id}.{timestamp}.".encode() + body)).decode()

    def has_signed_webhook(self, webhook_id: str, timestamp: str, body: bytes, signatures: str) -> bool:
        """Whether one of the blank-separated signatures is that of the message."""
        expected = self.sign_webhook(webhook_id, timestamp, body).encode()
        return any(hmac.compare_digest(expected, one.encode(errors="replace")) for one in signatures.split(" "))

    def _sign(self, content: bytes) -> bytes:
        return hmac.digest(self.secret, content, sha256)


def read_decision_key(env: Environment) -> DecisionKey | None:
    """Return the key in a program's variables, or None without one."""
    text = env.optional(env.token, "DECISION_KEY")
    with settings_errors("DECISION_KEY", WrongKeyError):
        return DecisionKey.parse(text) if text else None
