"""Rules for reports: the period, and the figures with known names."""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final

from contract.analysis import Finding

from .lines import RuleFindings, TextLine, join_passages
from .vocabulary import month_pattern

_ORDINALS: Final = {"first": 1, "second": 2, "third": 3, "fourth": 4}
_QUARTER: Final = r"(?P<n>first|second|third|fourth)[ -]quarter"
# Narrower periods first: a quarterly report also names its year.
_PERIODS: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...]] = (
    (re.compile(r"\bQ(?P<n>[1-4])[ /-]?\s?(?P<year>(?:19|20)\d\d)\b"), lambda m: f"Q{m['n']} {m['year']}"),
    (re.compile(r"\bQ(?P<n>[1-4]) ?FY ?(?:20)?(?P<year>\d\d)\b"), lambda m: f"Q{m['n']} FY 20{m['year']}"),
    (
        re.compile(rf"\b{_QUARTER} (?:of )?(?P<fiscal>fiscal (?:year )?)?(?P<year>(?:19|20)\d\d)\b", re.IGNORECASE),
        lambda m: f"Q{_ORDINALS[m['n'].lower()]} {'FY ' if m['fiscal'] else ''}{m['year']}",
    ),
    (
        re.compile(
            rf"\b(?P<a>{month_pattern()}) (?:to|until|-|\u2013) (?P<b>{month_pattern()}) (?P<year>(?:19|20)\d\d)\b",
            re.IGNORECASE,
        ),
        lambda m: f"{m['a'].title()} to {m['b'].title()} {m['year']}",
    ),
)
# Only where no quarter is named: a quarterly report names its year, too.
_YEARS: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...]] = (
    (
        re.compile(r"\b(?:FY|(?:fiscal|financial)(?: year)?) ?(?P<year>(?:19|20)\d\d)\b", re.IGNORECASE),
        lambda m: f"FY {m['year']}",
    ),
    (re.compile(r"\bannual report (?:for )?(?P<year>(?:19|20)\d\d)\b", re.IGNORECASE), lambda m: m["year"]),
)
_ANY_QUARTER: Final = re.compile(rf"\b(?:{_QUARTER}|Q[1-4])\b", re.IGNORECASE)
_NAMES: Final = (
    "net revenue|recurring revenue|revenue|net sales|sales|gross profit|operating profit|net profit|operating income|"
    "net income|ebitda|ebit|operating costs|costs|expenses|cash flow|headcount|employees|customers|orders|"
    "gross margin|operating margin|margin|growth|churn"
)
SHARES: Final = re.compile("margin|growth|churn")  # always in per cent, the others never
_COUNTS: Final = re.compile("headcount|employees|customers|orders")
_SCALES: Final = {"thousand": 3, "k": 3, "million": 6, "m": 6, "mn": 6, "billion": 9, "bn": 9}
_PAGES: Final = 2  # later ones have tables, segments and other years
_PERCENT: Final = r"\s?(?:%|per\s?cent)"
# Only these may stand between a name and its number: another word may change the meaning of the number.
_LINK: Final = re.compile(
    rf"(?:\s|[:=,$\u20ac\u00a3]|\([^()\d]{{0,20}}\)|\b(?:was|were|is|of|at|reached|totall?ed|amounted|stood|came\sin|a|record|to|"
    rf"rose|grew|increased|declined|decreased|fell|climbed|year[- ](?:on|over)[- ]year|US|EUR|USD|GBP|CHF)\b|"
    rf"\b(?:(?:by|up|down)\s+)?\d+(?:\.\d+)?{_PERCENT}(?=\s(?:year[- ]\w+[- ]year\s)?to\s)|"
    rf"\bfor\s+the\s+(?:quarter|year|period)\b|\bin\s+Q[1-4]\s\d{{4}}){{0,12}}",
    re.IGNORECASE,
)
_CHANGE: Final = re.compile(r"\b(?:rose|grew|increased|declined|decreased|fell|climbed)\b", re.IGNORECASE)
_METRIC: Final = re.compile(
    # A line that begins with a small letter continues a sentence: the word before may be `Free` or `Cloud`.
    r"(?:(?:^|[.;]\s+|[\u2022\u25aa\u25cf]\s*)(?-i:(?=[A-Z]))(?:(?:first|second|third|fourth)[ -]quarter\s+)?|"
    r"\b(?:and|the|our|total|consolidated|group|quarterly|annual)\s+)"
    rf"(?P<name>{_NAMES})\b(?P<between>{_LINK.pattern})"
    r"(?P<sign>[-\u2212])?(?<![\w.,])(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?![\d,]*\d)"
    rf"(?:\s?(?P<scale>thousand|million|billion|mn|bn|[km])\b)?(?P<percent>{_PERCENT})?(?P<after>\s+(?:and\s+|or\s+)?\d)?",
    re.IGNORECASE,
)
_FORECAST: Final = re.compile(
    r"\b(?:expect|outlook|guid(?:ance|e|es)|forecast|anticipat|target|project(?:ed|s|ion)|could|would|may\b|might|between|range)",
    re.IGNORECASE,
)
_OUTLOOK: Final = re.compile(r"\b(?:outlook|guidance|forecast\w*|expects?|will)\b", re.IGNORECASE)
_IN_SCALE: Final = re.compile(
    r"\bin\s+(?:thousands|millions|billions)\b|\b(?:EUR|USD|US\$|\$|\u20ac)\s?(?:m|bn|k|000)\b", re.IGNORECASE
)
_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_NEAR: Final = 0.02  # the same figure, rounded in a headline


