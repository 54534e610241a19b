"""Lines of text with their pages, which the rules search, and how a match becomes a finding."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from contract.analysis import Evidence, Finding
from contract.reading import PageText

from .confidence import Basis, confidence_of
from .dates import WrittenDate, find_written_dates
from .money import Money, find_codes, find_money
from .phrases import fold_letters

_DIGIT: Final = re.compile(r"\d")
_DATE_LIKE: Final = re.compile(r"\d{4}|\d[ ./-]\s?\w")  # a year, or numbers with a mark between them
_MAX_QUOTE: Final = 240  # characters: a sentence, and not a page

# A name in contracts and letterheads: capitalized words, and the small ones between them.
# They are one space apart: two are the gap between cells.
_CAPITAL: Final = "A-Z\u00c0-\u00d6\u00d8-\u00de\u0160\u017d"
_WORD: Final = rf"[{_CAPITAL}0-9][\w&.'\u2019-]*"
_FIRST_WORD: Final = rf"[{_CAPITAL}][\w&.'\u2019-]*"
_NEXT_WORD: Final = rf"[ \t](?:&|of|de|van|von|et|und|y|e|{_WORD})"
# The length is limited: otherwise a page of capitals takes minutes.
NAME: Final = rf"{_FIRST_WORD}(?:{_NEXT_WORD}){{0,9}}"
# The legal forms that end the names of companies. The first one counts, because another name may follow.
# In a line of capitals short forms such as SE or AS may be anything.
FORMS: Final = (
    r"(?:GmbH|GMBH)(?:\ &\ Co\.?(?:\ KG)?)?|OHG|e\.K\.|Ltd|LTD|Limited|LIMITED|LLC|L\.L\.C|LLP|L\.P|LP|Inc|INC|Corp|"
    r"CORP|Corporation|CORPORATION|Company|COMPANY|plc|PLC|S\.A\.S|SAS|S\.A\.R\.L|SARL|S\.A|EURL|S\.L\.U|S\.L|B\.V|N\.V|A/S|"
    r"ApS|S\.r\.l|S\.R\.L|Srl|SRL|S\.p\.A|SpA|s\.r\.o|a\.s|Sp\.\ z\ o\.o|Kft|Lda|Pty(?:\.?\ Ltd)?|a\.G|N\.A|"
    r"(?:Pvt|PVT|Private)\.?\ (?:Ltd|LTD|Limited)|"
    r"(?i:sdn\.?\ ?bhd|S/B|(?<!sdn\ )(?<!sdn\.\ )(?:bhd|berhad))|(?:Pte|PTE)\.?\ (?:Ltd|LTD)"
)
_SHORT_FORMS: Final = "AG|KG|UG|SE|Co|SA|SL|BV|NV|AS|ASA|AB|Oy"
# A country before the legal form stands in brackets: `Alder (UK) Limited`, `Brook (M) Sdn Bhd`.
_LEAD: Final = (
    rf"\b{_FIRST_WORD}(?:,?{_NEXT_WORD}){{0,7}}?(?:,?[ \t]|[ \t]?\([{_CAPITAL}][\w.]{{0,15}}(?: \w{{1,15}})?\)[ \t]?)"
)
_COMPANY: Final = re.compile(rf"(?:^\d+[ \t])?{_LEAD}(?:{FORMS})(?!\w)\.?")
_ANY_COMPANY: Final = re.compile(rf"(?:^\d+[ \t])?{_LEAD}(?:{FORMS}|{_SHORT_FORMS})(?!\w)\.?")
_MAX_COMPANY_LINE: Final = 400  # characters: in a longer line of dots, the search for companies is slow
# Rules compare what they find on a line with each other. A whole page on one line would take minutes.
# Characters of PDFs that look like others, which the rules look for: blanks, and the Greek question mark.
_LOOKALIKES: Final = str.maketrans({**dict.fromkeys("\u00a0\u2007\u2009\u202f", " "), "\u037e": ";"})
_PIECE: Final = re.compile(r".{1,2000}(?!\S)|.{1,2000}")


def find_companies(text: str) -> list[re.Match[str]]:
    """Return the companies in a line, each by its name with the legal form."""
    pattern = _ANY_COMPANY if any(letter.islower() for letter in text[:_MAX_COMPANY_LINE]) else _COMPANY
    return list(pattern.finditer(text[:_MAX_COMPANY_LINE]))


def find_company(text: str) -> re.Match[str] | None:
    """Return the first company in a line."""
    return next(iter(find_companies(text)), None)


@dataclass(frozen=True)
class TextLine:
    """A line, and the number of its page."""

    page: int
    text: str

    @cached_property
    def folded(self) -> str:
        """The text in small letters without accents, each character in its place."""
        return fold_letters(self.text)

    @cached_property
    def has_digit(self) -> bool:
        """Whether there is a digit in the text."""
        return bool(_DIGIT.search(self.text))

    @cached_property
    def money(self) -> list[Money]:
        """The sums in the text."""
        return find_money(self.text) if self.has_digit else []

    @cached_property
    def dates(self) -> list[WrittenDate]:
        """The dates in the text."""
        return find_written_dates(self.text) if _DATE_LIKE.search(self.text) else []

    @cached_property
    def signs(self) -> list[str]:
        """The signs and codes of currencies in the text."""
        return [one.sign for one in self.money if one.sign] + find_codes(self.text)

    def finding(self, field: str, value: str | float | tuple[str, ...], *, basis: Basis = Basis.LABEL) -> Finding:
        """Return a finding with this line as its quote, and the confidence of its basis."""
        confidence = confidence_of(field, basis)
        evidence = Evidence(page=self.page, quote=self.text[:_MAX_QUOTE], confidence=confidence)
        return Finding(field=field, value=value, evidence=evidence)


@dataclass(frozen=True)
class RuleFindings:
    """What rules found in a document, and warnings about it."""

    findings: tuple[Finding, ...] = ()
    warnings: tuple[str, ...] = ()


def split_lines(pages: Iterable[PageText]) -> list[TextLine]:
    """Return all lines that are not blank; a very long one in pieces that end at blanks."""
    return [
        TextLine(page.number, piece.strip())
        for page in pages
        for text in page.text.splitlines()
        for piece in _PIECE.findall(text.translate(_LOOKALIKES).strip())
        if piece.strip()
    ]


def join_passages(
    lines: Iterable[TextLine], length: int = 3, *, only: re.Pattern[str] | None = None
) -> Iterator[TextLine]:
    """Yield each line with those that follow it on its page: sentences span lines.

    The first line must contain `only`.
    """
    all_lines = list(lines)
    for index, line in enumerate(all_lines):
        if only and not only.search(line.text):
            continue
        following = [other.text for other in all_lines[index : index + length] if other.page == line.page]
        yield TextLine(line.page, " ".join(following))
