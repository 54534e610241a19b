"""The terms of invoices in English, German, French, Spanish, Italian and Dutch, the clearer ones first."""

import re
from typing import Final

from .money import CODES


def _any_of(*terms: str, before: str = r"(?<!\w)", after: str = r"(?!\w)") -> re.Pattern[str]:
    return re.compile(f"{before}(?:{'|'.join(terms)}){after}", re.IGNORECASE)


_N: Final = r"(?:n\.?\s?[°ºo]\.?|nr\.?|no\.?|num(?:ber|éro|ero)?\.?|#)"

NUMBER: Final = _any_of(
    rf"(?:tax |commercial |proforma )?invoice\s*{_N}",
    r"rechnungs?-?\s?(?:nummer|nr\.?)",
    rf"rechnung\s+{_N}",
    rf"(?:facture|factura|fattura)\s+{_N}",
    r"(?:num[eé]ro|número|n\.?\s?[°º]\.?)\s+(?:de\s+(?:la\s+)?)?(?:facture|factura|fattura)",
    r"numero\s+fattura|factuur(?:nummer|nr\.?)",
    after=r"(?![^\W\d_])",
)
DATES: Final = (
    _any_of(
        r"(?:tax )?invoice date|date of (?:issue|invoice)|issue date|issued(?: on)?|rechnungsdatum|ausstellungsdatum",
        r"ausgestellt am|date de (?:la )?facture|date d['\u2019][eé]mission|fecha de (?:la )?factura",
        r"fecha de (?:emisi[oó]n|expedici[oó]n)|data (?:della )?fattura|data di emissione|factuurdatum",
    ),
    # Not `date de livraison` or the like.
    _any_of("date", "datum", "fecha", "data", after=r"(?!\w| d['\u2019]| (?:de|del|di|of|van) )"),
)
DUE: Final = _any_of(
    r"due date|payment due(?: (?:by|on|date))?|(?:due|pay(?:able)?) (?:by|on|before)",
    r"fällig(?: am| bis|keitsdatum|keit)?",
    r"zahlbar bis(?: zum)?|zahlungsziel|date d['\u2019][eé]ch[eé]ance|[eé]ch[eé]ance|[aà] payer avant le",
    r"fecha de vencimiento|vencimiento|scadenza|data di scadenza|vervaldatum|te betalen voor",
)
NET: Final = _any_of(
    r"sub-?\s?total|net (?:amount|total)|total net|total (?:excl|before)\w*|zwischensumme|nettobetrag",
    r"summe netto|netto",
    r"sous-total|total h\.?t\.?|montant h\.?t\.?|base imponible|imponibile|subtotaal|totaal excl",
)
TAX: Final = _any_of(
    r"vat|sales tax|tax|gst|hst|mwst|ust|umsatzsteuer|mehrwertsteuer|t\.?v\.?a|i\.?v\.?a|btw", before=r"(?:^|(?<=\s))"
)
TOTALS: Final = (
    _any_of(
        r"grand\s*total|total\s*due|amount\s*due|balance\s*due|total\s*payable|amount\s*payable|invoice\s*total",
        r"gesamtbetrag|rechnungsbetrag|gesamtsumme|endbetrag|endsumme|zu zahlender betrag|zahlbetrag|bruttobetrag",
        r"total t\.?t\.?c\.?|montant t\.?t\.?c\.?|net [aà] payer|total [aà] payer|montant total",
        r"total a pagar|importe total|total factura|totale (?:fattura|documento)|totale da pagare|te betalen",
    ),
    re.compile(
        r"(?<!sub)(?<![-\w])(?<!sub )(?:total|gesamt|summe|totale|totaal)(?!\w)"
        r"(?!\s*(?:h\.?t\b|net|excl|before|tax|vat|tva|iva|items|qty|quantity|hours))"
        # Only words of sums may come between the term and the amount: `total station hire` is an item.
        r"(?=\W*(?:(?:amount|sum|price|value|in|incl\w*|with|gross|brutto|to|pay|due|vat|tax|mwst|ust|tva|iva|ttc|"
        rf"us|{CODES})\b\W*)*(?:\d|$))",
        re.IGNORECASE,
    ),
)
SELLER: Final = _any_of(
    r"vendor|seller|supplier|from|issued by|von|verk[aä]ufer|lieferant|rechnungssteller|de|vendeur|fournisseur",
    r"[eé]metteur|emisor|proveedor|vendedor|da|fornitore|van|leverancier",
)
BUYER: Final = _any_of(
    r"(?:bill(?:ed)?|ship(?:ped)?|sold|invoiced?)\s*to|buyer|customer|client|rechnung an",
    r"rechnungsempf[aä]nger|kunde|kundin|factur[eé] [aà]|adress[eé] [aà]|acheteur|facturar a|cliente|comprador",
    r"fatturat[oa] a|destinatario|klant|factuur aan",
)
HOLDER: Final = _any_of(
    r"account (?:holder|name)|kontoinhaber(?:in)?|titulaire(?: du compte)?|titular(?: de la cuenta)?|intestatario",
    r"rekeninghouder|beneficiary|beg[uü]nstigter",
)
TITLE: Final = re.compile(
    r"\s*\b(?:(?:tax |commercial |proforma )?invoice|rechnung|facture|factura|fattura|factuur)\b\W*", re.IGNORECASE
)
# Invoices with these terms write the day first.
DAY_FIRST: Final = _any_of(
    r"rechnung(?:s\w*)?|facture|factura|fattura|factuur(?:\w*)?|betrag|montant|importe|importo|bedrag"
)
