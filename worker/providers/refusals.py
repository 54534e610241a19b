"""Log a provider's refusal of a request, and return the facts that may become public.

The text of a provider's error may repeat the key of the request, or name roles and accounts. The requester reads the
error of a job, so the error never contains a provider's sentence, and the log contains no secrets.
"""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from durable import log_event

_LOG: Final = logging.getLogger(__name__)
_MAX_LOGGED_CHARACTERS: Final = 1_000  # some providers repeat the whole question
_NAME: Final = re.compile(r"[A-Za-z_.]{1,40}\d?[A-Za-z_.]{0,40}")  # a word or two; keys have more digits
_REQUEST: Final = re.compile(r"[A-Za-z0-9_-]{1,80}")
_SECRETS: Final = re.compile(
    r"""\barn:[^\s"',]+|\b\d{12}\b"""  # roles and accounts of AWS
    r"""|\b(?:AKIA|ASIA)[A-Z0-9]{12,}|\bsk-[^\s"',]+|(?<=Bearer )[^\s"',]+"""  # keys
)
_PLACEHOLDER: Final = "[hidden]"


@dataclass(frozen=True, kw_only=True)
class RefusalFacts:
    """Facts that may become public if their form is right: a status, the name of an error, the id of a request."""

    status: int | None = None
    names: Sequence[object] = ()  # best first
    request: object = None


def log_refusal(text: str, facts: RefusalFacts, secret: str | None = None) -> str:
    """Log the provider's text, and return the facts that may become public."""
    names = [name for name in map(str, facts.names) if _is_harmless(_NAME, name, secret)]
    requests = [f"request {facts.request}"] if _is_harmless(_REQUEST, f"{facts.request or ''}", secret) else []
    public = ", ".join([*([f"HTTP {facts.status}"] if facts.status else []), *names[:1], *requests])
    logged = hide_secrets(text, secret)[:_MAX_LOGGED_CHARACTERS]
    fields = {"event": "refusal", "public": public, "text": logged}
    log_event(_LOG, logging.WARNING, "a provider refused a request", fields)
    return public


def hide_secrets(text: str, secret: str | None = None) -> str:
    """Return the text without its secrets."""
    return _SECRETS.sub(_PLACEHOLDER, text.replace(secret, _PLACEHOLDER) if secret else text)


def _is_harmless(pattern: re.Pattern[str], text: str, secret: str | None) -> bool:
    return bool(pattern.fullmatch(text)) and hide_secrets(text, secret) == text
