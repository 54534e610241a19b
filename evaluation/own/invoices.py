"""Generate invoices in five layouts and four languages, with usual forms of labels, dates and sums."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Final

from .languages import ENGLISH, LANGUAGES, SIGNS, Language
from .sheet import LEFT_MARGIN, MIDDLE, RIGHT, Cell, Sheet

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

    language: Language
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
    shares: tuple[Decimal, ...]  # the share of the sum that each rate taxes
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


def draw_invoice(random: Random) -> tuple[Sheet, dict[str, object]]:
    """Return an invoice and its known values."""
    language = random.choice(LANGUAGES)
    seller = random.choice(_NAMES) if random.random() < 0.15 else random.choice(_COMPANIES)  # noqa: PLR2004 one in seven
    day = _FIRST_DAY + timedelta(days=random.randrange(1_400))
    due = day + timedelta(days=random.choice((14, 30, 45))) if random.random() < 0.7 else None  # noqa: PLR2004 most
    write = random.choice(language.dates)
    count = random.randint(1, 9)
    other_day = day - timedelta(days=random.randint(3, 40))
    others = _draw_other_labels(random, language, write(other_day))
    invoice = Invoice(
        language=language,
        seller=seller,
        buyer=random.choice([name for name in _COMPANIES if name != seller]),
        number=_draw_number(random, day),
        day=day,
        due=due,
        currency=random.choice(language.currencies),
        items=tuple((item, Decimal(random.randint(500, 900_000)) / 100) for item in random.sample(_ITEMS, count)),
        names={name: random.choice(getattr(language, name)) for name in ("number", "date", "due", "net", "total")},
        written_day=write(day),
        written_due=write(due) if due else "",
        others=others,
        other_day=other_day if any(value == write(other_day) for _, value in others) else None,
        shares=random.choice(((Decimal(1),), (Decimal(1),), (Decimal("0.7"), Decimal("0.1")))),
        layout=random.randrange(4),
    )
    return _lay_out(invoice, random), _truth_of(invoice)


def _draw_number(random: Random, day: date) -> str:
    running = random.randint(1, 99_999)
    return random.choice((f"INV-{day.year}-{running:05}", f"{running:06}", f"{day.year}/{running}", f"R{running}"))


def _draw_other_labels(random: Random, language: Language, written: str) -> tuple[tuple[str, str], ...]:
    chosen = random.sample(language.others, random.randint(0, 2))
    return tuple((label, written if kind == "date" else f"C{random.randint(1000, 99999)}") for label, kind in chosen)


def _truth_of(invoice: Invoice) -> dict[str, object]:
    """Return the known values, as far as the page alone shows them."""
    fields: dict[str, object] = {
        "vendor": invoice.seller,
        "number": invoice.number,
        "date": invoice.day.isoformat(),
        "due": invoice.due.isoformat() if invoice.due else None,
        "currency": invoice.currency,
        "net": float(invoice.net),
        "tax": float(invoice.tax),
        "amount": float(invoice.net + invoice.tax),
    }
    if invoice.language is ENGLISH and "/" in invoice.written_day:
        fields.update(_unambiguous_dates(invoice))
    return fields


def _unambiguous_dates(invoice: Invoice) -> dict[str, object]:
    """Return the unambiguous dates: English writes 03/04/2026 in both orders, so another date must show the order."""
    is_ordered = any(one.day > _MONTHS for one in (invoice.day, invoice.due, invoice.other_day) if one)
    return {
        name: one.isoformat() if one and (is_ordered or one.day == one.month) else None
        for name, one in (("date", invoice.day), ("due", invoice.due))
    }


def _lay_out(invoice: Invoice, random: Random) -> Sheet:
    sheet, language = Sheet(font=random.choice(_FONTS)), invoice.language
    facts = [(invoice.names["number"], invoice.number), (invoice.names["date"], invoice.written_day)]
    facts += [(invoice.names["due"], invoice.written_due)] if invoice.due else []
    street, town = random.choice(_STREETS), random.choice(_STREETS)
    if invoice.layout == 0:  # letterhead left, title right
        sheet.row(Cell(LEFT_MARGIN, invoice.seller), Cell(RIGHT, language.title, ends=True))
        sheet.line(street)
        sheet.line(f"{language.buyer}: {invoice.buyer}")
    elif invoice.layout == 1:  # title first, and the two side by side
        sheet.line(language.title)
        sheet.row(Cell(LEFT_MARGIN, language.seller), Cell(MIDDLE, language.buyer))
        sheet.row(Cell(LEFT_MARGIN, invoice.seller), Cell(MIDDLE, invoice.buyer))
        sheet.row(Cell(LEFT_MARGIN, street), Cell(MIDDLE, town))
    elif invoice.layout == _LETTER:  # a letter: the sender in a small line above the address
        sheet.line(f"{invoice.seller} · {street}")
        sheet.line(invoice.buyer)
        sheet.line(town)
        sheet.line(language.title)
    else:  # everything labelled
        sheet.line(f"{language.title} {invoice.number}")
        sheet.line(f"{language.seller}: {invoice.seller}")
        sheet.line(f"{language.buyer}: {invoice.buyer}")
    _add_labels(sheet, facts, invoice.layout)
    for label, value in invoice.others:
        sheet.pair(label, value)
    _add_table(sheet, invoice, random)
    sheet.line(
        f"{language.holder} {invoice.seller}  IBAN DE{random.randint(10, 99)} {random.randint(1000, 9999)} 0500 7788 99"
    )
    sheet.line(language.thanks)
    return sheet


def _add_labels(sheet: Sheet, facts: list[tuple[str, str]], layout: int) -> None:
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


def _add_table(sheet: Sheet, invoice: Invoice, random: Random) -> None:
    language, write, sign = invoice.language, random.choice(invoice.language.sums), SIGNS[invoice.currency]
    style = random.randrange(4)

    def money(value: Decimal) -> str:
        written = write(value)
        return (written, f"{sign} {written}", f"{written} {sign}", f"{invoice.currency} {written}")[style]

    sheet.line()
    head, amount = language.head
    sheet.row(
        Cell(LEFT_MARGIN, head), Cell(RIGHT, f"{amount} ({invoice.currency})" if style == 0 else amount, ends=True)
    )
    for item, value in invoice.items:
        sheet.row(Cell(LEFT_MARGIN, item), Cell(RIGHT, write(value), ends=True))
    for label, value in ((invoice.names["net"], invoice.net), *zip(language.taxes, invoice.taxes, strict=False)):
        sheet.pair(label, money(value))
    sheet.pair(invoice.names["total"], money(invoice.net + invoice.tax))
    sheet.line()
