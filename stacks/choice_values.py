"""How a choice is read: a value that makes no sense is refused in one sentence that says what does.

What may be a secret is never repeated: what is refused is printed, and what is printed is kept in logs.
"""

import re
from collections.abc import Collection, Mapping
from typing import Final

# How keys of providers begin; whoever puts one here means well, and would write it into templates and histories.
_KEY: Final = re.compile(r"(^|[:/@=,\s])(sk-|gsk_|xai-|AIza|ABSK|AKIA|ASIA|ghp_|hf_)[\w-]{12,}")


class ChoiceError(ValueError):
    """A key or a value of the context makes no sense; the sentence says what does."""


def one_of(key: str, value: str, allowed: Collection[str]) -> str:
    """Return the value, if it is one of these."""
    if value not in allowed:
        raise ChoiceError(f"-c {key}={value} is not known: {key} is one of {', '.join(allowed)}")
    return value


def like(key: str, value: str, pattern: str | re.Pattern[str], what: str) -> str:
    """Return the value, if it looks as it must."""
    if not re.fullmatch(pattern, value):
        raise ChoiceError(f"-c {key}={value} makes no sense: {key} must be {what}")
    return value


def each(key: str, texts: Mapping[str, str], pattern: str, what: str) -> tuple[str, ...]:
    """Return the words between commas, if each looks as it must."""
    words = tuple(word.strip() for word in texts.get(key, "").split(",") if word.strip())
    return tuple(like(key, word, pattern, what) for word in words)


def refuse_secrets(texts: Mapping[str, str]) -> None:
    """Say so, if a value looks like a key of a provider."""
    for key, value in texts.items():
        if _KEY.search(value):
            raise ChoiceError(
                f"-c {key}=... looks like a key, and choices are written into templates: "
                "keep it in a secret, and say -c llmKeySecret=<the secret's ARN>"
            )
