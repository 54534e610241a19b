"""A hostile document costs its own child: nothing else of the worker, and no other document's data."""

import asyncio
import ctypes
import logging
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from durable import JobError, Limits, Preload, TemporaryError, child_usage, run_in_child
from durable.sandbox import can_confine_files
from tests.durable import child_work, hostile_work
from tests.fresh_process import run_in_fresh_process
from tests.processes import find_processes
from tests.waiting import wait_until

WITH_BALLAST = Preload(name="ballast", hooks=(("tests.durable.hostile_work:load_ballast",),))
WITH_THREAD = Preload(name="thread", hooks=(("tests.durable.hostile_work:start_thread",),))
WITHOUT_RIGHTS = Preload(
    name="without rights",
    works=(
        *("tests.durable.hostile_work:describe_surroundings", "tests.durable.hostile_work:spy_on_parent"),
        *("tests.durable.hostile_work:spy_on",),
    ),
    hooks=(("tests.durable.hostile_work:give_up_rights",),),
)
SECRET = hostile_work.Secret(head="the balance of the other", tail="customer is 31,415.92 EUR")
PER_LINUX32 = 8  # of personality(2): the kernel reports another machine


def find_fork_server() -> int:
    """Return the process that forks the children of this one."""
    return asyncio.run(run_in_child(hostile_work.find_parent, None))


def test_a_child_can_do_nothing_to_other_programs_or_processes() -> None:
    """It also cannot open a connection."""
    outcomes = asyncio.run(run_in_child(hostile_work.attack, None))
    assert set(outcomes.values()) == {"EPERM"}, outcomes


def test_a_child_has_no_descriptor_and_no_environment_of_the_worker() -> None:
    found = asyncio.run(run_in_child(hostile_work.describe_surroundings, None))
    assert set(found.descriptors) == {"0", "1", "2"}
    assert found.environment == {}
    assert found.is_filtered


@pytest.mark.skipif(not can_confine_files(), reason="the kernel has no landlock")
def test_a_child_can_use_files_in_its_folder_only(tmp_path: Path) -> None:
    own, other = tmp_path / "own" / "document", tmp_path / "other" / "document"
    for file in (own, other):
        file.parent.mkdir()
        file.write_text("a document")
    files = hostile_work.Files(own=str(own), other=str(other))
    outcomes = asyncio.run(run_in_child(hostile_work.use_files, files, folders=[own.parent]))
    allowed = {name for name, outcome in outcomes.items() if outcome == "it worked"}
    assert allowed == {"read the own document", "write beside it", "write to nowhere"}, outcomes
    assert set(outcomes.values()) == {"it worked", "EACCES"}, outcomes
    assert other.read_text() == "a document"


def test_a_document_of_one_child_is_not_in_the_memory_of_the_next() -> None:
    whole = SECRET.head + SECRET.tail
    assert asyncio.run(run_in_child(hostile_work.search_memory_that_has_it, SECRET)) > 0
    assert asyncio.run(run_in_child(hostile_work.keep, whole)) == whole
    assert asyncio.run(run_in_child(hostile_work.search_memory, SECRET)) == 0


@pytest.mark.parametrize(
    ("number", "is_replaced"), [(signal.SIGSEGV, True), (signal.SIGABRT, True), (signal.SIGXCPU, False)]
)
def test_a_fork_server_is_replaced_after_a_crash_of_its_child(number: int, *, is_replaced: bool) -> None:
    """A limit is no crash. Its other children go on: what a crash may have taught is of no use in a new one."""
    before = find_fork_server()
    with pytest.raises(JobError):
        asyncio.run(run_in_child(hostile_work.die_by, number))
    assert (find_fork_server() != before) is is_replaced


def test_a_killed_fork_server_costs_an_attempt_and_is_replaced() -> None:
    mark = f"{os.getpid()}-orphan"

    async def scenario() -> None:
        server = await run_in_child(hostile_work.find_parent, None)
        napping = asyncio.create_task(run_in_child(child_work.nap, child_work.Nap(seconds=60, mark=mark)))
        await asyncio.to_thread(wait_until, lambda: find_processes(mark), lambda: "no child sleeps")
        os.kill(server, signal.SIGKILL)
        with pytest.raises(TemporaryError):
            await napping
        assert await run_in_child(child_work.double, 21) == 42

    asyncio.run(scenario())
    wait_until(lambda: not find_processes(mark), lambda: "it still sleeps")


def test_the_memory_limit_is_for_what_a_child_adds() -> None:
    """The fork server holds 300 MB, and a child may take 100."""
    limits = Limits(memory=100 * 2**20)
    assert asyncio.run(run_in_child(hostile_work.take_memory, 60, limits=limits, preload=WITH_BALLAST)) == 60 * 2**20
    with pytest.raises(JobError) as caught:
        asyncio.run(run_in_child(hostile_work.take_memory, 200, limits=limits, preload=WITH_BALLAST))
    assert caught.value.code == "child_memory"


