"""Merge the claims of all chunks into one set of findings, with warnings about doubts.

Where chunks disagree, verified claims win, then the higher confidence, then the earlier page.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from contract.analysis import Finding
from worker.analysis.finding_limit import limit_findings
from worker.analysis.quotes import fold
from worker.analysis.schema import Field, Kind, Schema

from .claims import Claim


def merge_claims(schema: Schema, parts: Sequence[Sequence[Claim]]) -> tuple[list[Finding], list[str]]:
    """Return the findings in the order of the type's fields, and the warnings."""
    findings: list[Finding] = []
    warnings: list[str] = []
    for field in schema.fields:
        claims = [[claim for claim in part if claim.field == field.name] for part in parts]
        kept = list(_merge_rows(claims) if field.columns else _merge_values(field, claims, warnings))
        warnings += _warn_of_doubts(field, kept)
        findings += [claim.finding(claim.row) for claim in kept]
    fitting, left_out = limit_findings(findings)
    return fitting, [*left_out, *warnings]


def _merge_rows(parts: Sequence[Sequence[Claim]]) -> Iterator[Claim]:
    """Yield the rows of all chunks, numbered on: equal rows may both be real."""
    number = 0
    for part in parts:
        for _, row in groupby(part, key=lambda claim: claim.row):
            number += 1
            yield from (_renumber(claim, number) for claim in row)


def _merge_values(field: Field, parts: Sequence[Sequence[Claim]], warnings: list[str]) -> Iterator[Claim]:
    all_claims = [claim for part in parts for claim in part]
    if field.many:
        best = [_choose_best(same) for same in _group_equal(all_claims)]
        yield from (_renumber(claim, number) for number, claim in enumerate(best, start=1))
        return
    names = dict.fromkeys(claim.column for claim in all_claims) if field.kind is Kind.FIGURES else [None]
    for name in names:
        claims = [claim for claim in all_claims if claim.column == name]
        if claims:
            warnings += _warn_of_contradictions(claims)
            yield _choose_best(claims)


def _group_equal(claims: Iterable[Claim]) -> list[list[Claim]]:
    same: dict[str, list[Claim]] = {}
    for claim in claims:
        same.setdefault(fold(str(claim.value)), []).append(claim)
    return list(same.values())


def _choose_best(claims: Sequence[Claim]) -> Claim:
    return max(claims, key=lambda claim: (claim.is_verified, claim.confidence, -claim.page))


def _renumber(claim: Claim, number: int) -> Claim:
    return replace(claim, row=number)


def _warn_of_contradictions(claims: Iterable[Claim]) -> list[str]:
    different = [_choose_best(same) for same in _group_equal(claim for claim in claims if claim.is_verified)]
    if len(different) <= 1:
        return []
    pages = ", ".join(str(page) for page in sorted({claim.page for claim in different}))
    return [f"{different[0].finding().field}: the document has different values (pages {pages})"]


def _warn_of_doubts(field: Field, claims: Sequence[Claim]) -> list[str]:
    doubtful = [claim for claim in claims if not claim.is_verified]
    if not doubtful:
        return []
    if len(claims) == 1:
        return [f"{doubtful[0].finding(doubtful[0].row).field} is unverified: its quote does not support it"]
    return [f"{field.name}: {len(doubtful)} of {len(claims)} values are unverified: their quotes do not support them"]
