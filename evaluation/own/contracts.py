"""Generate contracts between two parties, with and without an end date, in usual phrases."""

from datetime import date, timedelta
from random import Random
from typing import Final

from .sheet import Sheet

_PARTIES: Final = (
    "Halden Instruments GmbH", "Quillon & Sons LLC", "Northgate Paper Co.", "Aster Biomedical Inc.",
    "Morrow Hydraulics AG", "Fjordline Seafood AS", "Van Dael Metaal B.V.", "Brightwater Logistics Ltd",
)  # fmt: skip
_CLAUSES: Final = (
    "The supplier calibrates the measuring devices of the customer once in every quarter.",
    "The customer pays within thirty days of each invoice.",
    "Either party may end this agreement with a notice of ninety days in writing.",
    "Each party keeps secret what it learns of the business of the other.",
)
_LAWS: Final = ("Germany", "the State of New York", "England and Wales", "Norway")
_TERM: Final = 1_000  # days


def draw_contract(random: Random) -> tuple[Sheet, dict[str, object]]:
    """Return a contract and its known values."""
    one, other = random.sample(_PARTIES, 2)
    begin = date(2024, 1, 1) + timedelta(days=random.randrange(900))
    end = begin + timedelta(days=_TERM + random.randrange(900)) if random.random() < 0.8 else None  # noqa: PLR2004 most
    law, sheet = random.choice(_LAWS), Sheet()
    write = random.choice((_british, _american))
    sheet.line("SERVICES AGREEMENT")
    sheet.line()
    for line in _opening(random, one, other):
        sheet.line(line)
    sheet.line(random.choice(("It takes effect on {}.", "This agreement is effective as of {}.")).format(write(begin)))
    sheet.line()
    clauses = [*random.sample(_CLAUSES, 3), f"This agreement is governed by the laws of {law}."]
    if end:
        ending = random.choice(("This agreement expires on {}.", "It is valid until {}.", "The term ends on {}."))
        clauses.append(ending.format(write(end)))
    for number, clause in enumerate(clauses, start=1):
        sheet.line(f"{number}. {clause}")
    truth = {"parties": [one, other], "effective": begin.isoformat(), "expires": end and end.isoformat()}
    return sheet, {**truth, "governing_law": law.removeprefix("the State of ")}


def _british(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _american(day: date) -> str:
    return f"{day:%B} {day.day}, {day.year}"


def _opening(random: Random, one: str, other: str) -> list[str]:
    return random.choice(
        (
            [f"This agreement is made between {one}", f"and {other}."],
            [f'This agreement is made by and between {one} (the "Supplier")', f'and {other} (the "Customer").'],
            [f"between {one} and {other}"],
        )
    )
