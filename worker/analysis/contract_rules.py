"""Rules for contracts: their parties, their term, and the governing law."""

import re
from typing import Final

from contract.analysis import Finding

from .dates import find_date
from .lines import COMPANY, NAME, TextLine, join_passages

_BETWEEN: Final = re.compile(
    rf"\bbetween\s*:?\s+(?:the\s+)?(?P<one>{NAME})(?:\s*[,(][^;]{{0,200}}?)?\s+and\s+(?:the\s+)?(?P<other>{NAME})"
)
_END: Final = re.compile(
    r"\b(?:expir(?:es?|y|ation|ing)|terminat(?:es|ion date)|ends?|valid|in (?:force|effect))\b"
    r"(?P<rest>.{0,80})",
    re.IGNORECASE,
)
_BEGIN: Final = re.compile(
    r"\b(?:effective (?:date|as of|from|on)|takes effect|enters? into force|commenc(?:es|ing|ement date)|"
    r"(?:starts|begins) on)\b(?P<rest>.{0,40})",
    re.IGNORECASE,
)
_LAW: Final = re.compile(
    r"\b(?:governed by|construed (?:under|in accordance with)|subject to)\b.{0,60}?\b(?:laws?\s+of)\s+"
    rf"(?P<law>(?:the\s+)?{NAME}(?:\s+and\s+{NAME})?)"
)
_LAW_OF: Final = re.compile(r"\b(?:governed by|subject to)\s+(?:the\s+)?(?P<law>[A-Z][a-z]+)\s+law\b")
_ABBREVIATION: Final = re.compile(r"(?:\b(?:Co|Inc|Ltd|Corp)|\.[A-Z])\.$")  # its dot belongs to the name


def find_contract(lines: list[TextLine]) -> list[Finding]:
    """Return the fields found."""
    begin, end = _find_day(lines, _BEGIN, "effective"), _find_day(lines, _END, "expires")
    return [field for field in (_find_parties(lines), begin, end, _find_law(lines)) if field]


def _find_parties(lines: list[TextLine]) -> Finding | None:
    for passage in join_passages(lines):
        if match := _BETWEEN.search(passage.text):
            names = (_trim_name(match["one"]), _trim_name(match["other"]))
            return TextLine(passage.page, match[0]).finding("parties", names)
    return None


def _trim_name(text: str) -> str:
    """Return the name up to a company's legal form: other capitalized words may follow it."""
    company = COMPANY.match(text)
    if company and (company[0].endswith(".") or len(company[0]) < len(text.rstrip("."))):
        text = company[0]
    return text if _ABBREVIATION.search(text) else text.rstrip(".")


def _find_day(lines: list[TextLine], phrase: re.Pattern[str], field: str) -> Finding | None:
    """Return the first date after the phrase."""
    for passage in join_passages(lines, length=2):
        for match in phrase.finditer(passage.text):
            if day := find_date(match["rest"]):
                return TextLine(passage.page, match[0]).finding(field, day.isoformat())
    return None


def _find_law(lines: list[TextLine]) -> Finding | None:
    for passage in join_passages(lines, length=2):
        if match := _LAW.search(passage.text) or _LAW_OF.search(passage.text):
            return TextLine(passage.page, match[0]).finding("governing_law", match["law"].rstrip("."))
    return None
