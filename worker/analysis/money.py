"""Find amounts of money: 1,234.50 or 1.234,50 or 1 234,50, with a currency before or after."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

# Several currencies share $ and ¥, so these signs are kept.
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
    """An amount, and the currency beside it if there is one."""

    amount: Decimal
    currency: str | None


def find_money(text: str) -> list[Money]:
    """Return numbers that can only be money: with cents, or with a currency beside or before them."""
    found = []
    for match in _MONEY.finditer(text):
        currency = match["before"] or match["after"]
        if currency is None and (named := find_currencies(text[: match.start()])):
            currency = named[-1]
        if currency or _CENTS.search(match["number"]):
            found.append(Money(parse_amount(match["number"]), currency and _SIGNS.get(currency, currency)))
    return found


def find_currencies(text: str) -> list[str]:
    """Return every currency in the text, in order."""
    return [_SIGNS.get(match[0], match[0]) for match in _ANY_CURRENCY.finditer(text)]


def parse_amount(number: str) -> Decimal:
    """Return the amount: two digits at the end are cents, and other marks group digits."""
    cents = _CENTS.search(number)
    digits = re.sub(r"\D", "", number)
    return Decimal(digits) / 100 if cents else Decimal(digits)
