"""Lines with their pages, which is what the rules look at, and how a match becomes a finding."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from contract.result import Evidence, Finding, PageText

_QUOTE: Final = 240  # characters: a sentence, and not a page

# A name as it is written in contracts and letterheads: words with capitals, and the small ones between them.
# One space apart: two are the gap between cells.
_WORD: Final = r"[A-Z0-9][\w&.'\u2019-]*"
NAME: Final = rf"[A-Z][\w&.'\u2019-]*(?:[ \t](?:&|of|de|van|von|{_WORD}))*"
# What only companies have at the end of their names.
COMPANY: Final = re.compile(
    rf"{NAME}?[ \t](?:GmbH|AG|KG|SE|Ltd|Limited|LLC|LLP|Inc|Corp|Corporation|Company|Co|plc|PLC|"
    r"S\.A|SA|SAS|S\.L|B\.V|BV|N\.V|NV|AS|ASA|AB|Oy|A/S|S\.r\.l|SpA|Pty)\b\.?"
)


@dataclass(frozen=True)
class Line:
    """A line, and the number of its page."""

    page: int
    text: str

    def finding(self, field: str, value: str | float | tuple[str, ...]) -> Finding:
        """Return a value that stands here."""
        return Finding(field=field, value=value, evidence=Evidence(page=self.page, quote=self.text[:_QUOTE]))


def lines_of(pages: Iterable[PageText]) -> list[Line]:
    """Return all lines that have something in them."""
    return [Line(page.number, text.strip()) for page in pages for text in page.text.splitlines() if text.strip()]


def passages_of(lines: Iterable[Line], length: int = 3) -> Iterator[Line]:
    """Give each line with those that follow it on its page: sentences do not end where lines do."""
    every = list(lines)
    for index, line in enumerate(every):
        following = [other.text for other in every[index : index + length] if other.page == line.page]
        yield Line(line.page, " ".join(following))
