"""The values that a model claims to have found, each checked against the document.

A claim whose quote is missing, or does not support the value, is kept and marked as unverified: a person may judge it,
and a program must not rely on it. A claim that repeats the prompt is dropped.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from contract.analysis import Evidence, Finding
from worker.analysis.answer_form import AnswerForm, QuotedValue
from worker.analysis.quotes import find_page, fold, supports
from worker.analysis.schema import Field, Kind, Schema

_MAX_QUOTE: Final = 240  # characters
_MAX_NAME: Final = 40  # characters
_ECHO_WORDS: Final = 8  # words of the prompt in a row: no document has them by chance


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One value of a field. Values of a table row or a list entry share its number, counted from 1."""

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
        """Return the claim as the result has it, in this row."""
        parts = (self.field, None if row is None else str(row), self.column)
        value = self.value.isoformat() if isinstance(self.value, date) else self.value
        evidence = Evidence(
            page=self.page, quote=self.quote[:_MAX_QUOTE], confidence=self.confidence, verified=self.is_verified
        )
        return Finding(field=".".join(part for part in parts if part), value=value, evidence=evidence)


@dataclass(frozen=True, kw_only=True)
class ChunkClaims:
    """The claims in a chunk, or in a part of one that was too long for one answer."""

    summary: str = ""
    claims: tuple[Claim, ...] = ()
    warnings: tuple[str, ...] = ()


def list_claims(answer: AnswerForm, schema: Schema) -> Iterator[Claim]:
    """Yield every value of an answer."""
    for field in schema.fields:
        content = getattr(answer, field.name)
        values: list[Any] = content if isinstance(content, list) else [content] if content else []
        for number, one in enumerate(values, start=1):
            if field.columns:
                yield from _list_row(field, one, number)
            elif field.kind is Kind.FIGURES:
                yield replace(_to_claim(field, one, one.value), column=_to_identifier(one.name))
            else:
                yield replace(_to_claim(field, one, one.value), row=number if field.many else None)


def _list_row(field: Field, row: QuotedValue, number: int) -> Iterator[Claim]:
    for column in field.columns:
        value = getattr(row, column.name)
        if value is not None:
            yield replace(_to_claim(field, row, value), kind=column.kind, row=number, column=column.name)


def _to_claim(field: Field, quoted: QuotedValue, value: str | float | date) -> Claim:
    return Claim(
        field=field.name,
        kind=field.kind,
        value=value,
        page=quoted.page,
        quote=quoted.quote,
        confidence=quoted.confidence,
    )


def check_claim(claim: Claim, pages: Mapping[int, str]) -> Claim:
    """Return the claim with its true page, verified if the page supports it. `pages` must be folded."""
    page = find_page(claim.quote, claim.page, pages)
    is_verified = page is not None and supports(claim.value, claim.kind, claim.quote)
    nearest = claim.page if claim.page in pages else min(pages)  # an existing page, for a person to look at
    return replace(claim, page=page or nearest, is_verified=is_verified)


class PromptEcho:
    """Recognizes a model's prompt in its answer."""

    def __init__(self, instructions: str) -> None:
        words = _split_words(instructions)
        self._runs: Final = {words[at : at + _ECHO_WORDS] for at in range(len(words) - _ECHO_WORDS + 1)}

    def is_in(self, text: str) -> bool:
        """Whether the text repeats the prompt."""
        words = _split_words(text)
        return any(words[at : at + _ECHO_WORDS] in self._runs for at in range(len(words) - _ECHO_WORDS + 1))


def _split_words(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\w+", text.casefold()))


def _to_identifier(name: str) -> str:
    return re.sub(r"\W+", "_", name.casefold()).strip("_")[:_MAX_NAME] or "unnamed"


def fold_pages(texts: Mapping[int, str]) -> dict[int, str]:
    """Return the pages as `find_page` needs them."""
    return {number: fold(text) for number, text in texts.items()}
