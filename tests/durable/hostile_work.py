"""What a document that has taken over a parser would try. The functions run in child processes."""

import ctypes
import errno
import fcntl
import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from pydantic import BaseModel

UNPRIVILEGED_USER = 65_534
_ATTEMPTS: dict[str, Callable[[], object]] = {
    "open a connection": lambda: socket.create_connection(("127.0.0.1", 9)),
    "listen": lambda: socket.socket(socket.AF_UNIX),
    "talk to itself": socket.socketpair,
    "run a program": lambda: subprocess.run([sys.executable, "-c", ""], check=True),
    "become a program": lambda: os.execv(sys.executable, [sys.executable, "-c", ""]),  # noqa: S606 that is the attack
    "fork": os.fork,
    "leave its group": os.setsid,
    "signal its parent": lambda: os.kill(os.getppid(), 0),
    "signal its group": lambda: os.killpg(0, 0),
    "hold its parent": lambda: os.pidfd_open(os.getppid()),
    "limit its parent": lambda: resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE),
    "have its parent signaled": lambda: fcntl.fcntl(0, fcntl.F_SETOWN, os.getppid()),
    "trace its parent": lambda: _call("ptrace", 16, os.getppid(), 0, 0),
    "read its parent": lambda: _call("process_vm_readv", os.getppid(), 0, 0, 0, 0, 0),
    "slow its parent down": lambda: os.setpriority(os.PRIO_PROCESS, os.getppid(), 19),
    "leave its machine": lambda: _call("unshare", 0x10000000),
}


def _call(name: str, *arguments: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*map(ctypes.c_long, arguments)) == -1:
        raise OSError(ctypes.get_errno(), name)


def attack(_: None) -> dict[str, str]:
    """Return how each attempt ended."""
    return {name: _outcome(attempt) for name, attempt in _ATTEMPTS.items()}


def _outcome(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except OSError as exc:
        return errno.errorcode[exc.errno or 0]
    return "it worked"


def spy_on_parent(_: None) -> dict[str, str]:
    """Try to read what belongs to the fork server."""
    return spy_on(os.getppid())


def spy_on(process: int) -> dict[str, str]:
    """Try to read what belongs to another process."""
    names = ("environ", "mem", "maps", "fd/0")
    return {name: _outcome(Path(f"/proc/{process}/{name}").read_bytes) for name in names}


def read_command_line(process: int) -> str:
    """Try to read with which words another process was started."""
    return _outcome(Path(f"/proc/{process}/cmdline").read_bytes)


class Files(BaseModel):
    """The document of this child, and that of another one."""

    own: str
    other: str


def use_files(files: Files) -> dict[str, str]:
    """Return how each attempt to use files ended."""
    own, other = Path(files.own), Path(files.other)
    attempts: dict[str, Callable[[], object]] = {
        "read the own document": own.read_bytes,
        "write to nowhere": lambda: Path("/dev/null").write_bytes(b"x"),
        "write beside it": lambda: own.with_name("image.png").write_bytes(b"x"),
        "read another document": other.read_bytes,
        "list its folder": lambda: list(other.parent.iterdir()),
        "change another document": lambda: other.write_bytes(b"x"),
        "remove another document": other.unlink,
        "take another document": lambda: other.rename(own.with_name("other")),
        "write code": lambda: Path(__file__).with_name("planted.py").write_text(""),
        "write to the system": lambda: Path("/etc/planted").write_text(""),
    }
    return {name: _outcome(attempt) for name, attempt in attempts.items()}


class Surroundings(BaseModel):
    """What a child finds around itself."""

    descriptors: list[str]
    environment: dict[str, str]
    user: int
    is_filtered: bool


def describe_surroundings(_: None) -> Surroundings:
    """Return what this child has of its own."""
    status = Path("/proc/self/status").read_text()
    return Surroundings(
        descriptors=[one.name for one in Path("/proc/self/fd").iterdir() if one.exists()],
        environment=dict(os.environ),
        user=os.getuid(),
        is_filtered="Seccomp:\t2" in status,
    )


def give_up_rights() -> None:
    """Give up all rights, as the user of the worker's image has none."""
    os.setgroups([])
    os.setresgid(UNPRIVILEGED_USER, UNPRIVILEGED_USER, UNPRIVILEGED_USER)
    os.setresuid(UNPRIVILEGED_USER, UNPRIVILEGED_USER, UNPRIVILEGED_USER)


def find_parent(_: None) -> int:
    """Return the fork server's process."""
    return os.getppid()


def die_by(number: int) -> None:
    """End as a parser that a document has crashed."""
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


class Secret(BaseModel):
    """A text in two halves: as a whole it must not be in the memory of the child that looks for it."""

    head: str
    tail: str


def keep(secret: str) -> str:
    """Have a document in memory."""
    return secret


def search_memory(secret: Secret) -> int:
    """Return how often the whole text is in this process's memory."""
    head, tail = secret.head.encode(), secret.tail.encode()
    return sum(_count(ctypes.string_at(*region), head, tail) for region in _writable_regions())


def search_memory_that_has_it(secret: Secret) -> int:
    """Put the text together first, and look for it: it is found."""
    whole = secret.head.encode() + secret.tail.encode()
    return search_memory(secret) if whole else 0


def _writable_regions() -> list[tuple[int, int]]:
    """Return addresses and sizes."""
    found = []
    for line in Path("/proc/self/maps").read_text().splitlines():
        addresses, rights, *_ = line.split()
        start, end = (int(one, 16) for one in addresses.split("-"))
        if rights.startswith("rw"):
            found.append((start, end - start))
    return found


def _count(memory: bytes, head: bytes, tail: bytes) -> int:
    count, at = 0, memory.find(head)
    while at >= 0:
        after = at + len(head)
        count += memory[after : after + len(tail)] == tail
        at = memory.find(head, after)
    return count


_BALLAST: list[bytearray] = []


def load_ballast() -> None:
    """Take memory in the fork server, as a model does."""
    _BALLAST.append(bytearray(300 * 2**20))


def take_memory(megabytes: int) -> int:
    """Take memory beside what the fork server has loaded."""
    return len(bytearray(megabytes * 2**20))


def start_thread() -> None:
    """Leave a thread running in the fork server, as some libraries do."""
    import threading  # noqa: PLC0415 only this needs it

    threading.Thread(target=threading.Event().wait, daemon=True).start()
