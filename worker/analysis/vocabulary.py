"""The words of documents in seven languages, and the currencies: data files beside this module, one a language."""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from .phrases import Phrases, fold_letters

_FOLDER: Final = Path(__file__).with_name("vocabulary")
_MONEY: Final = Path(__file__).with_name("money.toml")


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Language(_Frozen):
    """The words of one language, by what they mean."""

    months: tuple[tuple[str, ...], ...]
    titles: dict[str, tuple[str, ...]]
    facts: dict[str, tuple[str, ...]]
    sums: dict[str, tuple[str, ...]]
    parties: dict[str, tuple[str, ...]]
    headings: dict[str, tuple[str, ...]]


class Country(_Frozen):
    """Facts about a country: its currency, and whether the day is written before the month."""

    names: tuple[str, ...]
    currency: str
    day_first: bool | None = None


class Currencies(_Frozen):
    """The codes that are read, the signs with the codes that they may mean, and countries."""

    codes: str
    signs: dict[str, tuple[str, ...]]
    countries: tuple[Country, ...]


@cache
def languages() -> dict[str, Language]:
    """Return the words of each language, by the name of its file."""
    return {file.stem: Language.model_validate(_read(file)) for file in sorted(_FOLDER.glob("*.toml"))}


@cache
def currencies() -> Currencies:
    """Return the currencies."""
    return Currencies.model_validate(_read(_MONEY))


@cache
def phrases_of(section: str) -> Phrases:
    """Return the phrases of a section, by kind, in all languages."""
    kinds: dict[str, list[str]] = {}
    for language in languages().values():
        for kind, some in getattr(language, section).items():
            kinds.setdefault(kind, []).extend(some)
    return Phrases(kinds)


@cache
def months() -> dict[str, int]:
    """Return the number of each month by its folded names."""
    return {
        fold_letters(name): number
        for language in languages().values()
        for number, names in enumerate(language.months, start=1)
        for name in names
    }


@cache
def month_pattern() -> str:
    """Return a pattern for the folded names of months."""
    return "|".join(re.escape(name) for name in sorted(months(), key=len, reverse=True))


def _read(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_text(encoding="utf-8"))
