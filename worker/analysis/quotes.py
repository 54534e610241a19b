"""Check claims about a document: whether the quote is on its page, and whether it supports the value.

Blanks, case and the kinds of dashes and quotation marks are ignored: OCR and models change them.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from .money import codes_of, find_currencies
from .schema import Kind

type ClaimedValue = str | float | date

_MIN_CHARACTERS: Final = 2  # of a quote: a single character is on every page
_EQUIVALENTS: Final = str.maketrans(
    {
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u0060\u00b4", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb", '"'),
    }
)
# A blank may group digits or separate two numbers: both are tried.
_NUMBERS: Final = (
    re.compile(r"\d[\d.,'\u2019]*"),
    re.compile(r"(?<!\d)\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?!\d)(?:[.,]\d+)?"),
)
_EXPONENTS: Final = (0, 3, 6, 9)  # a thousand, a million, a billion, as a word beside the number


def fold(text: str) -> str:
    """Return the text without the differences that are ignored."""
    plain = unicodedata.normalize("NFKC", text).translate(_EQUIVALENTS).casefold()
    return "".join(plain.replace("\u00ad", "").split())


def find_page(quote: str, claimed: int, pages: Mapping[int, str]) -> int | None:
    """Return the page that has the quote, the claimed one first; `pages` must be folded."""
    wanted = fold(quote)
    if len(wanted) < _MIN_CHARACTERS:
        return None
    order: Iterable[int] = (claimed, *pages) if claimed in pages else pages
    return next((number for number in order if wanted in pages[number]), None)


def supports(value: ClaimedValue, kind: Kind, quote: str) -> bool:
    """Whether the quote supports the value, as far as a program can tell: paraphrases always pass."""
    if kind in (Kind.NUMBER, Kind.FIGURES):
        return _has_number(Decimal(str(value)), quote)
    if kind is Kind.DATE and isinstance(value, date):
        return _has_date(value, quote)
    if kind is Kind.CURRENCY:
        return any(value in codes_of(sign) for sign in find_currencies(quote))
    return kind is not Kind.LITERAL or fold(str(value)) in fold(quote)


def _has_number(value: Decimal, text: str) -> bool:
    """Whether a number in the text can be read as this one: marks may group digits or start the fraction."""
    wanted = {abs(value).scaleb(-scale).normalize() for scale in _EXPONENTS}
    numbers = (match[0] for pattern in _NUMBERS for match in pattern.finditer(text))
    return any(reading in wanted for number in numbers for reading in _read_number(number))


def _read_number(number: str) -> Iterable[Decimal]:
    digits = re.sub(r"\D", "", number)
    yield Decimal(digits).normalize()
    for mark in re.finditer(r"[.,]", number):
        fraction = re.sub(r"\D", "", number[mark.end() :])
        if fraction:
            yield Decimal(digits).scaleb(-len(fraction)).normalize()


def _has_date(value: date, text: str) -> bool:
    """Whether the text has the day and the year; the month may be a word in any language."""
    numbers = re.findall(r"\d+", text)
    has_year = any(number in (f"{value.year}", f"{value.year % 100:02}") for number in numbers)
    has_day = any(int(number) == value.day for number in numbers if len(number) <= 2)  # noqa: PLR2004 digits of a day
    return (has_year and has_day) or value.strftime("%Y%m%d") in text
