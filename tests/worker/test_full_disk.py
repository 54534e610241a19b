"""A disk that takes no more is a temporary fault with a sentence: nothing half is left, and the next try succeeds."""

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
FULL = 4 * MEGABYTE


@dataclass
class Limited:
    """No file may be longer, as where a disk is full; it needs no rights, and is another error to the programs."""

    folder: Path

    @contextmanager
    def full(self) -> Iterator[None]:
        """Let writes beyond it fail inside."""
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (FULL, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@dataclass
class Disk:
    """A disk in memory, which really gets full."""

    folder: Path

    def __post_init__(self) -> None:
        self.folder.mkdir()
        self.mount("-t", "tmpfs", "-o", "size=64m", "none")

    @contextmanager
    def full(self) -> Iterator[None]:
        """Let it have little room inside."""
        self.mount("-o", f"remount,size={FULL}")
        try:
            yield
        finally:
            self.mount("-o", "remount,size=64m")

    def mount(self, *words: str) -> None:
        subprocess.run([str(shutil.which("mount")), *words, str(self.folder)], check=True, capture_output=True)

    def close(self) -> None:
        # Also if a test that failed has left a file open: what stays mounted stands in the way of every later run.
        subprocess.run([str(shutil.which("umount")), "--lazy", str(self.folder)], check=True)


@pytest.fixture(params=["disk", "limit"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk | Limited]:
    """A folder whose disk can be full."""
    if request.param == "limit":
        yield Limited(tmp_path)
        return
    if os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("NO FULL DISK: a small one can be mounted by root only; a limit on files stood in for it")
    try:
        disk = Disk(tmp_path / "disk")
    except subprocess.CalledProcessError as error:
        pytest.skip(f"NO FULL DISK: this machine mounts none ({error.stderr!r}); a limit on files stood in for it")
    yield disk
    disk.close()


async def source(_: str) -> AsyncGenerator[bytes]:
    for start in range(0, len(CONTENT), 65_536):
        yield CONTENT[start : start + 65_536]


def download(store: Store) -> Original:
    job = DocumentJob(job_id="job-1", document_url="https://example.com/a.pdf", requester_id="client")
    return run_step(DocumentSteps(make_ports(store, read=source, max_bytes=50 * MEGABYTE)).download, job)


def files(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file()]


def check(error: JobError) -> None:
    """What people and programs are told."""
    assert (type(error), error.code) == (TemporaryError, Code.STORE_FAILED)
    assert "No space left on device" in error.message or "File too large" in error.message
    assert "\n" not in error.message


def test_a_document_that_does_not_fit_leaves_nothing_and_comes_later(place: Disk | Limited) -> None:
    store = Store.open((place.folder / "store").as_uri())
    with place.full():
        with pytest.raises(JobError) as caught:
            download(store)
        assert files(place.folder) == []
    check(caught.value)
    assert asyncio.run(store.read(download(store).reference)) == CONTENT


def test_a_result_that_does_not_fit_leaves_nothing_and_comes_later(place: Disk | Limited) -> None:
    store = Store.open((place.folder / "store").as_uri())
    with place.full():
        with pytest.raises(JobError) as caught:
            asyncio.run(store.create("a/b.json", CONTENT))
        assert files(place.folder) == []
    check(caught.value)
    assert asyncio.run(store.read(asyncio.run(store.create("a/b.json", CONTENT)))) == CONTENT


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="NO /dev/full: this system has none")
def test_bytes_that_are_written_only_when_the_file_is_closed_are_missed_too(tmp_path: Path) -> None:
    """This file takes none, and seems to take a few."""
    store = Store.open(tmp_path.as_uri())
    with pytest.raises(JobError) as caught:
        asyncio.run(store.save(asyncio.run(store.create("a", b"little")), Path("/dev/full")))
    check(caught.value)


def test_a_document_that_cannot_be_put_at_hand_is_still_in_the_store(
    place: Disk | Limited, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file to read it from is gone again, and its folder with it."""
    store = Store.open((tmp_path / "elsewhere").as_uri())
    reference = asyncio.run(store.create("a.pdf", CONTENT))
    work = place.folder / "work"
    work.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(work))

    async def size() -> int:
        async with local_copy(Original(reference=reference, media_type=MediaType.PDF), store) as file:
            return file.stat().st_size

    with place.full(), pytest.raises(JobError) as caught:
        asyncio.run(size())
    check(caught.value)
    assert list(work.iterdir()) == []
    assert asyncio.run(size()) == len(CONTENT)


def test_an_estimate_for_which_there_is_no_room_comes_later(
    place: Disk | Limited, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of the document is left."""
    work = place.folder / "work"
    work.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(work))
    store, outbox = (tmp_path / "elsewhere").as_uri(), (tmp_path / "outbox").as_uri()
    least = {"RESONATE_URL": "http://127.0.0.1:1", "STORE_URL": store, "NOTIFY_URL": outbox}
    ports = replace(open_ports(Settings.from_env(least)), read=source)
    job = DocumentJob(job_id="job-1", document_url="https://example.com/a.pdf", requester_id="client")
    with place.full(), pytest.raises(JobError) as caught:
        run_step(EstimateWorkflow(ports).look, job)
    check(caught.value)
    assert list(work.iterdir()) == []


def test_a_store_that_does_not_answer_is_told_in_a_line() -> None:
    """Nobody listens at that address."""
    nowhere = bucket_at("http://127.0.0.1:1")
    for ask in (Store("s3://b", nowhere).find("a"), Store("s3://b", nowhere).create("a", b"")):
        with pytest.raises(JobError) as caught:
            asyncio.run(ask)
        assert (type(caught.value), caught.value.code) == (TemporaryError, Code.STORE_FAILED)
        assert "\n" not in caught.value.message
