"""Generate invoices in five layouts and four languages, with usual forms of labels, dates and sums."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Final

from .sheet import LEFT_MARGIN, MIDDLE, RIGHT, Cell, Sheet
from .tongues import ENGLISH, SIGNS, TONGUES, Tongue

_COMPANIES: Final = (
    "Halden Instruments GmbH", "Brightwater Logistics Ltd", "Quillon & Sons LLC", "Northgate Paper Co.",
    "Aster Biomedical Inc.", "Kestrel Freight S.A.", "Morrow Hydraulics AG", "Fjordline Seafood AS",
    "Dubois et Fils SARL", "Talleres Ribera S.L.", "Werkzeugbau Lindner GmbH & Co. KG", "Van Dael Metaal B.V.",
    "Ostrava Sklo s.r.o.", "Officine Bassi S.p.A.",
)  # fmt: skip
_NAMES: Final = ("Studio Marlow", "Atelier Vidal", "Tischlerei Brandt", "The Copper Kettle")  # of no legal form
_ITEMS: Final = (
    "Hydraulic hose 3/8 in", "Stainless bearing 6204-ZZ", "On-site inspection", "Freight surcharge",
    "Thermal paper 80 mm", "Total station hire", "Calibration certificate", "Optical sensor M12",
    "Copper gasket set", "Filter HX-90", "Consulting, hours",
)  # fmt: skip
_STREETS: Final = ("17 Harbour Street, Westport", "Hafenstr. 4, 20457 Hamburg", "8 rue du Port, 33000 Bordeaux")
_FONTS: Final = ("Helvetica", "Times-Roman", "Courier")
_TAX: Final = Decimal("0.20")
_LETTER: Final = 2
_MONTHS: Final = 12
_CENT: Final = Decimal("0.01")
_FIRST_DAY: Final = date(2023, 1, 1)


@dataclass(frozen=True, kw_only=True)
class Invoice:
    """The content of an invoice, and its layout."""

    tongue: Tongue
    seller: str
    buyer: str
    number: str
    day: date
    due: date | None
    currency: str
    items: tuple[tuple[str, Decimal], ...]
    names: dict[str, str]  # the words that were chosen for number, date, due, net, total
    written_day: str
    written_due: str
    others: tuple[tuple[str, str], ...]  # labels and values that are no fields
    other_day: date | None  # a date among them
    shares: tuple[Decimal, ...]  # of the sum, taxed at each rate
    layout: int

    @property
    def net(self) -> Decimal:
        """The sum without tax."""
        return sum((amount for _, amount in self.items), Decimal(0))

    @property
    def taxes(self) -> tuple[Decimal, ...]:
        """The tax at each rate."""
        return tuple((self.net * share * _TAX).quantize(_CENT) for share in self.shares)

    @property
    def tax(self) -> Decimal:
        """The sum of all taxes."""
        return sum(self.taxes, Decimal(0))


def invoice(random: Random) -> tuple[Sheet, dict[str, object]]:
    """Return an invoice and its known values."""
    tongue = random.choice(TONGUES)
    seller = random.choice(_NAMES) if random.random() < 0.15 else random.choice(_COMPANIES)  # noqa: PLR2004 one in seven
    day = _FIRST_DAY + timedelta(days=random.randrange(1_400))
    due = day + timedelta(days=random.choice((14, 30, 45))) if random.random() < 0.7 else None  # noqa: PLR2004 most
    write = random.choice(tongue.dates)
    count = random.randint(1, 9)
    other_day = day - timedelta(days=random.randint(3, 40))
    others = _others(random, tongue, write(other_day))
    said = Invoice(
        tongue=tongue,
        seller=seller,
        buyer=random.choice([name for name in _COMPANIES if name != seller]),
        number=_number(random, day),
        day=day,
        due=due,
        currency=random.choice(tongue.currencies),
        items=tuple((item, Decimal(random.randint(500, 900_000)) / 100) for item in random.sample(_ITEMS, count)),
        names={name: random.choice(getattr(tongue, name)) for name in ("number", "date", "due", "net", "total")},
        written_day=write(day),
        written_due=write(due) if due else "",
        others=others,
        other_day=other_day if any(value == write(other_day) for _, value in others) else None,
        shares=random.choice(((Decimal(1),), (Decimal(1),), (Decimal("0.7"), Decimal("0.1")))),
        layout=random.randrange(4),
    )
    return _sheet(said, random), _truth(said)


def _number(random: Random, day: date) -> str:
    running = random.randint(1, 99_999)
    return random.choice((f"INV-{day.year}-{running:05}", f"{running:06}", f"{day.year}/{running}", f"R{running}"))


def _others(random: Random, tongue: Tongue, written: str) -> tuple[tuple[str, str], ...]:
    chosen = random.sample(tongue.others, random.randint(0, 2))
    return tuple((label, written if kind == "date" else f"C{random.randint(1000, 99999)}") for label, kind in chosen)


def _truth(said: Invoice) -> dict[str, object]:
    """Return the known values, as far as the page alone shows them."""
    fields: dict[str, object] = {
        "vendor": said.seller,
        "number": said.number,
        "date": said.day.isoformat(),
        "due": said.due.isoformat() if said.due else None,
        "currency": said.currency,
        "net": float(said.net),
        "tax": float(said.tax),
        "amount": float(said.net + said.tax),
    }
    if said.tongue is ENGLISH and "/" in said.written_day:
        fields.update(_sure(said))
    return fields


def _sure(said: Invoice) -> dict[str, object]:
    """Return the unambiguous dates: English writes 03/04/2026 in both orders, so another date must show the order."""
    told = any(one.day > _MONTHS for one in (said.day, said.due, said.other_day) if one)
    return {
        name: one.isoformat() if one and (told or one.day == one.month) else None
        for name, one in (("date", said.day), ("due", said.due))
    }


def _sheet(said: Invoice, random: Random) -> Sheet:
    sheet, tongue = Sheet(font=random.choice(_FONTS)), said.tongue
    facts = [(said.names["number"], said.number), (said.names["date"], said.written_day)]
    facts += [(said.names["due"], said.written_due)] if said.due else []
    street, town = random.choice(_STREETS), random.choice(_STREETS)
    if said.layout == 0:  # letterhead left, title right
        sheet.row(Cell(LEFT_MARGIN, said.seller), Cell(RIGHT, tongue.title, ends=True))
        sheet.line(street)
        sheet.line(f"{tongue.buyer}: {said.buyer}")
    elif said.layout == 1:  # title first, and the two side by side
        sheet.line(tongue.title)
        sheet.row(Cell(LEFT_MARGIN, tongue.seller), Cell(MIDDLE, tongue.buyer))
        sheet.row(Cell(LEFT_MARGIN, said.seller), Cell(MIDDLE, said.buyer))
        sheet.row(Cell(LEFT_MARGIN, street), Cell(MIDDLE, town))
    elif said.layout == _LETTER:  # a letter: the sender in a small line above the address
        sheet.line(f"{said.seller} · {street}")
        sheet.line(said.buyer)
        sheet.line(town)
        sheet.line(tongue.title)
    else:  # everything labelled
        sheet.line(f"{tongue.title} {said.number}")
        sheet.line(f"{tongue.seller}: {said.seller}")
        sheet.line(f"{tongue.buyer}: {said.buyer}")
    _facts(sheet, facts, said.layout)
    for label, value in said.others:
        sheet.pair(label, value)
    _table(sheet, said, random)
    sheet.line(
        f"{tongue.holder} {said.seller}  IBAN DE{random.randint(10, 99)} {random.randint(1000, 9999)} 0500 7788 99"
    )
    sheet.line(tongue.thanks)
    return sheet


def _facts(sheet: Sheet, facts: list[tuple[str, str]], layout: int) -> None:
    sheet.line()
    if layout == 1:  # labels over values
        places = (LEFT_MARGIN, 220.0, 400.0)
        sheet.row(*(Cell(x, label.rstrip(" :")) for x, (label, _) in zip(places, facts, strict=False)))
        sheet.row(*(Cell(x, value) for x, (_, value) in zip(places, facts, strict=False)))
        return
    for label, value in facts:
        if layout == _LETTER:
            sheet.line(f"{label} {value}")
        else:
            sheet.pair(label, value)


def _table(sheet: Sheet, said: Invoice, random: Random) -> None:
    tongue, write, sign = said.tongue, random.choice(said.tongue.sums), SIGNS[said.currency]
    style = random.randrange(4)

    def money(value: Decimal) -> str:
        written = write(value)
        return (written, f"{sign} {written}", f"{written} {sign}", f"{said.currency} {written}")[style]

    sheet.line()
    head, amount = tongue.head
    sheet.row(Cell(LEFT_MARGIN, head), Cell(RIGHT, f"{amount} ({said.currency})" if style == 0 else amount, ends=True))
    for item, value in said.items:
        sheet.row(Cell(LEFT_MARGIN, item), Cell(RIGHT, write(value), ends=True))
    for label, value in ((said.names["net"], said.net), *zip(tongue.taxes, said.taxes, strict=False)):
        sheet.pair(label, money(value))
    sheet.pair(said.names["total"], money(said.net + said.tax))
    sheet.line()
