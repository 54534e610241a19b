"""Lines of text with their pages, which the rules search, and how a match becomes a finding."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from contract.analysis import Evidence, Finding
from contract.reading import PageText

_MAX_QUOTE: Final = 240  # characters: a sentence, and not a page

# A name in contracts and letterheads: capitalized words, and the small ones between them.
# They are one space apart: two are the gap between cells.
_CAPITAL: Final = "A-Z\u00c0-\u00d6\u00d8-\u00de\u0160\u017d"
_WORD: Final = rf"[{_CAPITAL}0-9][\w&.'\u2019-]*"
_FIRST_WORD: Final = rf"[{_CAPITAL}][\w&.'\u2019-]*"
_NEXT_WORD: Final = rf"[ \t](?:&|of|de|van|von|et|und|y|e|{_WORD})"
# Bounded, or a page of capitals takes minutes.
NAME: Final = rf"{_FIRST_WORD}(?:{_NEXT_WORD}){{0,9}}"
# The legal forms that end the names of companies. The first one counts, because another name may follow.
COMPANY: Final = re.compile(
    rf"\b{_FIRST_WORD}(?:{_NEXT_WORD}){{0,7}}?[ \t]"
    r"(?:GmbH\ &\ Co\.?\ KG|GmbH|AG|KG|OHG|UG|SE|e\.K\.|Ltd|Limited|LLC|LLP|Inc|Corp|Corporation|"
    r"Company|Co|plc|PLC|S\.A\.S|SAS|S\.A\.R\.L|SARL|S\.A|SA|EURL|S\.L\.U|S\.L|SL|B\.V|BV|N\.V|NV|AS|ASA|AB|Oy|A/S|"
    r"ApS|S\.r\.l|Srl|S\.p\.A|SpA|s\.r\.o|a\.s|Sp\.\ z\ o\.o|Kft|Lda|Pty)(?!\w)\.?"
)


@dataclass(frozen=True)
class TextLine:
    """A line, and the number of its page."""

    page: int
    text: str

    def finding(self, field: str, value: str | float | tuple[str, ...]) -> Finding:
        """Return a finding with this line as its quote."""
        return Finding(field=field, value=value, evidence=Evidence(page=self.page, quote=self.text[:_MAX_QUOTE]))


def split_lines(pages: Iterable[PageText]) -> list[TextLine]:
    """Return all lines that are not blank."""
    return [TextLine(page.number, text.strip()) for page in pages for text in page.text.splitlines() if text.strip()]


def join_passages(lines: Iterable[TextLine], length: int = 3) -> Iterator[TextLine]:
    """Yield each line with those that follow it on its page: sentences span lines."""
    all_lines = list(lines)
    for index, line in enumerate(all_lines):
        following = [other.text for other in all_lines[index : index + length] if other.page == line.page]
        yield TextLine(line.page, " ".join(following))