def find_report(lines: list[TextLine]) -> RuleFindings:
    """Return the fields found."""
    if not lines:
        return RuleFindings()
    period = _find_period(lines)
    return RuleFindings((*([period] if period else []), *_find_metrics(lines)))


def _find_period(lines: list[TextLine]) -> Finding | None:
    """Return the period that the first page names. Sentences about the future name another period."""
    page = [line for line in lines if line.page == lines[0].page and not _OUTLOOK.search(line.text)]
    headings = (*page, *join_passages(page, length=2))  # a heading may have two lines
    names_quarter = any(_ANY_QUARTER.search(line.text) for line in page)
    for pattern, describe in _PERIODS if names_quarter else (*_PERIODS, *_YEARS):
        for line in headings:
            if found := pattern.search(line.text):
                return line.finding("period", describe(found))
    return None


def _find_metrics(lines: list[TextLine]) -> list[Finding]:
    """Return the figures of the first pages. A figure with two values is left for a person to decide."""
    first = [line for line in lines if line.page < lines[0].page + _PAGES]
    is_scaled = any(_IN_SCALE.search(line.text) for line in lines)
    found: dict[str, list[tuple[float, TextLine]]] = {}
    for passage in join_passages(first, length=2):
        for match in _METRIC.finditer(passage.text):
            sentence = _sentence_around(passage.text, match)
            value = None if _FORECAST.search(sentence) else _parse_value(match, is_scaled=is_scaled)
            if value is not None:
                name = "_".join(match["name"].lower().split())
                found.setdefault(name, []).append((value, TextLine(passage.page, sentence)))
    return [
        figures[0][1].finding(f"metrics.{name}", figures[0][0]) for name, figures in found.items() if _are_near(figures)
    ]


def _are_near(figures: Sequence[tuple[float, TextLine]]) -> bool:
    values = [value for value, _ in figures]
    return max(values) - min(values) <= _NEAR * abs(max(values, key=abs))


def _parse_value(match: re.Match[str], *, is_scaled: bool) -> float | None:
    """Return the number behind the name, unless it may be a change, a year, or a number in an unknown scale."""
    name, scale_word = match["name"].lower(), (match["scale"] or _find_scale(match["between"])).lower()
    is_change = _CHANGE.search(match["between"]) and not re.search(r"\bto\b", match["between"], re.IGNORECASE)
    if is_change or match["after"] or bool(match["percent"]) != bool(SHARES.search(name)):
        return None
    is_bare = not scale_word and not match["percent"]
    if is_bare and (is_scaled or _YEAR.fullmatch(match["number"]) or "," not in match["number"]):
        return None  # without a scale, only full numbers such as 1,200,300
    if is_bare and not _COUNTS.search(name) and ":" not in match["between"]:
        return None
    scale = Decimal(10) ** _SCALES.get(scale_word, 0)
    return float(Decimal(match["number"].replace(",", "")) * scale * (-1 if match["sign"] else 1))


def _find_scale(between: str) -> str:
    """Return the scale of a heading such as `Revenue (million EUR)`."""
    return next((word for word in re.findall(r"[a-z]{2,}", between.lower()) if word in _SCALES), "")


def _sentence_around(text: str, match: re.Match[str]) -> str:
    """Return the sentence around a match."""
    start = max(text.rfind(". ", 0, match.start("name")) + 2, 0) if ". " in text[: match.start("name")] else 0
    end = text.find(". ", match.end())
    return text[start : end + 1 if end >= 0 else None]
