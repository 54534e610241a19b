"""A program that is forked from the warm process cannot be told from one that was started anew."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from subprocess import PIPE

import psutil
import pytest

from local.server_process import ROOT
from tests import warm_start
from tests.processes import kill_at_end
from tests.waiting import TIMEOUT_SECONDS

type Start = Callable[..., subprocess.Popen[str]]
COMMAND = [sys.executable, "-m", "tests.start_probe"]
# With a locale: without one Python sets LC_CTYPE at its start, which a fork does not repeat.
ENVIRON = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "OF_THE_TEST": "a\nb"}
BOTH: list[Start] = [subprocess.Popen, warm_start.start]
either = pytest.mark.parametrize("start", BOTH, ids=["cold", "warm"])


def run(start: Start, *words: str, **options: object) -> subprocess.CompletedProcess[str]:
    streams = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with kill_at_end(start([*COMMAND, *words], cwd=ROOT, text=True, **streams, **options)) as process:
        out, err = process.communicate("input of the test", timeout=TIMEOUT_SECONDS)
    return subprocess.CompletedProcess(words, process.returncode, out, err)


def test_the_second_process_is_forked() -> None:
    """Else these tests would compare a start with itself."""
    with kill_at_end(warm_start.start([*COMMAND, "wait"], cwd=ROOT, stdin=subprocess.DEVNULL)) as process:
        assert "-c" in psutil.Process(process.pid).cmdline()


@pytest.mark.parametrize("new_session", [False, True])
def test_a_forked_program_sees_what_a_started_one_sees(*, new_session: bool) -> None:
    cold, warm = (
        json.loads(run(start, "nothing", "ä b", env=ENVIRON, start_new_session=new_session).stdout) for start in BOTH
    )
    assert warm == cold
    assert warm["parent"] == os.getpid()
    assert warm["input"] == "input of the test"


@either
@pytest.mark.parametrize(
    ("ending", "code", "last_line"),
    [
        ("nothing", 0, ""),
        ("code", 7, ""),
        ("sentence", 1, "it failed"),
        ("error", 1, "ValueError: it failed"),
        ("interrupt", -signal.SIGINT, "KeyboardInterrupt"),
        ("closed pipe", 120, "BrokenPipeError: [Errno 32] Broken pipe"),
    ],
)
def test_both_end_alike(start: Start, ending: str, code: int, last_line: str) -> None:
    ended = run(start, ending, env=ENVIRON)
    assert (ended.returncode, ended.stderr.strip().rpartition("\n")[2]) == (code, last_line)


@either
def test_both_wait_for_their_threads_and_end_with_what_they_registered(start: Start) -> None:
    ended = run(start, "last words", env=ENVIRON)
    assert (ended.returncode, ended.stdout.splitlines()[1:]) == (0, ["in a thread, at the exit"])


@either
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_both_end_by_a_signal(start: Start, number: signal.Signals) -> None:
    """No process remains, not even as a zombie."""
    null, pipe = subprocess.DEVNULL, subprocess.PIPE
    with kill_at_end(start([*COMMAND, "wait"], cwd=ROOT, stdin=null, stdout=pipe, stderr=null, text=True)) as process:
        assert process.stdout
        process.stdout.readline()
        process.send_signal(number)
        assert process.wait(TIMEOUT_SECONDS) == -number
    assert not psutil.pid_exists(process.pid)


def test_the_warm_process_ends_with_the_test_process() -> None:
    """Also when that is killed; the program that it forked ends when it reads the end of its input."""
    script = (
        "import subprocess, sys, time; from tests import warm_start as w;"
        f"p = w.start({COMMAND!r} + ['nothing'], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL);"
        "print(p.pid, flush=True); time.sleep(600)"
    )
    with kill_at_end(
        subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    ) as tests:
        assert tests.stdout
        program = psutil.Process(int(tests.stdout.readline()))
        children = psutil.Process(tests.pid).children()
        assert program in children
        assert len(children) == 2
        tests.kill()
        assert psutil.wait_procs(children, timeout=TIMEOUT_SECONDS)[1] == []


def test_a_tethered_program_is_forked_and_dies_with_the_test_process() -> None:
    """Without the tether it would wait for ever."""
    script = (
        "import subprocess, time; from local.tether import tether_command; from tests import warm_start as w;"
        f"p = w.start(tether_command({COMMAND!r} + ['wait']), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE);"
        "p.stdout.readline(); print(p.pid, flush=True); time.sleep(600)"
    )
    with kill_at_end(
        subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    ) as tests:
        assert tests.stdout
        program = psutil.Process(int(tests.stdout.readline()))
        assert "-c" in program.cmdline()
        tests.kill()
        assert psutil.wait_procs([program], timeout=TIMEOUT_SECONDS)[1] == []


def test_forked_programs_share_what_their_fork_servers_load() -> None:
    """Their fork servers are copies of one process. Children find and can do the same as those of a started program."""
    programs = [
        start([sys.executable, "-m", "tests.child_probe"], cwd=ROOT, text=True, stdin=PIPE, stdout=PIPE)
        for start in (subprocess.Popen, warm_start.start, warm_start.start)
    ]
    with kill_at_end(programs[0]), kill_at_end(programs[1]), kill_at_end(programs[2]):
        cold, one, other = (json.loads(program.stdout.readline()) for program in programs if program.stdout)
        assert cold["its parent"] == programs[0].pid
        assert one["its parent"] == other["its parent"] not in {program.pid for program in programs}
        servers = [psutil.Process(found.pop("fork server")) for found in (cold, one, other)]
        assert len(set(servers)) == len(servers)
        programs[1].kill()
        psutil.wait_procs([servers[1]], timeout=TIMEOUT_SECONDS)
        assert [server.is_running() for server in servers] == [True, False, True]
    for found in (cold, one, other):
        del found["its parent"]
    assert cold == one == other


def test_orphans_do_not_become_children_of_the_test_process() -> None:
    """A program's own children go to the system's first process when it ends, as without the warm process."""
    run(warm_start.start, "nothing")
    command = ["/bin/sh", "-c", "sleep 600 >/dev/null & echo $!"]
    orphan = psutil.Process(int(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout))
    try:
        assert orphan.ppid() != os.getpid()
    finally:
        orphan.kill()
