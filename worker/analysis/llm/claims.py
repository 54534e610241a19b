"""What a model claims, value by value, and what is left of it after a look into the document.

A claim whose quote is not there, or does not bear it out, is kept and marked: a person may judge it, a program must not
take it for true. A claim that repeats what the model was told is no claim.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from contract.analysis import Evidence, Finding
from worker.analysis.answer_form import AnswerForm, QuotedValue
from worker.analysis.quotes import fold, page_of, stands_in
from worker.analysis.schema import Field, Kind, Schema

_QUOTE: Final = 240  # characters that are kept of a quote
_NAME: Final = 40
_RUN: Final = 8  # words of the instructions in a row, which no document has by chance


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One value of a field; those of one row, and those of one list, have its number, counted from 1."""

    field: str
    kind: Kind
    value: str | float | date
    page: int
    quote: str
    confidence: float
    row: int | None = None
    column: str | None = None
    is_verified: bool = False

    def finding(self, row: int | None = None) -> Finding:
        """Return it as it goes into the result, in this row."""
        parts = (self.field, None if row is None else str(row), self.column)
        value = self.value.isoformat() if isinstance(self.value, date) else self.value
        evidence = Evidence(
            page=self.page, quote=self.quote[:_QUOTE], confidence=self.confidence, verified=self.is_verified
        )
        return Finding(field=".".join(part for part in parts if part), value=value, evidence=evidence)


@dataclass(frozen=True, kw_only=True)
class ChunkClaims:
    """What was found in a part of a document."""

    summary: str = ""
    claims: tuple[Claim, ...] = ()
    warnings: tuple[str, ...] = ()


def list_claims(answer: AnswerForm, schema: Schema) -> Iterator[Claim]:
    """Give every value of an answer."""
    for field in schema.fields:
        given = getattr(answer, field.name)
        placed: list[Any] = given if isinstance(given, list) else [given] if given else []
        for number, one in enumerate(placed, start=1):
            if field.columns:
                yield from _row(field, one, number)
            elif field.kind is Kind.FIGURES:
                yield replace(_claim(field, one, one.value), column=_slug(one.name))
            else:
                yield replace(_claim(field, one, one.value), row=number if field.many else None)


def _row(field: Field, placed: QuotedValue, number: int) -> Iterator[Claim]:
    for column in field.columns:
        value = getattr(placed, column.name)
        if value is not None:
            yield replace(_claim(field, placed, value), kind=column.kind, row=number, column=column.name)


def _claim(field: Field, placed: QuotedValue, value: str | float | date) -> Claim:
    return Claim(
        field=field.name,
        kind=field.kind,
        value=value,
        page=placed.page,
        quote=placed.quote,
        confidence=placed.confidence,
    )


def check_claim(claim: Claim, pages: Mapping[int, str]) -> Claim:
    """Return the claim as the pages bear it out; they are folded."""
    page = page_of(claim.quote, claim.page, pages)
    verified = page is not None and stands_in(claim.value, claim.kind, claim.quote)
    nearest = claim.page if claim.page in pages else min(pages)  # a page that there is, to look at
    return replace(claim, page=page or nearest, is_verified=verified)


class PromptEcho:
    """What a model was told, to know it again in what it says."""

    def __init__(self, instructions: str) -> None:
        words = _words(instructions)
        self._runs: Final = {words[at : at + _RUN] for at in range(len(words) - _RUN + 1)}

    def is_in(self, text: str) -> bool:
        """Whether the text repeats it."""
        words = _words(text)
        return any(words[at : at + _RUN] in self._runs for at in range(len(words) - _RUN + 1))


def _words(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\w+", text.casefold()))


def _slug(name: str) -> str:
    return re.sub(r"\W+", "_", name.casefold()).strip("_")[:_NAME] or "unnamed"


def fold_pages(texts: Mapping[int, str]) -> dict[int, str]:
    """Return the pages as quotes are looked for in them."""
    return {number: fold(text) for number, text in texts.items()}
