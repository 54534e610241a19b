"""Amounts of money as people write them: 1,234.50 or 1.234,50 or 1 234,50, with a currency before or behind."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

# Several countries share the dollar's sign and the yen's, so those stay what they are.
_SIGNS: Final = {"€": "EUR", "£": "GBP", "US$": "USD", "$": "$", "¥": "¥"}
CODES: Final = "EUR|USD|GBP|CHF|JPY|CAD|AUD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|INR|CNY|SGD|HKD|ZAR|BRL|MXN"
_CURRENCY: Final = rf"US\$|[€£$¥]|\b(?:{CODES})\b"
_NUMBER: Final = r"\d{1,3}(?:[,.'\u2019\u00a0 ]\d{3})+(?:[.,]\d{2})?|\d+(?:[.,]\d{2})?"
_MONEY: Final = re.compile(
    rf"(?P<before>{_CURRENCY})?\s?(?<![\w.,/-])(?P<number>{_NUMBER})(?![\w%/-]|[.,]\d)\s?(?P<after>{_CURRENCY})?"
)
_ANY_CURRENCY: Final = re.compile(_CURRENCY)
_CENTS: Final = re.compile(r"[.,]\d{2}$")


@dataclass(frozen=True)
class Money:
    """An amount, and its currency where it is written beside it."""

    amount: Decimal
    currency: str | None


def find_money(text: str) -> list[Money]:
    """Return what can only be money: it has cents, or a currency beside it, or somewhere before it in the text."""
    found = []
    for match in _MONEY.finditer(text):
        currency = match["before"] or match["after"]
        if currency is None and (named := find_currencies(text[: match.start()])):
            currency = named[-1]
        if currency or _CENTS.search(match["number"]):
            found.append(Money(parse_amount(match["number"]), currency and _SIGNS.get(currency, currency)))
    return found


def find_currencies(text: str) -> list[str]:
    """Return every currency that is written here, in its order."""
    return [_SIGNS.get(match[0], match[0]) for match in _ANY_CURRENCY.finditer(text)]


def parse_amount(number: str) -> Decimal:
    """Return the number: two digits at the end are cents, and every other sign in it only groups."""
    cents = _CENTS.search(number)
    digits = re.sub(r"\D", "", number)
    return Decimal(digits) / 100 if cents else Decimal(digits)
