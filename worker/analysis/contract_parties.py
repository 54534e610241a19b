"""Find the parties of a contract in the sentence that introduces them.

Only the first pages introduce parties: `between Developer and Franchisor` on page 28 names roles. A name counts if it
has a legal form, or if the contract defines a short form of it in brackets.
"""

import re
from collections.abc import Sequence
from typing import Final

from contract.analysis import Finding

from .lines import FORMS, TextLine

_PAGES: Final = 4  # after a cover, a notice and a table of contents
_MAX_OPENINGS: Final = 12
_CHARACTERS_BEFORE: Final = 300  # characters before an introduction that tell whose it is
_CHARACTERS_BEHIND: Final = 60  # characters of the quote after the last name
_WINDOW: Final = 1_600  # characters of an introduction
_OPENING: Final = re.compile(r"\b(?:between|among|amongst)\b\s*:?\s*", re.IGNORECASE)
_END: Final = re.compile(
    r"\b(?:whereas|witnesseth|w i t n e s s e t h|recitals|background|now,? therefore|in consideration|"
    r"table of contents|article [i1]\b|collectively|for the (?:purpose|development))|"
    r"\b1\.\s+(?:definitions|[A-Z]{4})|\u201cparties\u201d|\"parties\"",
    re.IGNORECASE,
)
_BRACKETS: Final = re.compile(r"\s?\([^()]{0,300}\)|\s?\[[^\[\]]{0,60}\]")
_SHORT_FORM: Final = "\x1a"  # stands for a bracket that defines a short form
_DEFINES: Final = re.compile(r"[\"\u201c\u201d'\u2018]|\b(?:hereinafter|herein)\b")
_SEPARATOR: Final = re.compile(r"(?:[,;]?\s*\x1a?[,;]?)\s*\band\b(?:/or\b)?\s*:?\s*|;\s*|(?<=\x1a),\s*", re.IGNORECASE)
_NUMBERING: Final = re.compile(r"^[\s,-]*(?:\(?\d{1,2}[).]\s*|\([a-z]\)\s*|the\s+)?", re.IGNORECASE)
_NAME: Final = re.compile(
    rf"(?P<name>[A-Za-z0-9\u00c0-\u024f][^,;:\x1a\"\u201c\u201d]{{0,80}}?,?\s+(?:{FORMS}|AG|SE|SA|NV|BV|AB|AS|Oy|Co|"
    rf"(?i:company|corporation|limited|gmbh|ltd|llc|inc|lp|n\.a))(?:\.(?=[\s,;\x1a]|$))?(?:,?\s?(?i:ltd|limited|llc|inc)\b\.?)?)(?=\s*(?:[,;\x1a.]|$|an?\s|with\b|having\b|of\b|on\b|whose\b|located\b|\band\b|doing\b|dba\b|(?:It|This|The|Dated?|Effective)\b))"
)
# `Alder Mills Limited Brook Mills Limited`: two names on two lines of a cover.
_TWO_NAMES: Final = re.compile(
    r"\s(?:limited|ltd|llc|inc|incorporated|corp|gmbh|plc)\b\.?,?\s(?!(?:limited|ltd|llc|inc|corp|co|company|lp)\b)\w.*\s\w",
    re.IGNORECASE,
)
# The next one of a list without `and`: `..., an Ohio company, Brook Mills Limited ("Brook")`.
_NEXT_NAME: Final = re.compile(
    rf",\s(?P<name>[A-Z\u00c0-\u00dd][\w&.'\u2019-]*(?:\s[A-Z\u00c0-\u00dd&][\w&.'\u2019-]*){{0,6}},?\s(?:{FORMS})\.?)\s?\x1a"
)
_DEFINED_NAME: Final = re.compile(
    r"(?P<name>[A-Z][\w&.'\u2019-]*(?:\s(?:of|de|and|&|the|[A-Z][\w&.'\u2019-]*)){0,8})(?=,?\s?\x1a|,\s+(?:an?|having|residing|whose)\s)"
)
_PERSON: Final = re.compile(r"^(?:mr|mrs|ms|miss|dr|prof)\b", re.IGNORECASE)  # who makes the contract, too
# `pursuant to that certain lease between`, `"Lease" means the lease between`: the parties of another contract.
_OTHER_CONTRACT: Final = re.compile(r"\b(?:that\s+certain|means)\b(?![^.;]*\bthis\b)[^.;]{0,150}$", re.IGNORECASE)
# `THIS SUPPLY AGREEMENT ("Agreement") is made on 1 May 2030 by and`
_THIS_CONTRACT: Final = re.compile(
    r"\bthis\s+(?:[\w&/-]+\s+){0,8}?(?:agreement|contract|lease|amendment|addendum|schedule)\b.{0,160}?"
    r"\b(?:(?:made|entered|dated|executed|signed|concluded|effective)\b.{0,160}|is\s+(?:by\s+and\s+)?)$",
    re.IGNORECASE,
)
_ROLES: Final = re.compile(
    r"^(?:the\s+)?(?:developer|contractor|customer|company|licensor|licensee|seller|buyer|party|parties|sponsor|lessor|lessee|"
    r"landlord|tenant|supplier|vendor|distributor|franchisor|franchisee|client|consultant|employer|employee|borrower|lender)\b",
    re.IGNORECASE,
)
_DESCRIPTION: Final = re.compile(
    r"^(?:an?|as|part|formerly|acting|its|any|all|such|each|other|or|with|for|in|to|on|if)\s", re.IGNORECASE
)
_FOOTER: Final = re.compile(r"^(?:source:|page\b|-+$|\d+$|\[?\d+\]?$)", re.IGNORECASE)


