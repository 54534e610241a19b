"""Facts about a whole document: its country, its currencies, and the order of day and month in its dates."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from .dates import days_come_first
from .lines import TextLine
from .money import codes_of
from .phrases import Phrases
from .vocabulary import currencies, languages


@dataclass(frozen=True)
class DocumentFacts:
    """The order of day and month if it is known, and the currencies of the countries that are named."""

    day_first: bool | None
    local: frozenset[str]


def find_facts(lines: Sequence[TextLine]) -> DocumentFacts:
    """Return what the document says: its own dates decide first, then its language, then its country."""
    named = {match.kind for line in lines for match in _countries().find(line.folded)}
    countries = [country for country in currencies().countries if country.names[0] in named]
    first = days_come_first(date for line in lines for date in line.dates)
    if first is None and any(_titles().find(line.folded) for line in lines):
        first = True
    if first is None:
        orders = {country.day_first for country in countries} or {_order_by_currency(lines)}
        first = orders.pop() if len(orders) == 1 else None
    return DocumentFacts(first, frozenset(country.currency for country in countries))


def _order_by_currency(lines: Sequence[TextLine]) -> bool | None:
    """Return the order where the only currency of the document is used."""
    codes = {code for line in lines for sign in line.signs for code in codes_of(sign)}
    orders = {country.day_first for country in currencies().countries if country.currency in codes}
    return orders.pop() if len(codes) == 1 and len(orders) == 1 else None


def resolve_sign(sign: str, facts: DocumentFacts, named: frozenset[str]) -> str | None:
    """Return the code that a sign means here: the only one, or the only one that the document's words support."""
    codes = frozenset(codes_of(sign))
    for some in (codes, codes & named, codes & facts.local):
        if len(some) == 1:
            return next(iter(some))
    return None


@cache
def _countries() -> Phrases:
    return Phrases({country.names[0]: country.names for country in currencies().countries})


@cache
def _titles() -> Phrases:
    """Return the titles of all languages but English: in those the day always comes first."""
    others = (language for name, language in languages().items() if name != "en")
    return Phrases({"title": [title for language in others for titles in language.titles.values() for title in titles]})
