"""The properties of the custom resource, as the template states them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from .errors import BadPropertyError

_ARN: Final = re.compile(r"arn:[\w-]+:secretsmanager:[\w-]+:\d{12}:secret:[\w/+=.@-]+")
_SUBJECT: Final = re.compile(r"[A-Za-z][A-Za-z0-9]{0,63}")  # it is part of an attribute's name


@dataclass(frozen=True, kw_only=True)
class TokenProperties:
    """The subject of a token, and the secret that holds it."""

    secret_arn: str
    subject: str


@dataclass(frozen=True, kw_only=True)
class KeyProperties:
    """The secrets of the key pair, and the tokens that its private half signs."""

    signing_arn: str
    public_arn: str
    issuer: str
    audience: str
    tokens: tuple[TokenProperties, ...]

    @classmethod
    def parse(cls, properties: Mapping[str, object]) -> Self:
        """Parse the properties; errors name the wrong one. Unknown ones only make CloudFormation call again."""
        parsed = cls(
            signing_arn=_text(properties, "SigningSecretArn", _ARN),
            public_arn=_text(properties, "PublicKeySecretArn", _ARN),
            issuer=_text(properties, "Issuer"),
            audience=_text(properties, "Audience"),
            tokens=tuple(_read_token(token) for token in _read_list(properties, "Tokens")),
        )
        if len(set(parsed.arns)) != len(parsed.arns):
            raise BadPropertyError("each secret must be named once: two values cannot go into the same one")
        if len({token.subject for token in parsed.tokens}) != len(parsed.tokens):
            raise BadPropertyError("each Subject in Tokens must be named once")
        return parsed

    @property
    def arns(self) -> tuple[str, ...]:
        """Every secret."""
        return self.signing_arn, self.public_arn, *(token.secret_arn for token in self.tokens)

    def attributes(self, versions: Mapping[str, str]) -> dict[str, str]:
        """Return the resource's attributes: ARN and version id of each secret that the template refers to."""
        attributes = {"PublicKeySecretArn": self.public_arn, "PublicKeyVersion": versions[self.public_arn]}
        for token in self.tokens:
            attributes[f"TokenSecretArn.{token.subject}"] = token.secret_arn
            attributes[f"TokenVersion.{token.subject}"] = versions[token.secret_arn]
        return attributes


def _read_token(properties: object) -> TokenProperties:
    if not isinstance(properties, Mapping):
        raise BadPropertyError("each of Tokens must be an object with SecretArn and Subject")
    return TokenProperties(
        secret_arn=_text(properties, "SecretArn", _ARN), subject=_text(properties, "Subject", _SUBJECT)
    )


def _read_list(properties: Mapping[str, object], name: str) -> list[object]:
    value = properties.get(name)
    if not isinstance(value, list):
        raise BadPropertyError(f"{name} must be a list, and is not")
    return value


def _text(properties: Mapping[str, object], name: str, pattern: re.Pattern[str] | None = None) -> str:
    value = properties.get(name)
    if not isinstance(value, str) or not value:
        raise BadPropertyError(f"{name} must be a text, and is missing or not a text")
    if pattern and not pattern.fullmatch(value):
        meaning = "the ARN of a secret" if pattern is _ARN else "a word of letters and digits"
        raise BadPropertyError(f"{name} must be {meaning}, and is not")
    return value
