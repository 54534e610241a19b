"""Names of jobs that nobody named: safe, readable, the same for the same request and no other."""

import re

import pytest

from contract.job import JOB_ID, DocumentType
from ops.job_ids import derive_job_id

URL = "https://example.com/a.pdf"


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("invoice.pdf", "invoice-"),
        ("My invoice (März).PDF", "My-invoice-M-rz-"),
        ("../../etc/passwd", "document-"),
        ("请款单.pdf", "document-"),
        ("", "a-"),
        ("-rf.pdf", "rf-"),
        ("x" * 500 + ".pdf", "x" * 64 + "-"),
        (".pdf", "pdf-"),
    ],
)
def test_any_name_makes_an_id_that_the_api_takes(name: str, begins: str) -> None:
    made = derive_job_id(URL, DocumentType.REPORT, "me", name=name)
    assert re.fullmatch(JOB_ID, made)
    assert made.startswith(begins)


def test_the_same_request_has_the_same_id_and_another_has_another() -> None:
    same = [derive_job_id(URL, DocumentType.REPORT, "me") for _ in range(2)]
    others = [
        derive_job_id(URL + "?x", DocumentType.REPORT, "me"),
        derive_job_id(URL, DocumentType.INVOICE, "me"),
        derive_job_id(URL, DocumentType.REPORT, "you"),
        derive_job_id(URL, DocumentType.REPORT, "me", again=True),
        derive_job_id(URL, DocumentType.REPORT, "me", again=True),
        derive_job_id(URL, "letter", "me"),
        derive_job_id(URL, DocumentType.REPORT, "me", beside=["at most 2"]),
        derive_job_id(URL, DocumentType.REPORT, "me", beside=["with a password"]),
    ]
    assert len(set(same)) == 1
    assert len({*same, *others}) == 9
