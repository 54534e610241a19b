"""A document that is locked opens with the password of its request, in whatever way it was locked, or says why not."""

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
from contract.reading import MediaType, TextSource
from durable import run_in_child
from local import samples
from tests.worker import documents
from worker.analysis.quote_boxes import PageQuote, QuoteSearch
from worker.documents.ocr import OcrRequest
from worker.documents.survey import DocumentFile

from . import pdfs
from .reading import read
from .test_places import look_up

type Revision = Literal[2, 3, 4, 5, 6]
WORD, OWNER = "open sesame", "only the owner"
MISSING = "the document needs a password: send documentPassword"
WRONG = "the password does not open the document"


def lock_pdf(user: str, *, revision: Revision = 6, owner: str = OWNER, content: bytes = b"") -> bytes:
    """Return a PDF that opens with either password: RC4 of 40 and 128 bits, AES of 128 and twice of 256."""
    old = revision < 4
    lock = pikepdf.Encryption(user=user, owner=owner, R=revision, aes=not old, metadata=not old)
    out = BytesIO()
    with pikepdf.open(BytesIO(content or documents.make_pdf(pdfs.LINE))) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns against revision 5
        file.save(out, encryption=lock, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return out.getvalue()


def truncate(content: bytes) -> bytes:
    """Return what pdfium refuses, and what can be mended."""
    return content[:-5]


@pytest.mark.parametrize("revision", [2, 3, 4, 5, 6])
@pytest.mark.parametrize("password", [WORD, OWNER], ids=["user", "owner"])
def test_either_password_opens_it(tmp_path: Path, revision: Revision, password: str) -> None:
    outcome = read(tmp_path, lock_pdf(WORD, revision=revision), password=password)
    assert outcome.text == pdfs.LINE


@pytest.mark.parametrize(("password", "message"), [(None, MISSING), (WORD.upper(), WRONG), ("\u20ac", WRONG)])
@pytest.mark.parametrize("content", [lock_pdf(WORD), lock_pdf(WORD, revision=3)], ids=["aes", "rc4"])
def test_what_does_not_open_says_what_to_do(tmp_path: Path, content: bytes, password: str | None, message: str) -> None:
    error = read(tmp_path, content, password=password).error
    assert error
    assert (error.code, error.message, error.retry) == (Code.ENCRYPTED, message, False)


@pytest.mark.parametrize(
    "content",
    [documents.make_pdf(pdfs.LINE), lock_pdf("", revision=4), lock_pdf("", revision=6)],
    ids=["not locked", "locked for changes", "locked for changes by aes"],
)
def test_a_needless_password_is_ignored(tmp_path: Path, content: bytes) -> None:
    assert read(tmp_path, content, password=WORD).text == pdfs.LINE


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
def test_letters_beyond_ascii_open_it(tmp_path: Path, revision: Revision, password: str) -> None:
    content = lock_pdf(password, revision=revision)
    assert read(tmp_path, content, password=password).text == pdfs.LINE
    assert read(tmp_path, truncate(content), password=password).text == pdfs.LINE


def test_a_letter_and_its_accent_are_the_same_together_and_apart(tmp_path: Path) -> None:
    """Some keyboards send one, some the other."""
    apart = unicodedata.normalize("NFD", "p\u00e4ssw\u00f6rd")
    assert read(tmp_path, lock_pdf("p\u00e4ssw\u00f6rd"), password=apart).text == pdfs.LINE


def test_what_stands_for_no_letter_of_an_old_document_does_not_open_it(tmp_path: Path) -> None:
    """No program's mark for letters that it does not know is taken for them."""
    unknown = "\u043f\u0430\u0440\u043e\u043b\u044c"
    marks = "?" * len(unknown)
    for one in (lock_pdf(marks, revision=3), truncate(lock_pdf(marks))):
        error = read(tmp_path, one, password=unknown).error
        assert error
        assert error.message == WRONG


def test_a_locked_document_that_is_damaged_is_mended(tmp_path: Path) -> None:
    content = truncate(lock_pdf(WORD))
    outcome = read(tmp_path, content, password=WORD)
    assert outcome.reading
    assert (outcome.text, outcome.reading.repaired) == (pdfs.LINE, True)
    for password, message in ((None, MISSING), ("nope", WRONG)):
        error = read(tmp_path, content, password=password).error
        assert error
        assert (error.code, error.message) == (Code.ENCRYPTED, message)


def test_a_locked_scan_is_recognized_and_a_locked_page_is_searched(tmp_path: Path) -> None:
    picture = BytesIO()
    samples.draw_scan(["Sheet number 7"], skew=0, width=600).save(picture, "PDF")
    (page,) = read(tmp_path, lock_pdf(WORD, content=picture.getvalue()), password=WORD).pages
    assert (page.text, page.source) == ("Sheet number 7", TextSource.OCR)
    [box] = look_up(tmp_path, lock_pdf(WORD), PageQuote(1, "This page"), password=WORD)
    assert box


def test_noise_behind_a_password_is_damage(tmp_path: Path) -> None:
    error = read(tmp_path, b"%PDF-1.7\n" + Random(1).randbytes(9_000), password=WORD).error
    assert error
    assert error.code == Code.DAMAGED


def list_public_details(search: QuoteSearch) -> list[str]:
    """Return what any user of the machine may see of this process, which got a password."""
    assert search.password
    return [Path(f"/proc/self/{name}").read_text() for name in ("cmdline", "environ")]


def test_a_child_gets_the_password_neither_as_an_argument_nor_in_its_environment() -> None:
    search = QuoteSearch(path="here", quotes=(), password=WORD)
    shown = asyncio.run(run_in_child(list_public_details, search))
    assert "launcher" in shown[0]
    assert not any(WORD in one for one in shown)


def test_no_value_that_carries_a_password_shows_it() -> None:
    """What goes to a child is shown by tracebacks and debuggers."""
    path, secret = "here", "S3cret"
    kind = MediaType.PDF
    values = (
        DocumentFile(path=path, media_type=kind, password=secret),
        OcrRequest(path=path, media_type=kind, pages=(1,), password=secret),
        QuoteSearch(path=path, quotes=(), password=secret),
    )
    assert all(secret not in repr(value) for value in values)
