"""Vendors and parties are named where a document says whose name it is, in texts of shapes that others' have."""

import pytest

from contract.job import DocumentType
from tests.analysis.analyzer_lab import apply_rules


@pytest.mark.parametrize(
    ("text", "vendor"),
    [
        ("Invoice\n1 May\nItems\nA\nB\nC\nNordwind Corporation", None),
        ("VH BOX 180G SE\nMI GORENG AS", None),
        ("Factuuradres\nNordwind Corp", None),
        ("Vendor:\nTotal 3.00", None),
        ("Verkäufer\nNummer: 549910\nName: Lindner Zangen GmbH\nAnschrift: Weg 1", "Lindner Zangen GmbH"),
        ("Verkäufer\nName:\nGLN 4000001123452\nAnschrift: Weg 1", None),
        ("Teehaus & Wolle Hausverwaltung GmbH & Co.\nWeg 1", "Teehaus & Wolle Hausverwaltung GmbH & Co."),
        ("BAMBOO HUT TRADING\nENTERPRISE SDN BHD\n12345 Ipoh", None),
        ("BAMBOO HUT SDN BHD (12-X)\n12345 Ipoh", "BAMBOO HUT SDN BHD"),
        ("ELM TEA (M) SDN. BHD.\n12345 Ipoh", "ELM TEA (M) SDN. BHD."),
        ("Elm Tea (UK) Limited\n12 High Street", "Elm Tea (UK) Limited"),
        ("BAMBOO HUT\nSDN BHD\n12345 Ipoh", "BAMBOO HUT SDN BHD"),
        ("THE BAMBOO HUT\n& SONS SDN BHD\n12345 Ipoh", "THE BAMBOO HUT & SONS SDN BHD"),
        ("GARDEN\nBAMBOO HUT\nSDN BHD\n12345 Ipoh", None),
        ("BAMBOO HUT\nCOMPANY NO: 12-X", "BAMBOO HUT"),
        ("BAMBOO HUT\n(JM0123456-K)\n12 High Street", "BAMBOO HUT"),
        ("Elm Bakery\n12 High Street\nLeeds\nTel: 0113 496 0000\nTotal 3.00", "Elm Bakery"),
        ("Elm Bakery\n12 High Street\nLeeds\nTotal 3.00", None),  # an address alone may be the buyer's
        ("Elm Bakery\nBread and Cakes\n12 High Street\nTel: 0113 496 0000", None),
        ("John Reed\n12 High Street\nInvoice\nVAT no 123", None),
        ("A03120\nElm Bakery\n12 High Street\nTel: 0113 496 0000", "Elm Bakery"),  # a number stamped on the paper
        ("3-1708032\nBAMBOO HUT SDN BHD\n12345 Ipoh", "BAMBOO HUT SDN BHD"),
        ("PAIT\n99 ELM BAKERY\nTel: 0113 496 0000", None),
        ("CASH SALE\n12 High Street\nTel: 0113 496 0000", None),
        ("MILL HOUSE\nElm Bakery Ltd\n12 High Street\nTel: 0113 496 0000", None),
        ("Ihr Angebot\nVersand\nLager\nTor 3\nHof\nHausname\nTatin SAS au capital de 100 Euros RCS Lyon", "Tatin SAS"),
    ],
)
def test_a_vendor_is_the_one_who_wrote_it_or_absent(text: str, vendor: str | None) -> None:
    assert apply_rules(DocumentType.INVOICE, text).plain().get("vendor") == vendor


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The difference between Developer and Franchisor is small.", {}),
        ("an exchange rate between United States Dollars and Euros", {}),
        (
            'made by and between Alder Foods, Inc., a Delaware corporation ("Alder"), and brook.com Ltd. ("Brook")',
            {"parties": ["Alder Foods, Inc.", "brook.com Ltd."]},
        ),
        ("2.1.52 Nomination of a member", {}),
        ("SUPPLY AGREEMENT\nEffective: 1 May 2026", {"effective": "2026-05-01"}),
        ("This agreement is effective as of the date below.\nSource: ALDER INC, S-1, 2/27/2020", {}),
        ("The price holds from the Effective Date until December 31, 2018.", {}),
        (
            ('This Agreement is dated March 1, 2020 (the "Effective Date").\n'
            "The term of this Agreement shall be two (2) years\nfrom the Effective Date."),
            {"effective": "2020-03-01", "expires": "2022-03-01"},
        ),
        (
            "This Agreement is governed by and construed in\naccordance with the laws of\nthe State of\nOregon.",
            {"governing_law": "Oregon"},
        ),
        ("The term shall not be governed by the laws of the State.", {}),
        ("governed\u00a0by the laws\u00a0of the State\u00a0of\u00a0New\u00a0Mexico.", {"governing_law": "New Mexico"}),
        (
            'among Alder Foods, Inc. ("Alder"), Brook Ltd. ("Brook")\u037e Cove Mills LLC ("Cove") and Dale GmbH ("D")',
            {"parties": ["Alder Foods, Inc.", "Brook Ltd.", "Cove Mills LLC", "Dale GmbH"]},
        ),
        (
            "between Alder Tea Trading Co., Ltd., a company, and Brook Tea Co. Ltd (Brook)",
            {"parties": ["Alder Tea Trading Co., Ltd.", "Brook Tea Co. Ltd"]},
        ),
        (
            'among Alder Ltd ("Alder"), a mill of Leeds, Brook Ltd ("Brook"), part of Elm Ltd ("Elm"), and Cove Ltd',
            {"parties": ["Alder Ltd", "Brook Ltd", "Cove Ltd"]},
        ),
        (
            'by and between, ALDER FOODS, INC., a company ("Alder"), and, Brook S.R.L. an Italian company',
            {"parties": ["ALDER FOODS, INC.", "Brook S.R.L."]},
        ),
        (
            "between Alder Golf Inc., a Delaware corporation, and Anna North, having a mailing address of 1 Elm Road.",
            {"parties": ["Alder Golf Inc.", "Anna North"]},
        ),
        ("between Alder Inc., through Mr. A. Reed and Ms. Lee, and Brook LLC and Mr. Peter Cove, a farmer", {}),
        ("between Alder Inc. in person of Mr. Reed\nand its manager, and Brook LLC and Peter Cove, a farmer", {}),
        ('"Lease" means the lease made by and between Alder Inc. and Brook LLC.', {}),
        ("THIS LEASE is made by and between ____, a mill, and Alder Inc.\nPlan between Brook Inc. and Cove LLC", {}),
        ("by and among\nAlder Mills Limited\nBrook Mills Limited\nand\nCove, Inc.", {}),
        ("under that certain lease effective as of June 25, 2013 among others", {}),
        ("by that certain plan this Agreement is effective as of June 25, 2013", {"effective": "2013-06-25"}),
    ],
)  # fmt: skip
def test_a_contract_says_less_and_right(text: str, found: dict[str, object]) -> None:
    assert apply_rules(DocumentType.CONTRACT, text).plain() == found


def test_parties_are_introduced_on_the_first_pages() -> None:
    pages = [*["Some clause."] * 9, "between Alder Foods, Inc. and Brook Milling GmbH."]
    assert apply_rules(DocumentType.CONTRACT, *pages).plain() == {}


def test_the_quote_of_the_parties_has_both_names() -> None:
    text = "This lease is made between Alpha Foods Inc. of 5 Long Street, Springfield, and Beta Mills Inc. of Ohio."
    [parties] = apply_rules(DocumentType.CONTRACT, text).findings
    assert "Beta Mills Inc." in parties.evidence.quote
