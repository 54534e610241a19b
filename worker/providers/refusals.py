"""What a provider says when it does not do what it is asked: our log gets its words, everybody else the facts.

An error's text repeats the key that came with the request, or tells who we are: roles, accounts. What a job fails with
is read by its requester, so none of a provider's sentences gets there; and what is secret does not get to the log.
"""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from durable import log_event

_LOG: Final = logging.getLogger(__name__)
_LONGEST: Final = 1_000  # characters for the log: there are providers who repeat the whole question
_NAME: Final = re.compile(r"[A-Za-z_.]{1,40}\d?[A-Za-z_.]{0,40}")  # a word or two; keys have more digits in them
_REQUEST: Final = re.compile(r"[A-Za-z0-9_-]{1,80}")
_SECRETS: Final = re.compile(
    r"""\barn:[^\s"',]+|\b\d{12}\b"""  # who we are to AWS: names of roles, numbers of accounts
    r"""|\b(?:AKIA|ASIA)[A-Z0-9]{12,}|\bsk-[^\s"',]+|(?<=Bearer )[^\s"',]+"""  # what looks like a key
)
_HIDDEN: Final = "[hidden]"


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What may be told, if it is no more than it should be: a number, the name of an error, the id of a request."""

    status: int | None = None
    names: Sequence[object] = ()  # best first
    request: object = None


def told(words: str, facts: Facts, secret: str | None = None) -> str:
    """Write to the log what was said, and return what may be told to everybody."""
    names = [name for name in map(str, facts.names) if _is(_NAME, name, secret)]
    requests = [f"request {facts.request}"] if _is(_REQUEST, f"{facts.request or ''}", secret) else []
    fact = ", ".join([*([f"HTTP {facts.status}"] if facts.status else []), *names[:1], *requests])
    said = discreet(words, secret)[:_LONGEST]
    log_event(
        _LOG,
        logging.WARNING,
        "a provider did not do what it was asked",
        {"event": "refusal", "fact": fact, "said": said},
    )
    return fact


def discreet(text: str, secret: str | None = None) -> str:
    """Return the text without what is secret in it."""
    return _SECRETS.sub(_HIDDEN, text.replace(secret, _HIDDEN) if secret else text)


def _is(pattern: re.Pattern[str], text: str, secret: str | None) -> bool:
    return bool(pattern.fullmatch(text)) and discreet(text, secret) == text
