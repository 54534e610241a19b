"""A full disk is a temporary error with a one-line message: no partial file remains, and a retry succeeds."""

import asyncio
import os
import resource
import shutil
import subprocess
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from contract.codes import Code
from contract.job import DocumentJob
from contract.reading import MediaType, Original
from durable import JobError, TemporaryError
from tests.aws import bucket_at
from tests.worker.fake_ports import make_ports, run_step
from worker.adapters.object_store import Store
from worker.bootstrap import open_ports
from worker.settings import Settings
from worker.steps.document import DocumentSteps
from worker.steps.stored_pages import local_copy
from worker.workflows.estimate import EstimateWorkflow

MEGABYTE = 2**20
CONTENT = b"%PDF-1.7\n" + b"x" * (12 * MEGABYTE)
FREE_BYTES = 4 * MEGABYTE


@dataclass
class LimitedFolder:
    """A folder with a limit on file sizes: needs no root rights, and causes another error than a full disk."""

    folder: Path

    @contextmanager
    def fill(self) -> Iterator[None]:
        """Let writes beyond the limit fail inside the block."""
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (FREE_BYTES, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@dataclass
class MemoryDisk:
    """A mounted disk in memory, which really gets full."""

    folder: Path

    def __post_init__(self) -> None:
        self.folder.mkdir()
        self.mount("-t", "tmpfs", "-o", "size=64m", "none")

    @contextmanager
    def fill(self) -> Iterator[None]:
        """Shrink the disk inside the block."""
        self.mount("-o", f"remount,size={FREE_BYTES}")
        try:
            yield
        finally:
            self.mount("-o", "remount,size=64m")

    def mount(self, *words: str) -> None:
        subprocess.run([str(shutil.which("mount")), *words, str(self.folder)], check=True, capture_output=True)

    def close(self) -> None:
        # Lazy, because a failed test may have left a file open, and a disk that stays mounted breaks every later run.
        subprocess.run([str(shutil.which("umount")), "--lazy", str(self.folder)], check=True)


@pytest.fixture(params=["disk", "limit"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MemoryDisk | LimitedFolder]:
    """A folder whose disk can get full, of each kind."""
    if request.param == "limit":
        yield LimitedFolder(tmp_path)
        return
    if os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("NO FULL DISK: a small one can be mounted by root only; a limit on files stood in for it")
    try:
        mounted = MemoryDisk(tmp_path / "disk")
    except subprocess.CalledProcessError as error:
        pytest.skip(f"NO FULL DISK: this machine mounts none ({error.stderr!r}); a limit on files stood in for it")
    yield mounted
    mounted.close()


async def read_content(_: str) -> AsyncGenerator[bytes]:
    for start in range(0, len(CONTENT), 65_536):
        yield CONTENT[start : start + 65_536]


def download(store: Store) -> Original:
    job = DocumentJob(job_id="job-1", document_url="https://example.com/a.pdf", requester_id="client")
    return run_step(DocumentSteps(make_ports(store, read=read_content, max_bytes=50 * MEGABYTE)).download, job)


def list_files(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file()]


def check_error(error: JobError) -> None:
    """Check the class and code for programs, and the one-line message for users."""
    assert (type(error), error.code) == (TemporaryError, Code.STORE_FAILED)
    assert "No space left on device" in error.message or "File too large" in error.message
    assert "\n" not in error.message


def test_a_document_that_does_not_fit_is_stored_by_a_retry(disk: MemoryDisk | LimitedFolder) -> None:
    store = Store.open((disk.folder / "store").as_uri())
    with disk.fill():
        with pytest.raises(JobError) as caught:
            download(store)
        assert list_files(disk.folder) == []
    check_error(caught.value)
    assert asyncio.run(store.read(download(store).reference)) == CONTENT


def test_a_result_that_does_not_fit_is_stored_by_a_retry(disk: MemoryDisk | LimitedFolder) -> None:
    store = Store.open((disk.folder / "store").as_uri())
    with disk.fill():
        with pytest.raises(JobError) as caught:
            asyncio.run(store.create("a/b.json", CONTENT))
        assert list_files(disk.folder) == []
    check_error(caught.value)
    assert asyncio.run(store.read(asyncio.run(store.create("a/b.json", CONTENT)))) == CONTENT


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="NO /dev/full: this system has none")
def test_an_error_at_the_close_of_a_file_is_a_store_error_too(tmp_path: Path) -> None:
    """A small write to this file succeeds in the buffer and fails when the file is closed."""
    store = Store.open(tmp_path.as_uri())
    with pytest.raises(JobError) as caught:
        asyncio.run(store.save(asyncio.run(store.create("a", b"little")), Path("/dev/full")))
    check_error(caught.value)


def test_a_document_that_cannot_be_copied_to_a_full_disk_stays_in_the_store(
    disk: MemoryDisk | LimitedFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The partial local copy and its folder are removed."""
    store = Store.open((tmp_path / "elsewhere").as_uri())
    reference = asyncio.run(store.create("a.pdf", CONTENT))
    work = disk.folder / "work"
    work.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(work))

    async def copy_size() -> int:
        async with local_copy(Original(reference=reference, media_type=MediaType.PDF), store) as file:
            return file.stat().st_size

    with disk.fill(), pytest.raises(JobError) as caught:
        asyncio.run(copy_size())
    check_error(caught.value)
    assert list(work.iterdir()) == []
    assert asyncio.run(copy_size()) == len(CONTENT)


def test_an_estimate_on_a_full_disk_can_be_retried(
    disk: MemoryDisk | LimitedFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The partial document is removed."""
    work = disk.folder / "work"
    work.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(work))
    store, outbox = (tmp_path / "elsewhere").as_uri(), (tmp_path / "outbox").as_uri()
    environ = {"RESONATE_URL": "http://127.0.0.1:1", "STORE_URL": store, "NOTIFY_URL": outbox}
    ports = replace(open_ports(Settings.from_env(environ)), read=read_content)
    job = DocumentJob(job_id="job-1", document_url="https://example.com/a.pdf", requester_id="client")
    with disk.fill(), pytest.raises(JobError) as caught:
        run_step(EstimateWorkflow(ports).survey_document, job)
    check_error(caught.value)
    assert list(work.iterdir()) == []


def test_a_store_that_does_not_answer_has_a_one_line_error() -> None:
    """No server listens at that address."""
    bucket = bucket_at("http://127.0.0.1:1")
    for ask in (Store("s3://b", bucket).find("a"), Store("s3://b", bucket).create("a", b"")):
        with pytest.raises(JobError) as caught:
            asyncio.run(ask)
        assert (type(caught.value), caught.value.code) == (TemporaryError, Code.STORE_FAILED)
        assert "\n" not in caught.value.message