def find_parties(lines: Sequence[TextLine]) -> Finding | None:
    """Return the parties of the introduction, or of the first passage that names two before it."""
    first = [line for line in lines if line.page < lines[0].page + _PAGES and not _FOOTER.search(line.text)]
    starts, text = _join(first)
    for opening in list(_OPENING.finditer(text))[:_MAX_OPENINGS]:
        before = text[max(0, opening.start() - _CHARACTERS_BEFORE) : opening.start()]
        if _OTHER_CONTRACT.search(before):
            continue
        passage = text[opening.end() : opening.end() + _WINDOW]
        end = _END.search(passage)
        names = _read_names(passage[: end.start() if end else None])
        if len(names) > 1:
            line = first[max(at for at, start in enumerate(starts) if start <= opening.start())]
            last = passage.find(names[-1])  # -1 if a bracket stands in the name
            quote = text[opening.start() : opening.end() + max(last, 0) + len(names[-1]) + _CHARACTERS_BEHIND]
            return TextLine(line.page, quote).finding("parties", tuple(names))
        if _THIS_CONTRACT.search(before):
            return None  # those that later passages name are of other contracts
    return None


def _join(lines: Sequence[TextLine]) -> tuple[list[int], str]:
    """Return the lines as one text, and where each begins in it."""
    starts, parts, at = [], [], 0
    for line in lines:
        text = " ".join(line.text.split())
        starts.append(at)
        parts.append(text)
        at += len(text) + 1
    return starts, " ".join(parts)


def _read_names(passage: str) -> list[str]:
    """Return the names at the start of each part of the passage; none if the first has none, or another is not read."""
    marked = _BRACKETS.sub(lambda match: _SHORT_FORM if _DEFINES.search(match[0]) else "", passage)
    names: list[str] = []
    is_sure = True  # no earlier part was left out, which may have been a person's name
    for part in _SEPARATOR.split(_OPENING.split(marked)[0]):
        text = _NUMBERING.sub("", part, count=1)
        name = _name_at_start(text, is_sure=is_sure)
        if not name and (not names or _PERSON.search(text) or _name_at_start(text, is_sure=True)):
            return []
        names += [name] if name else []
        names += [match["name"] for match in _NEXT_NAME.finditer(part, part.find(name) + len(name) if name else 0)]
        is_sure = is_sure and name is not None
    return list(dict.fromkeys(names))


def _name_at_start(part: str, *, is_sure: bool) -> str | None:
    found = _NAME.match(part) or (_DEFINED_NAME.match(part + " ") if is_sure else None)
    if not found or any(unlike.search(found["name"]) for unlike in (_ROLES, _DESCRIPTION, _TWO_NAMES)):
        return None
    name = found["name"].strip()
    return name if sum(letter.isalpha() for letter in name) > 3 else None  # noqa: PLR2004 letters at least