def test_a_preload_that_leaves_a_thread_forks_no_child() -> None:
    with pytest.raises(TemporaryError, match="fork server"):
        asyncio.run(run_in_child(child_work.double, 21, preload=WITH_THREAD))


def test_children_of_one_kind_come_from_one_fork_server() -> None:
    servers = [find_fork_server() for _ in range(3)]
    assert all(one == other for one, other in pairwise(servers))


def test_the_worker_learns_what_its_children_took() -> None:
    before = child_usage()
    asyncio.run(run_in_child(hostile_work.take_memory, 100))
    after = child_usage()
    assert after.cpu_seconds > before.cpu_seconds
    assert after.max_bytes > 100 * 2**20


def test_without_a_filter_children_run_all_the_same() -> None:
    """The kernel calls itself another machine here, whose numbers of calls are not known. The worker says so once."""
    found, lines = run_in_fresh_process(run_on_another_machine)
    assert not found.is_filtered
    assert (found.descriptors, found.environment) == (["0", "1", "2"], {})
    assert lines == ["child processes run without a filter of system calls"]


def run_on_another_machine() -> tuple[hostile_work.Surroundings, list[str]]:
    """Return what a child finds, and what its worker logs."""
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger("durable").addHandler(handler)
    ctypes.CDLL(None).personality(PER_LINUX32)
    found = [asyncio.run(run_in_child(hostile_work.describe_surroundings, None)) for _ in range(2)]
    return found[0], lines


@pytest.mark.skipif(os.getuid() != 0, reason="every other test runs as such a user")
def test_children_of_a_user_without_rights_cannot_read_their_fork_server() -> None:
    work, spy = hostile_work.describe_surroundings, hostile_work.spy_on_parent
    found = asyncio.run(run_in_child(work, None, preload=WITHOUT_RIGHTS))
    assert (found.user, found.is_filtered) == (hostile_work.UNPRIVILEGED_USER, True)
    spied = asyncio.run(run_in_child(spy, None, preload=WITHOUT_RIGHTS))
    assert set(spied.values()) == {"EACCES"}, spied


@contextmanager
def run_bystander(*, is_readable: bool) -> Iterator[int]:
    """Run another program of the children's user, with a secret in its environment, and return its process."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # another user must reach it
        program = Path(shutil.copy(shutil.which("sleep") or "", folder))
        program.chmod(0o755 if is_readable else 0o111)
        user = {"user": hostile_work.UNPRIVILEGED_USER} if os.getuid() == 0 and not is_readable else {}
        environ = {"TOKEN": "a secret"}
        with subprocess.Popen([program, "600"], env=environ, **user) as process:  # type: ignore[call-overload] # one is none
            try:
                words = Path(f"/proc/{process.pid}/cmdline")
                wait_until(lambda: b"600" in words.read_bytes(), lambda: "the program does not run")
                yield process.pid
            finally:
                process.kill()


NO_LANDLOCK: None = None
WITH_LANDLOCK: Sequence[Path] = ()
needs_landlock = pytest.mark.skipif(not can_confine_files(), reason="the kernel has no landlock")
folders = pytest.mark.parametrize(
    "folders", [pytest.param(WITH_LANDLOCK, id="landlock", marks=needs_landlock), pytest.param(NO_LANDLOCK, id="none")]
)


@folders
@pytest.mark.skipif(os.getuid() != 0, reason="the worker is not root here")
def test_a_child_of_root_reads_nothing_of_roots_other_programs(folders: Sequence[Path] | None) -> None:
    with run_bystander(is_readable=True) as process:
        assert b"a secret" in Path(f"/proc/{process}/environ").read_bytes()
        spied = asyncio.run(run_in_child(hostile_work.spy_on, process, folders=folders))
    assert set(spied.values()) == {"EACCES"}, spied


@folders
def test_a_child_reads_nothing_of_a_program_that_its_user_may_not_read(folders: Sequence[Path] | None) -> None:
    """As Python in the worker's image, which the health check runs with all secrets of the container."""
    preload = WITHOUT_RIGHTS if os.getuid() == 0 else Preload()
    with run_bystander(is_readable=False) as process:
        spied = asyncio.run(run_in_child(hostile_work.spy_on, process, preload=preload, folders=folders))
    assert set(spied.values()) == {"EACCES"}, spied


@needs_landlock
def test_a_child_does_not_see_the_command_lines_of_others() -> None:
    assert asyncio.run(run_in_child(hostile_work.read_command_line, os.getpid(), folders=())) == "EACCES"
