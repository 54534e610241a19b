"""Derived job ids: valid, readable, equal for equal requests and different for others."""

import re

import pytest

from contract.job import JOB_ID, DocumentType
from ops.job_ids import derive_job_id

URL = "https://example.com/a.pdf"


@pytest.mark.parametrize(
    ("name", "prefix"),
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
def test_any_file_name_gives_a_valid_job_id(name: str, prefix: str) -> None:
    job_id = derive_job_id(URL, DocumentType.REPORT, "me", name=name)
    assert re.fullmatch(JOB_ID, job_id)
    assert job_id.startswith(prefix)


def test_equal_requests_have_equal_ids_and_different_requests_different_ones() -> None:
    same = [derive_job_id(URL, DocumentType.REPORT, "me") for _ in range(2)]
    others = [
        derive_job_id(URL + "?x", DocumentType.REPORT, "me"),
        derive_job_id(URL, DocumentType.INVOICE, "me"),
        derive_job_id(URL, DocumentType.REPORT, "you"),
        derive_job_id(URL, DocumentType.REPORT, "me", again=True),
        derive_job_id(URL, DocumentType.REPORT, "me", again=True),
        derive_job_id(URL, "letter", "me"),
        derive_job_id(URL, DocumentType.REPORT, "me", extras=["at most 2"]),
        derive_job_id(URL, DocumentType.REPORT, "me", extras=["with a password"]),
    ]
    assert len(set(same)) == 1
    assert len({*same, *others}) == 9
