"""Checks of values from the CDK's context. The error for an invalid value lists the valid ones.

A value that may be a secret is never repeated: errors are printed, and logs keep them.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final, Literal

# How the keys of providers begin. Choices are written into templates and shell histories, so no key may be one.
_PROVIDER_KEY: Final = re.compile(r"(^|[:/@=,\s])(sk-|gsk_|xai-|AIza|ABSK|AKIA|ASIA|ghp_|hf_)[\w-]{12,}")


class ChoiceError(ValueError):
    """A key or a value of the context is invalid; the message lists the valid ones."""


def require_one_of[T: str](key: str, value: str, allowed: Iterable[T]) -> T:
    """Return the allowed value that equals this one."""
    for one in allowed:
        if one == value:
            return one
    raise ChoiceError(f"-c {key}={value} is not known: {key} is one of {', '.join(allowed)}")


def require_match(key: str, value: str, pattern: str | re.Pattern[str], expected: str) -> str:
    """Return the value, if the whole of it matches."""
    if not re.fullmatch(pattern, value):
        raise ChoiceError(f"-c {key}={value} is invalid: {key} must be {expected}")
    return value


def match_optional(key: str, texts: Mapping[str, str], pattern: str | re.Pattern[str], expected: str) -> str | None:
    """Return the value of a choice, if the whole of it matches, or None if it was not chosen."""
    return require_match(key, texts[key], pattern, expected) if key in texts else None


def is_on(key: str, texts: Mapping[str, str], default: Literal["on", "off"] = "off") -> bool:
    """Whether a choice is `on`."""
    return require_one_of(key, texts.get(key, default).lower(), ("on", "off")) == "on"


def split_list(key: str, texts: Mapping[str, str], pattern: str, expected: str) -> tuple[str, ...]:
    """Return the items between commas, if each of them matches."""
    items = (item.strip() for item in texts.get(key, "").split(","))
    return tuple(require_match(key, item, pattern, expected) for item in items if item)


def refuse_secrets(texts: Mapping[str, str]) -> None:
    """Raise an error, if a value looks like a key of a provider."""
    for key, value in texts.items():
        if _PROVIDER_KEY.search(value):
            raise ChoiceError(
                f"-c {key}=... looks like a provider's key, and choices are written into templates: "
                "put the key into a secret, and name that with -c llmKeySecret=<the secret's ARN>"
            )
