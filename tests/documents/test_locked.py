"""A locked document of any encryption opens with the password of its request; otherwise the error names the cause."""

import asyncio
import unicodedata
import warnings
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Literal

import pikepdf
import pytest

from contract.codes import Code
from contract.reading import MediaType
from durable import run_in_child
from tests.worker import documents
from worker.analysis.quote_boxes import PageQuote, QuoteSearch
from worker.documents.ocr import OcrRequest
from worker.documents.survey import DocumentFile

from . import pdfs
from .outcomes import read
from .test_boxes import find_quote_boxes

type Revision = Literal[2, 3, 4, 5, 6]
USER_PASSWORD, OWNER_PASSWORD = "open sesame", "only the owner"
MISSING_MESSAGE = "the document needs a password: send documentPassword"
WRONG_MESSAGE = "the password does not open the document"


def lock_pdf(user: str, *, revision: Revision = 6, owner: str = OWNER_PASSWORD, content: bytes = b"") -> bytes:
    """Return a PDF that opens with either password.

    The revisions use RC4 of 40 bits (2) and 128 bits (3), and AES of 128 bits (4) and 256 bits (5 and 6).
    """
    is_rc4 = revision < 4
    encryption = pikepdf.Encryption(user=user, owner=owner, R=revision, aes=not is_rc4, metadata=not is_rc4)
    out = BytesIO()
    with pikepdf.open(BytesIO(content or documents.make_pdf(pdfs.LINE))) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pikepdf warns against revision 5
        file.save(out, encryption=encryption, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return out.getvalue()


def truncate(content: bytes) -> bytes:
    """Return a damaged PDF: pdfium refuses it, and the worker repairs it."""
    return content[:-5]


@pytest.mark.parametrize("revision", [2, 3, 4, 5, 6])
@pytest.mark.parametrize("password", [USER_PASSWORD, OWNER_PASSWORD], ids=["user", "owner"])
def test_the_user_password_and_the_owner_password_open_a_document(
    tmp_path: Path, revision: Revision, password: str
) -> None:
    outcome = read(tmp_path, lock_pdf(USER_PASSWORD, revision=revision), password=password)
    assert outcome.text == pdfs.LINE


@pytest.mark.parametrize(
    ("password", "message"),
    [(None, MISSING_MESSAGE), (USER_PASSWORD.upper(), WRONG_MESSAGE), ("\u20ac", WRONG_MESSAGE)],
)
@pytest.mark.parametrize("content", [lock_pdf(USER_PASSWORD), lock_pdf(USER_PASSWORD, revision=3)], ids=["aes", "rc4"])
def test_a_missing_or_wrong_password_is_reported(
    tmp_path: Path, content: bytes, password: str | None, message: str
) -> None:
    error = read(tmp_path, content, password=password).error
    assert error
    assert (error.code, error.message, error.retry) == (Code.ENCRYPTED, message, False)


@pytest.mark.parametrize(
    "content",
    [documents.make_pdf(pdfs.LINE), lock_pdf("", revision=4), lock_pdf("", revision=6)],
    ids=["not locked", "locked for changes", "locked for changes by aes"],
)
def test_an_unneeded_password_is_ignored(tmp_path: Path, content: bytes) -> None:
    assert read(tmp_path, content, password=USER_PASSWORD).text == pdfs.LINE


@pytest.mark.parametrize(
    ("revision", "password"),
    [
        (3, "p\u00e4ssw\u00f6rd"),
        (3, "10 \u20ac"),
        (4, "stra\u00dfe \u2013 \u201cno\u201d"),
        (6, "p\u00e4ssw\u00f6rd"),
        (6, "\u043f\u0430\u0440\u043e\u043b\u044c"),
        (6, "\U0001f511 " + "x" * 120),
    ],
)
def test_a_password_with_non_ascii_letters_opens_a_document(tmp_path: Path, revision: Revision, password: str) -> None:
    content = lock_pdf(password, revision=revision)
    assert read(tmp_path, content, password=password).text == pdfs.LINE
    assert read(tmp_path, truncate(content), password=password).text == pdfs.LINE


def test_a_password_opens_with_composed_and_decomposed_accents(tmp_path: Path) -> None:
    """Some keyboards send the composed form, others the decomposed one."""
    decomposed = unicodedata.normalize("NFD", "p\u00e4ssw\u00f6rd")
    assert read(tmp_path, lock_pdf("p\u00e4ssw\u00f6rd"), password=decomposed).text == pdfs.LINE


def test_question_marks_do_not_replace_letters_of_a_password(tmp_path: Path) -> None:
    """An encoder may write a question mark for a letter that it lacks; such a password must not open the document."""
    unknown = "\u043f\u0430\u0440\u043e\u043b\u044c"
    marks = "?" * len(unknown)
    for one in (lock_pdf(marks, revision=3), truncate(lock_pdf(marks))):
        error = read(tmp_path, one, password=unknown).error
        assert error
        assert error.message == WRONG_MESSAGE


def test_a_damaged_locked_document_is_repaired(tmp_path: Path) -> None:
    content = truncate(lock_pdf(USER_PASSWORD))
    outcome = read(tmp_path, content, password=USER_PASSWORD)
    assert outcome.document
    assert (outcome.text, outcome.document.repaired) == (pdfs.LINE, True)
    for password, message in ((None, MISSING_MESSAGE), ("nope", WRONG_MESSAGE)):
        error = read(tmp_path, content, password=password).error
        assert error
        assert (error.code, error.message) == (Code.ENCRYPTED, message)


def test_quotes_are_found_on_a_locked_page(tmp_path: Path) -> None:
    [box] = find_quote_boxes(tmp_path, lock_pdf(USER_PASSWORD), PageQuote(1, "This page"), password=USER_PASSWORD)
    assert box


def test_noise_with_a_password_is_a_damaged_document(tmp_path: Path) -> None:
    error = read(tmp_path, b"%PDF-1.7\n" + Random(1).randbytes(9_000), password=USER_PASSWORD).error
    assert error
    assert error.code == Code.DAMAGED


def list_public_details(search: QuoteSearch) -> list[str]:
    """Return the details of this process that other users of the machine can read."""
    assert search.password
    return [Path(f"/proc/self/{name}").read_text() for name in ("cmdline", "environ")]


def test_a_child_gets_the_password_neither_in_its_arguments_nor_in_its_environment() -> None:
    search = QuoteSearch(path="here", quotes=(), password=USER_PASSWORD)
    details = asyncio.run(run_in_child(list_public_details, search))
    assert "fork_server" in details[0]
    assert not any(USER_PASSWORD in one for one in details)


def test_the_repr_of_a_request_hides_the_password() -> None:
    """Tracebacks and debuggers show the requests that go to a child."""
    path, secret = "here", "S3cret"
    kind = MediaType.PDF
    values = (
        DocumentFile(path=path, media_type=kind, password=secret),
        OcrRequest(path=path, media_type=kind, pages=(1,), password=secret),
        QuoteSearch(path=path, quotes=(), password=secret),
    )
    assert all(secret not in repr(value) for value in values)
