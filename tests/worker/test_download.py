"""Download: the step stores documents and fails with a code for everything else, in bounded memory."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from contract.codes import Code
from contract.reading import MediaType
from durable import JobError
from tests.fresh_process import run_in_own_process
from tests.waiting import wait_until
from tests.worker import documents
from tests.worker.document_site import Site
from tests.worker.download_step import MEGABYTE, download, job_at
from tests.worker.fake_ports import make_ports
from worker.adapters.object_store import Store
from worker.sources.web import Web
from worker.steps.document import DocumentSteps


@pytest.mark.parametrize(
    ("content", "media_type", "name"),
    [
        (documents.make_pdf("hello"), MediaType.PDF, "original.pdf"),
        (b"some junk first\n" + documents.make_pdf("hello"), MediaType.PDF, "original.pdf"),
        (documents.make_picture("hello"), MediaType.PNG, "original.png"),
        (documents.make_picture("hello", kind="JPEG"), MediaType.JPEG, "original.jpeg"),
        (documents.make_picture("hello", kind="TIFF"), MediaType.TIFF, "original.tiff"),
    ],
    ids=["pdf", "pdf after junk", "png", "jpeg", "tiff"],
)
def test_the_bytes_of_a_document_decide_its_type(
    site: Site, folder_store: Store, content: bytes, media_type: MediaType, name: str
) -> None:
    original = download(site.serve("report.exe", content), folder_store, site=site)
    assert original.media_type is media_type
    assert original.reference.key == f"jobs/job-1/{name}"
    assert original.reference.sha256 == hashlib.sha256(content).hexdigest()
    assert asyncio.run(folder_store.read(original.reference)) == content


def test_a_second_download_returns_the_first_document(site: Site, store: Store) -> None:
    """Even when the URL serves another document by then."""
    first = download(site.serve("a.pdf", documents.make_pdf("the first")), store, site=site)
    assert download(site.serve("a.pdf", documents.make_pdf("the first")), store, site=site) == first
    assert download(site.serve("a.pdf", documents.make_pdf("another")), store, site=site) == first
    assert asyncio.run(store.read(first.reference)) == documents.make_pdf("the first")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", Code.EMPTY),
        (b"<!doctype html><p>Sign in", Code.UNSUPPORTED),
        (b"MZ", Code.UNSUPPORTED),
        (b"%PDF-1.7" + b"x" * MEGABYTE, Code.TOO_LARGE),
    ],
    ids=["empty", "page", "program", "too large"],
)
def test_a_file_that_is_no_document_fails_with_its_code(
    site: Site, folder_store: Store, content: bytes, code: Code
) -> None:
    with pytest.raises(JobError) as caught:
        download(site.serve("a.pdf", content), folder_store, site=site)
    assert (caught.value.code, caught.value.retry) == (code, False)


@pytest.mark.parametrize(("path", "code"), [("/missing", Code.NOT_FOUND), ("/status/403", Code.FORBIDDEN)])
def test_a_refused_url_fails_with_its_code(site: Site, folder_store: Store, path: str, code: Code) -> None:
    with pytest.raises(JobError) as caught:
        download(site.url + path, folder_store, site=site)
    assert (caught.value.code, caught.value.retry) == (code, False)


def download_endless_document(host: str, store: str, max_bytes: int) -> str:
    """Download a document without an end; return the code of the error."""
    with pytest.raises(JobError) as caught:
        download(f"http://{host}/endless", Store.open(store), Web([host]).read, max_bytes=max_bytes)
    return caught.value.code


def test_an_endless_document_fails_at_the_size_limit(site: Site, store: Store) -> None:
    """The download holds little of it in memory, stores nothing, and closes the connection."""
    code, memory = run_in_own_process(download_endless_document, site.host, store.url(""), 48 * MEGABYTE)
    assert code == Code.TOO_LARGE
    assert memory.growth < 32 * MEGABYTE
    assert asyncio.run(store.find("jobs/job-1/original.pdf")) is None
    wait_until(lambda: "gone" in site.requested_paths, "the connection is still open")


def test_a_connection_that_breaks_is_retried_whatever_length_it_announced(site: Site, folder_store: Store) -> None:
    """The server announces 10 GB and breaks off: the size limit counts received bytes only."""
    with pytest.raises(JobError) as caught:
        download(f"{site.url}/huge", folder_store, site=site)
    assert (caught.value.code, caught.value.retry) == (Code.UNAVAILABLE, True)


def test_a_canceled_download_closes_its_source_and_stores_nothing(tmp_path: Path, folder_store: Store) -> None:
    closed: list[bool] = []

    async def stall(_: str) -> AsyncGenerator[bytes]:
        try:
            yield documents.make_pdf("hello") + b" " * 2_000
            is_stalled.set()
            await asyncio.Event().wait()
        finally:
            closed.append(True)

    async def cancel_download() -> None:
        task = asyncio.create_task(
            DocumentSteps(make_ports(folder_store, read=stall)).download.body(job_at("https://example.com"))
        )
        await is_stalled.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    is_stalled = asyncio.Event()
    asyncio.run(cancel_download())
    assert closed
    assert [file for file in (tmp_path / "store").rglob("*") if file.is_file()] == []
