"""The wording of invoices, and the formats of dates and sums, in the languages of the set."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

_ENGLISH: Final = "January February March April May June July August September October November December"
_GERMAN: Final = "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"
_FRENCH: Final = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre"
_SPANISH: Final = "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"

type WriteDate = Callable[[date], str]
type WriteSum = Callable[[Decimal], str]


@dataclass(frozen=True, kw_only=True)
class Language:
    """A language's words for the parts of an invoice, with the usual alternatives."""

    title: str
    number: tuple[str, ...]
    date: tuple[str, ...]
    due: tuple[str, ...]
    buyer: str
    seller: str
    holder: str
    net: tuple[str, ...]
    taxes: tuple[str, str]  # at the full rate, and at a lower one
    others: tuple[tuple[str, str], ...]  # labels that are no fields, each with "date" or "id"
    total: tuple[str, ...]
    head: tuple[str, str]  # the titles of the table's columns
    thanks: str
    dates: tuple[WriteDate, ...]
    sums: tuple[WriteSum, ...]
    currencies: tuple[str, ...]


def _month_by_name(months: str, pattern: str) -> WriteDate:
    names = months.split()
    return lambda day: pattern.format(d=day.day, m=names[day.month - 1], y=day.year)


def _separate(thousands: str, point: str) -> WriteSum:
    return lambda value: f"{value:,.2f}".replace(",", "_").replace(".", point).replace("_", thousands)


def _with_dots(day: date) -> str:
    return f"{day:%d.%m.%Y}"


def _with_slashes(day: date) -> str:
    return f"{day:%d/%m/%Y}"


_POINT: Final = _separate(",", ".")
_COMMA: Final = _separate(".", ",")
_BLANK: Final = _separate(" ", ",")

ENGLISH: Final = Language(
    title="INVOICE",
    number=("Invoice number:", "Invoice No.", "Invoice #"),
    date=("Invoice date:", "Date:", "Date of issue", "Issued on"),
    due=("Due date:", "Payment due", "Pay by"),
    buyer="Bill to",
    seller="From",
    holder="Account holder:",
    net=("Subtotal", "Net amount"),
    taxes=("VAT 20%", "VAT 5%"),
    others=(("Order date:", "date"), ("Delivery date", "date"), ("Customer ID:", "id"), ("PO number:", "id")),
    total=("Total", "Total due", "Amount due", "Grand total", "Balance due", "Invoice total"),
    head=("Description", "Amount"),
    thanks="Thank you for your business. Please quote the invoice number with every payment.",
    dates=(
        date.isoformat,
        _month_by_name(_ENGLISH, "{d} {m} {y}"),
        _month_by_name(_ENGLISH, "{m} {d}, {y}"),
        _with_slashes,
    ),
    sums=(_POINT,),
    currencies=("GBP", "USD", "EUR", "CHF"),
)
GERMAN: Final = Language(
    title="RECHNUNG",
    number=("Rechnungsnummer:", "Rechnungs-Nr.:", "Rechnung Nr."),
    date=("Rechnungsdatum:", "Datum:", "Ausgestellt am"),
    due=("Fällig am", "Zahlbar bis", "Fälligkeitsdatum:"),
    buyer="Rechnung an",
    seller="Von",
    holder="Kontoinhaber:",
    net=("Zwischensumme", "Nettobetrag", "Summe netto"),
    taxes=("MwSt. 19%", "MwSt. 7%"),
    others=(("Lieferdatum:", "date"), ("Bestelldatum:", "date"), ("Kundennummer:", "id"), ("Auftragsnummer:", "id")),
    total=("Gesamtbetrag", "Rechnungsbetrag", "Gesamtsumme", "Zu zahlender Betrag", "Bruttobetrag"),
    head=("Beschreibung", "Betrag"),
    thanks="Bitte geben Sie bei der Zahlung die Rechnungsnummer an.",
    dates=(_with_dots, _month_by_name(_GERMAN, "{d}. {m} {y}"), date.isoformat),
    sums=(_COMMA, _separate("'", ".")),
    currencies=("EUR", "CHF"),
)
FRENCH: Final = Language(
    title="FACTURE",
    number=("Facture n°", "Numéro de facture :", "N° de facture :"),
    date=("Date de facture :", "Date :", "Date d'émission :"),
    due=("Date d'échéance :", "Échéance :", "À payer avant le"),
    buyer="Facturé à",
    seller="De",
    holder="Titulaire :",
    net=("Sous-total", "Total HT", "Montant HT"),
    taxes=("TVA 20 %", "TVA 5,5 %"),
    others=(
        ("Date de livraison :", "date"),
        ("Commande du", "date"),
        ("N° client :", "id"),
        ("Bon de commande n°", "id"),
    ),
    total=("Total TTC", "Montant TTC", "Net à payer", "Montant total"),
    head=("Désignation", "Montant"),
    thanks="Merci de rappeler le numéro de la facture lors du paiement.",
    dates=(_with_slashes, _month_by_name(_FRENCH, "{d} {m} {y}")),
    sums=(_BLANK,),
    currencies=("EUR", "CHF"),
)
SPANISH: Final = Language(
    title="FACTURA",
    number=("Número de factura:", "Factura n.º", "N.º de factura:"),
    date=("Fecha de factura:", "Fecha:", "Fecha de emisión:"),
    due=("Fecha de vencimiento:", "Vencimiento:"),
    buyer="Facturar a",
    seller="De",
    holder="Titular de la cuenta:",
    net=("Subtotal", "Base imponible"),
    taxes=("IVA 21 %", "IVA 10 %"),
    others=(
        ("Fecha de entrega:", "date"),
        ("Fecha de pedido:", "date"),
        ("N.º de cliente:", "id"),
        ("Pedido n.º", "id"),
    ),
    total=("Total a pagar", "Importe total", "Total factura"),
    head=("Descripción", "Importe"),
    thanks="Indique el número de factura al hacer el pago.",
    dates=(_with_slashes, _month_by_name(_SPANISH, "{d} de {m} de {y}")),
    sums=(_COMMA,),
    currencies=("EUR", "USD"),
)
LANGUAGES: Final = (ENGLISH, ENGLISH, GERMAN, FRENCH, SPANISH)  # half the world writes English
SIGNS: Final = {"EUR": "€", "GBP": "£", "USD": "US$", "CHF": "CHF"}
