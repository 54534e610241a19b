"""No document stays on a worker's disk: not after a step, and not after a worker was killed."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

import pytest

from local.server_process import ROOT
from tests import warm_start
from tests.processes import kill_at_end
from tests.waiting import wait_until
from worker.adapters.temporary_folder import remove_abandoned_folders, temporary_folder

HOLDER = """
import asyncio
from worker.adapters.temporary_folder import temporary_folder

async def hold():
    async with temporary_folder("document-") as folder:
        (folder / "original.pdf").write_bytes(b"secret")
        print(folder, flush=True)
        await asyncio.Event().wait()

asyncio.run(hold())
"""


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


@contextmanager
def hold_folder(scratch: Path) -> Iterator[Path]:
    """Run a process that has a folder with a document."""
    environ = {**os.environ, "TMPDIR": str(scratch)}
    command = [sys.executable, "-c", HOLDER]
    with subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield Path(process.stdout.readline().strip())
        finally:
            process.kill()


def leave_folder(scratch: Path) -> Path:
    """Return the folder of a process that was killed."""
    with hold_folder(scratch) as folder:
        pass
    assert (folder / "original.pdf").exists()
    return folder


def test_a_folder_goes_with_its_files_at_the_end_of_its_step(scratch: Path) -> None:
    async def use() -> None:
        async with temporary_folder("document-") as folder:
            (folder / "original.pdf").touch()
            assert folder.parent == scratch

    asyncio.run(use())
    assert list(scratch.iterdir()) == []


def test_a_step_that_is_canceled_while_its_folder_is_made_leaves_none(scratch: Path) -> None:
    async def use() -> None:
        async with temporary_folder("document-"):
            pytest.fail("the step was canceled before")

    async def cancel() -> None:
        step = asyncio.create_task(use())
        await asyncio.sleep(0)  # now a thread makes the folder
        step.cancel()
        with pytest.raises(asyncio.CancelledError):
            await step

    asyncio.run(cancel())
    assert list(scratch.iterdir()) == []


def test_a_worker_that_starts_removes_what_a_killed_one_left_and_nothing_else(scratch: Path) -> None:
    left, other = leave_folder(scratch), Path(mkdtemp(prefix="longhand-", dir=scratch))  # as a deployment has one
    with hold_folder(scratch) as used:
        remove_abandoned_folders()
        assert not left.exists()
        assert (used / "original.pdf").exists()
        assert other.exists()


def test_the_program_does_so_at_its_start(scratch: Path) -> None:
    left = leave_folder(scratch)
    environ = {
        **os.environ,
        "TMPDIR": str(scratch),
        "RESONATE_URL": "http://127.0.0.1:1",
        "STORE_URL": (scratch / "store").as_uri(),
        "NOTIFY_URL": (scratch / "outbox").as_uri(),
    }
    worker = warm_start.start([sys.executable, "-m", "worker"], cwd=ROOT, env=environ, stderr=subprocess.PIPE)
    with kill_at_end(worker):
        wait_until(lambda: not left.exists(), lambda: f"{left} is still there; exit code {worker.poll()}")
