"""The fields of an electronic invoice come from the XML that a PDF embeds, read without entities, DTDs or network."""

import asyncio
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest

from contract.job import DocumentType
from contract.reading import MediaType
from evaluation.cases import cases_in
from evaluation.running import run
from tests.worker import documents
from worker.analysis.extractive import Extractive
from worker.analysis.rule_analysis import RulesRequest, analyze_with_rules
from worker.documents import pdf
from worker.documents.document_reader import DocumentReader
from worker.documents.einvoice import read_invoice
from worker.documents.survey import DocumentFile, PageRange, read_text_layers

FIELDS = {
    "vendor": "Lindner Zangen GmbH",
    "number": "R-7/18",
    "date": "2018-03-05",
    "due": "2018-04-04",
    "currency": "EUR",
    "net": "100.00",
    "tax": "19.00",
    "amount": "119.00",
}


def make_cii(head: str = "", *, root: str = "CrossIndustryInvoice", document: str = "ExchangedDocument") -> bytes:
    """Return an invoice in UN/CEFACT's syntax, as in Factur-X, and with other names as in ZUGFeRD 1."""
    day = '<a:DateTimeString format="102">{}</a:DateTimeString>'
    return f"""<?xml version="1.0" encoding="UTF-8"?>{head}
<r:{root} xmlns:r="urn:r" xmlns:a="urn:a">
<r:{document}><a:ID>R-7/18</a:ID><a:IssueDateTime>{day.format(20180305)}</a:IssueDateTime></r:{document}>
<r:SupplyChainTradeTransaction>
<a:SellerTradeParty><a:ID>549910</a:ID><a:Name>Lindner  Zangen
GmbH</a:Name></a:SellerTradeParty><a:BuyerTradeParty><a:Name>Kunden AG</a:Name></a:BuyerTradeParty>
<a:InvoiceCurrencyCode>EUR</a:InvoiceCurrencyCode>
<a:SpecifiedTradePaymentTerms><a:DueDateDateTime>{day.format(20180404)}</a:DueDateDateTime></a:SpecifiedTradePaymentTerms>
<a:TaxBasisTotalAmount>100.00</a:TaxBasisTotalAmount>
<a:TaxTotalAmount currencyID="CHF">21.00</a:TaxTotalAmount><a:TaxTotalAmount currencyID="EUR">19.00</a:TaxTotalAmount>
<a:GrandTotalAmount>119.00</a:GrandTotalAmount></r:SupplyChainTradeTransaction></r:{root}>""".encode()


UBL = b"""<Invoice xmlns="urn:i" xmlns:b="urn:b" xmlns:g="urn:g"><b:ID>R-7/18</b:ID>
<b:IssueDate>2018-03-05</b:IssueDate>
<b:DueDate>2018-04-04</b:DueDate><b:DocumentCurrencyCode>EUR</b:DocumentCurrencyCode>
<g:AccountingSupplierParty><g:Party><g:PartyLegalEntity><b:RegistrationName>Lindner Zangen GmbH</b:RegistrationName>
</g:PartyLegalEntity></g:Party></g:AccountingSupplierParty><g:TaxTotal><b:TaxAmount>19.00</b:TaxAmount></g:TaxTotal>
<g:LegalMonetaryTotal><b:TaxExclusiveAmount>100.00</b:TaxExclusiveAmount>
<b:TaxInclusiveAmount>119.00</b:TaxInclusiveAmount></g:LegalMonetaryTotal></Invoice>"""


@pytest.mark.parametrize(
    "content",
    [make_cii(), make_cii(root="CrossIndustryDocument", document="HeaderExchangedDocument"), UBL],
    ids=["Factur-X", "ZUGFeRD 1", "UBL"],
)
def test_the_fields_are_read_in_every_syntax(content: bytes) -> None:
    assert read_invoice(content) == FIELDS


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no XML",
        b"<Invoice><ID>7</ID>",
        b"<Recipe><ID>7</ID></Recipe>",
        b"<Invoice/>",
        make_cii('<!DOCTYPE r [<!ENTITY a "b">]>'),
        make_cii('<!DOCTYPE r SYSTEM "file:///etc/passwd">'),
        b'<!DOCTYPE r [<!ENTITY a "' + b"x" * 100 + b'"><!ENTITY b "' + b"&a;" * 100 + b'">]><Invoice/>',
        b"<Invoice>" * 5_000,
        UBL + b" " * 2**20,
        UBL.replace(b"</Invoice>", b"<i/>" * 50_000 + b"</Invoice>"),
    ],
)  # fmt: skip
def test_what_is_no_invoice_or_hostile_has_no_fields(content: bytes) -> None:
    assert read_invoice(content) is None


def attach(document: bytes, content: bytes) -> bytes:
    """Return the PDF with an embedded file."""
    out = BytesIO()
    with pikepdf.open(BytesIO(document)) as file:
        file.attachments["factur-x.xml"] = content
        file.save(out)
    return out.getvalue()


def analyze(folder: Path, text: str, content: bytes) -> RulesRequest:
    """Read a PDF with this text and embedded file in child processes, as a worker does."""
    (folder / "invoice.pdf").write_bytes(attach(documents.make_pdf(text), content))
    scan = asyncio.run(DocumentReader().scan_text_layers(folder / "invoice.pdf", MediaType.PDF))
    return RulesRequest(kind=DocumentType.INVOICE, pages=scan.layers)


