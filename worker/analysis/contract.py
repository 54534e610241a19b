"""A contract: between whom it is, and when it expires."""

import re
from typing import Final

from contract.result import Finding

from .dates import date_in
from .lines import NAME, Line, passages_of

_BETWEEN: Final = re.compile(
    rf"\bbetween\s*:?\s+(?:the\s+)?(?P<one>{NAME})(?:\s*[,(][^;]{{0,200}}?)?\s+and\s+(?:the\s+)?(?P<other>{NAME})"
)
_END: Final = re.compile(
    r"\b(?:expir(?:es?|y|ation|ing)|terminat(?:es|ion date)|ends?|valid|in (?:force|effect))\b"
    r"(?P<rest>.{0,80})",
    re.IGNORECASE,
)
_ABBREVIATED: Final = re.compile(r"(?:\b(?:Co|Inc|Ltd|Corp)|\.[A-Z])\.$")  # its dot belongs to the name


def find_contract(lines: list[Line]) -> list[Finding]:
    """Return what was found."""
    return [found for found in (_parties(lines), _expires(lines)) if found]


def _parties(lines: list[Line]) -> Finding | None:
    for passage in passages_of(lines):
        if found := _BETWEEN.search(passage.text):
            names = (_name(found["one"]), _name(found["other"]))
            return Line(passage.page, found[0]).finding("parties", names)
    return None


def _name(text: str) -> str:
    return text if _ABBREVIATED.search(text) else text.rstrip(".")


def _expires(lines: list[Line]) -> Finding | None:
    for passage in passages_of(lines, length=2):
        found = _END.search(passage.text)
        day = date_in(found["rest"]) if found else None
        if found and day:
            return Line(passage.page, found[0]).finding("expires", day.isoformat())
    return None
