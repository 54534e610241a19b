"""Rules for reports: the period, and the figures with known names."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from contract.analysis import Finding

from .dates import MONTH
from .lines import TextLine, join_passages

_ORDINALS: Final = {"first": 1, "second": 2, "third": 3, "fourth": 4}
# Narrower periods first: a quarterly report also names its year.
_PERIODS: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...]] = (
    (re.compile(r"\bQ(?P<n>[1-4])[ /-]?\s?(?P<year>(?:19|20)\d\d)\b"), lambda m: f"Q{m['n']} {m['year']}"),
    (
        re.compile(r"\b(?P<n>first|second|third|fourth) quarter (?:of )?(?P<year>(?:19|20)\d\d)\b", re.IGNORECASE),
        lambda m: f"Q{_ORDINALS[m['n'].lower()]} {m['year']}",
    ),
    (
        re.compile(rf"\b(?P<a>{MONTH}) (?:to|until|-|\u2013) (?P<b>{MONTH}) (?P<year>(?:19|20)\d\d)\b", re.IGNORECASE),
        lambda m: f"{m['a'].title()} to {m['b'].title()} {m['year']}",
    ),
    (
        re.compile(r"\b(?:FY|(?:fiscal|financial) year) ?(?P<year>(?:19|20)\d\d)\b", re.IGNORECASE),
        lambda m: f"FY {m['year']}",
    ),
    (re.compile(r"\bannual report (?:for )?(?P<year>(?:19|20)\d\d)\b", re.IGNORECASE), lambda m: m["year"]),
)
_NAMES: Final = (
    "net revenue|recurring revenue|revenue|net sales|sales|gross profit|operating profit|net profit|operating income|"
    "net income|ebitda|ebit|operating costs|costs|expenses|cash flow|headcount|employees|customers|orders|"
    "gross margin|operating margin|margin|growth|churn"
)
_SHARES: Final = re.compile("margin|growth|churn")  # always in per cent, the others never
_SCALES: Final = {"thousand": 3, "k": 3, "million": 6, "m": 6, "mn": 6, "billion": 9, "bn": 9}
_METRIC: Final = re.compile(
    rf"\b(?P<name>{_NAMES})\b(?P<between>(?:(?!\b(?:{_NAMES})\b)[^\d.;%]){{0,60}}?)(?P<sign>-|\u2212)?"
    r"(?<![A-Za-z])(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
    r"(?:\s?(?P<scale>thousand|million|billion|mn|bn|[km])\b)?(?P<percent>\s?(?:%|per cent|percent))?"
    r"(?P<after>\s+(?:and\s+|or\s+)?\d)?",
    re.IGNORECASE,
)
_CHANGE: Final = re.compile(r"\bby\s*$", re.IGNORECASE)  # a difference follows
_TO: Final = re.compile(r"^\s+(?:year on year\s+)?to\s+(?P<between>[^\d.;%]{0,20}?)(?=\d)", re.IGNORECASE)
_YEAR: Final = re.compile(r"(?:19|20)\d\d")


def find_report(lines: list[TextLine]) -> list[Finding]:
    """Return the fields found."""
    period = _find_period(lines)
    return [*([period] if period else []), *_find_metrics(lines)]


def _find_period(lines: list[TextLine]) -> Finding | None:
    """Return the period that the first page names."""
    first = [line for line in lines if line.page == lines[0].page]
    for pattern, describe in _PERIODS:
        for line in first:
            if match := pattern.search(line.text):
                return line.finding("period", describe(match))
    return None


def _find_metrics(lines: list[TextLine]) -> list[Finding]:
    """Return the first occurrence of each figure."""
    findings: dict[str, Finding] = {}
    for passage in join_passages(lines, length=2):
        for match in _METRIC.finditer(passage.text):
            name = "_".join(match["name"].lower().split())
            value = _parse_value(match, passage.text)
            if value is not None and name not in findings:
                findings[name] = TextLine(passage.page, _sentence_around(passage.text, match)).finding(
                    f"metrics.{name}", value
                )
    return list(findings.values())


def _parse_value(match: re.Match[str], text: str) -> float | None:
    """Return the number behind the name, unless it may belong to another name."""
    if _CHANGE.search(match["between"]):
        to = _TO.search(text[match.end() :])
        repeated = _METRIC.match(f"{match['name']} {text[match.end() + to.end() :]}") if to else None
        return _parse_value(repeated, "") if repeated else None
    is_year = _YEAR.fullmatch(match["number"]) and not match["scale"] and not match["percent"]
    is_share = bool(_SHARES.search(match["name"].lower()))
    if is_year or match["after"] or bool(match["percent"]) != is_share:
        return None
    scale = Decimal(10) ** _SCALES.get((match["scale"] or _find_scale(match["between"])).lower(), 0)
    return float(Decimal(match["number"].replace(",", "")) * scale * (-1 if match["sign"] else 1))


def _find_scale(between: str) -> str:
    """Return the scale of a heading such as `Revenue (million EUR)`."""
    return next((word for word in re.findall(r"[a-z]{2,}", between.lower()) if word in _SCALES), "")


def _sentence_around(text: str, match: re.Match[str]) -> str:
    """Return the sentence around a match."""
    start = max(text.rfind(". ", 0, match.start()) + 2, 0) if ". " in text[: match.start()] else 0
    end = text.find(". ", match.end())
    return text[start : end + 1 if end >= 0 else None]
