"""Find amounts of money: 1,234.50 or 1.234,50 or 1 234,50, with a currency before or after."""

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Final

from .vocabulary import currencies

_CODES: Final = currencies().codes.split()
_SIGNS: Final = currencies().signs
SIGNS_AND_CODES: Final = (*_CODES, *_SIGNS)
_WORDY: Final = sorted((*_CODES, *(sign for sign in _SIGNS if sign[0].isalpha())), key=len, reverse=True)
_PLAIN: Final = sorted((sign for sign in _SIGNS if not sign[0].isalpha()), key=len, reverse=True)
_SIGN_BEFORE: Final = rf"(?<![^\W\d_])(?:{'|'.join(map(re.escape, _WORDY))})|{'|'.join(map(re.escape, _PLAIN))}"
_SIGN_AFTER: Final = rf"(?:{'|'.join(map(re.escape, _WORDY))})(?![^\W\d_])|{'|'.join(map(re.escape, _PLAIN))}"
_NUMBER: Final = r"\d{1,3}(?:[,.'\u2019\u00a0 ]\d{3})+(?:[.,]\d{2})?|\d+(?:[.,]\d{2})?|[.,]\d{2}"
_MONEY: Final = re.compile(
    rf"(?P<before>{_SIGN_BEFORE})?\s{{0,2}}(?<![\w./,-])(?P<sign>[-\u2212+]\s?|\()?(?P<also>{_SIGN_BEFORE})?\s{{0,2}}"
    rf"(?<![\d.,/])(?P<number>{_NUMBER})(?![\w%/]|-\d|[.,]\d|\s?%)(?!(?<![.,]\d\d)\s\d\d(?!\d))(?P<minus>-(?!\w))?\)?\s?(?P<after>{_SIGN_AFTER})?"
)
_NAMERS: Final = "in|or|and|und|ou|currency|w\u00e4hrung|devise|moneda|moeda|valuta|montant"
_NAMED_CODE: Final = re.compile(
    rf"(?:^(?=[A-Z]{{3}}\s*$)|[(:=]|(?i:\b(?:{_NAMERS})\s))\s*(?P<code>{'|'.join(_CODES)})(?=$|[\s):,.;])(?!\s?[A-Z]\d)"
)
# Signs of one currency only, in brackets as in a heading of a column: `Amount (RM)`.
_BRACKETED_SIGN: Final = re.compile(
    rf"\((?P<sign>{'|'.join(re.escape(sign) for sign, codes in _SIGNS.items() if len(codes) == 1)})\)"
)
_CENTS: Final = re.compile(r"[.,]\d{2}$")


@dataclass(frozen=True)
class Money:
    """An amount, the sign or code beside it if there is one, and its place in the text."""

    amount: Decimal
    sign: str | None
    start: int
    end: int


def find_money(text: str) -> list[Money]:
    """Return numbers that can only be money: with cents, or with a currency beside them."""
    found = []
    for match in _MONEY.finditer(text):
        sign = match["before"] or match["also"] or match["after"]
        if sign or _CENTS.search(match["number"]):
            negative = (match["sign"] or "").strip() in ("-", "\u2212", "(") or bool(match["minus"])
            amount = parse_amount(match["number"])
            found.append(Money(-amount if negative else amount, sign, match.start(), match.end()))
    return found


def codes_of(sign: str) -> tuple[str, ...]:
    """Return the codes that a sign or a code may mean."""
    return _SIGNS.get(sign, (sign,))


def find_currencies(text: str) -> list[str]:
    """Return the signs and codes beside sums, and the codes that name a currency."""
    return [one.sign for one in find_money(text) if one.sign] + find_codes(text)


def find_codes(text: str) -> list[str]:
    """Return the codes of ISO 4217 that name a currency: alone on the line, in brackets, or behind a word for it.

    A sign that only one currency has names it in brackets, too.
    """
    signs = (codes_of(match["sign"])[0] for match in _BRACKETED_SIGN.finditer(text))
    return [*(match["code"] for match in _NAMED_CODE.finditer(text)), *signs]


@cache
def parse_amount(number: str) -> Decimal:
    """Return the amount: two digits at the end are cents, and other marks group digits."""
    cents = _CENTS.search(number)
    digits = re.sub(r"\D", "", number)
    return Decimal(digits) / 100 if cents else Decimal(digits)