def test_the_embedded_invoice_is_the_truth_and_a_different_text_is_a_warning(tmp_path: Path) -> None:
    text = "Rechnung Nr. R-7/18 vom 05.03.2018 Gesamtbetrag 120,00 EUR"
    analysis = analyze_with_rules(analyze(tmp_path, text, make_cii()))
    assert analysis.plain() == {**FIELDS, "net": 100.0, "tax": 19.0, "amount": 119.0}
    assert analysis.warnings == ("the text says amount 120.0, and the embedded invoice 119.00: the latter was taken",)
    quotes = {finding.field: finding.evidence.quote for finding in analysis.findings}
    assert quotes["number"] == text
    assert quotes["vendor"] == "embedded invoice: vendor Lindner Zangen GmbH"
    assert analysis.summary.startswith(
        "Invoice R-7/18 of 5 March 2018 from Lindner Zangen GmbH: EUR 119.00 (net 100.00"
    )


def test_the_evaluation_can_leave_the_embedded_invoice_out(tmp_path: Path) -> None:
    text = "Rechnung Nr. R-7/18 vom 05.03.2018 Gesamtbetrag 120,00 EUR"
    (tmp_path / "a.pdf").write_bytes(attach(documents.make_pdf(text), make_cii()))
    (tmp_path / "a.json").write_text('{"type": "invoice", "fields": {"amount": 120}}')
    [case] = cases_in(tmp_path)
    found = [
        asyncio.run(run(case, DocumentReader(), Extractive({}), reads_embedded=reads)).fields[0].found
        for reads in (True, False)
    ]
    assert found == [119.0, 120.0]


def test_an_attachment_that_is_no_invoice_changes_nothing(tmp_path: Path) -> None:
    analysis = analyze_with_rules(analyze(tmp_path, "Thank you for your order of last week. Total: 12,00", b"<notes/>"))
    assert "number" not in analysis.plain()
    assert analysis.warnings == ()


@pytest.mark.parametrize("amount", ["1E+400", "1_0", "1,000.00", "NaN", "9" * 16])
def test_a_sum_that_no_currency_has_is_left_out(amount: str) -> None:
    fields = read_invoice(UBL.replace(b">119.00<", f">{amount}<".encode()))
    assert fields == {name: text for name, text in FIELDS.items() if name != "amount"}


def test_an_order_is_no_invoice() -> None:
    assert read_invoice(make_cii(root="SCRDMCCBDACIOMessageStructure")) is None


def test_a_number_or_a_code_inside_another_word_is_no_evidence(tmp_path: Path) -> None:
    """`EUR` is in `Amateur`, and 7 in 17; the latter contradicts the embedded number."""
    text = "Amateur Club\nInvoice number: 17\nInvoice date: 5 March 2018"
    analysis = analyze_with_rules(analyze(tmp_path, text, UBL.replace(b">R-7/18<", b">7<")))
    quotes = {finding.field: finding.evidence.quote for finding in analysis.findings}
    assert quotes["currency"] == "embedded invoice: currency EUR"
    assert analysis.warnings == ("the text says number 17, and the embedded invoice 7: the latter was taken",)


def test_a_number_that_looks_like_a_date_stays_a_number(tmp_path: Path) -> None:
    analysis = analyze_with_rules(
        analyze(tmp_path, "Thank you for your order of last week.", UBL.replace(b">R-7/18<", b">2023-45-67<"))
    )
    assert analysis.summary.startswith("Invoice 2023-45-67 of 5 March 2018")


def add_damaged_attachments(document: bytes, count: int) -> bytes:
    """Return the PDF with attachments of no content that stand before the others."""
    out = BytesIO()
    with pikepdf.open(BytesIO(document)) as file:
        names = file.Root.Names.EmbeddedFiles
        damaged = [pikepdf.Dictionary(Type=pikepdf.Name.Filespec, F=f"{n}.xml", UF=f"{n}.xml") for n in range(count)]
        before = [part for n, one in enumerate(damaged) for part in (pikepdf.String(f"{n}.xml"), one)]
        names.Names = pikepdf.Array([*before, *file.Root.Names.EmbeddedFiles.Names])
        file.save(out)
    return out.getvalue()


def test_a_damaged_attachment_does_not_hide_the_invoice_behind_it(tmp_path: Path) -> None:
    content = add_damaged_attachments(attach(documents.make_pdf("A page"), UBL), 3)
    (tmp_path / "invoice.pdf").write_bytes(content)
    with pdf.open_pdf(str(tmp_path / "invoice.pdf")) as file:
        assert file.document.count_attachments() == 4
        assert file.invoice() == FIELDS


def test_only_the_range_with_the_first_page_reads_the_invoice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "invoice.pdf"
    path.write_bytes(attach(documents.make_pdf(*["A page with a text that is long enough"] * 3), UBL))
    document = DocumentFile(path=str(path), media_type=MediaType.PDF)
    assert [page.invoice for page in read_text_layers(PageRange(document=document, first=1, last=2))] == [FIELDS, None]
    monkeypatch.setattr(pdf, "read_invoice", lambda _: pytest.fail("it was read again"))
    assert len(read_text_layers(PageRange(document=document, first=2, last=3))) == 2
