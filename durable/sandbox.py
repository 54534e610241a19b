"""The limits of a child process, which hold even when a document has taken it over.

A filter of system calls (seccomp) forbids the network, other programs, other processes and the kernel's keys. It sees
numbers and no paths; rules of landlock(7), where the kernel has them, confine files to folders. Both need no rights,
and cannot be removed. A forbidden call fails as if it lacked a permission.
"""

import ctypes
import errno
import os
import struct
from collections.abc import Iterable
from typing import Final

_LIBC: Final = ctypes.CDLL(None, use_errno=True)
# Of prctl(2) and seccomp(2).
_PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS, _SECCOMP_MODE_FILTER = 4, 22, 38, 2
_ALLOW: Final = 0x7FFF0000
_DENY: Final = 0x00050000 | errno.EPERM
_UNKNOWN: Final = 0x00050000 | errno.ENOSYS
# Instructions of BPF: load a word, compare, return.
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _IF_ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
# Where the kernel puts the call's number, the machine, and the lower halves of the first two arguments.
_NUMBER, _MACHINE, _ARGUMENTS = 0, 4, (16, 24)
_CLONE_THREAD: Final = 0x10000
_SIGNAL_OWNER_COMMANDS: Final = (8, 10, 15)  # F_SETOWN, F_SETSIG, F_SETOWN_EX: the kernel would signal any process
_SIGNAL_OWNER_REQUESTS: Final = (0x8901, 0x8902)  # FIOSETOWN and SIOCSPGRP of ioctl(2): the same
_FIRST_UNKNOWN: Final = 463  # calls newer than this table

_MACHINES: Final = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
# fmt: off
# The numbers of forbidden calls on x86_64 and on aarch64, which lacks some.
DENIED_CALLS: Final[dict[str, tuple[int | None, int | None]]] = {
    # network, and whatever else reaches other programs of this machine
    "socket": (41, 198), "socketpair": (53, 199), "connect": (42, 203), "bind": (49, 200), "listen": (50, 201),
    "accept": (43, 202), "accept4": (288, 242), "io_uring_setup": (425, 425), "bpf": (321, 280),
    "shmget": (29, 194), "shmat": (30, 196), "msgget": (68, 186), "semget": (64, 190), "mq_open": (240, 180),
    "inotify_init": (253, None), "inotify_init1": (294, 26), "fanotify_init": (300, 262),
    # other programs and processes
    "execve": (59, 221), "execveat": (322, 281), "fork": (57, None), "vfork": (58, None), "ptrace": (101, 117),
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "process_madvise": (440, 440),
    "process_mrelease": (448, 448), "pidfd_open": (434, 434), "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424), "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240),
    "setsid": (112, 157), "setpgid": (109, 154), "setpriority": (141, 140), "ioprio_set": (251, 30),
    "sched_setscheduler": (144, 119), "sched_setparam": (142, 118), "sched_setattr": (314, 274),
    "sched_setaffinity": (203, 122), "move_pages": (279, 239), "migrate_pages": (256, 238), "kcmp": (312, 272),
    # the machine: without rights they fail anyway, but a laptop's worker may be root
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51), "setns": (308, 268),
    "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430), "fspick": (433, 433),
    "mount_setattr": (442, 442), "unshare": (272, 97), "open_by_handle_at": (304, 265), "reboot": (169, 142),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106), "swapon": (167, 224),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "swapoff": (168, 225), "acct": (163, 89),
    "quotactl": (179, 60), "syslog": (103, 116), "settimeofday": (164, 170), "clock_settime": (227, 112),
    "clock_adjtime": (305, 266), "adjtimex": (159, 171), "sethostname": (170, 161), "setdomainname": (171, 162),
    "iopl": (172, None), "ioperm": (173, None), "modify_ldt": (154, None), "perf_event_open": (298, 241),
    "userfaultfd": (323, 282), "personality": (135, 92), "keyctl": (250, 219), "add_key": (248, 217),
    "request_key": (249, 218),
}
# Calls that are forbidden with some arguments only.
CHECKED_CALLS: Final = {
    "clone": (56, 220), "clone3": (435, 435), "kill": (62, 129), "tkill": (200, 130), "tgkill": (234, 131),
    "prlimit64": (302, 261), "fcntl": (72, 25), "ioctl": (16, 29),
}
# fmt: on
# Of landlock(7): numbers of its calls on all machines, and bits of what rules grant.
_LANDLOCK_CREATE_RULESET, _LANDLOCK_ADD_RULE, _LANDLOCK_RESTRICT_SELF = 444, 445, 446
_LANDLOCK_VERSION, _LANDLOCK_PATH_BENEATH = 1, 1
_ALL_ACCESS, _TRUNCATE, _TRUNCATE_VERSION = (1 << 13) - 1, 1 << 14, 3
_READ, _WRITE, _LIST, _CHANGE_FOLDER = 1 << 2, 1 << 1, 1 << 3, 1 << 4 | 1 << 5 | 1 << 7 | 1 << 8
# Of /proc only the files about this process and the machine: other processes may have secrets in their command lines.
_SYSTEM_PATHS: Final = (
    *("/usr", "/lib", "/lib64", "/etc", "/sys/devices/system"),
    *("/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/sys"),
    *("/dev/zero", "/dev/random", "/dev/urandom"),
)
# Of capset(2): its version for 64 capabilities, and the one by which root may read files of other users.
_CAPABILITY_VERSION, _CAP_DAC_READ_SEARCH = 0x20080522, 1 << 2


def is_filter_supported() -> bool:
    """Whether the kernel filters system calls, and this module knows the machine's numbers."""
    # Without a program a kernel that could set one reports a bad address.
    refused = _LIBC.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, None, 0, 0) and ctypes.get_errno()
    return os.uname().machine in _MACHINES and refused == errno.EFAULT


def forbid_calls() -> None:
    """Set the filter for the rest of this process's life."""
    program = make_filter(os.uname().machine, os.getpid())
    code = ctypes.create_string_buffer(program, len(program))
    header = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code)))
    set_option(_PR_SET_NO_NEW_PRIVS, 1)
    set_option(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(header))


def can_confine_files() -> bool:
    """Whether the kernel confines files to folders."""
    return _read_landlock_version() > 0


def _read_landlock_version() -> int:
    return int(_LIBC.syscall(_LANDLOCK_CREATE_RULESET, None, ctypes.c_long(0), ctypes.c_long(_LANDLOCK_VERSION)))


def confine_files(folders: Iterable[str], code: Iterable[str]) -> None:
    """Let this process only use these folders, and read code and the system's files."""
    truncate = _TRUNCATE if _read_landlock_version() >= _TRUNCATE_VERSION else 0
    handled = struct.pack("Q", _ALL_ACCESS | truncate)
    ruleset = _check_call(_LANDLOCK_CREATE_RULESET, handled, len(handled), 0)
    for path in (*_SYSTEM_PATHS, *code):
        _grant(ruleset, path, _READ, _LIST)
    for path in ("/dev/null", *folders):
        _grant(ruleset, path, _READ | _WRITE | truncate, _LIST | _CHANGE_FOLDER)
    set_option(_PR_SET_NO_NEW_PRIVS, 1)
    _check_call(_LANDLOCK_RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)


def _grant(ruleset: int, path: str, access: int, folder_access: int) -> None:
    try:
        beneath = os.open(path or ".", os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # there is none on this machine
    if os.path.isdir(path or "."):  # noqa: PTH112 each child does this for some dozen paths
        access |= folder_access
    rule = struct.pack("=Qi", access, beneath)
    _check_call(_LANDLOCK_ADD_RULE, ruleset, _LANDLOCK_PATH_BENEATH, rule, 0)
    os.close(beneath)


def _check_call(number: int, *arguments: int | bytes) -> int:
    words = (one if isinstance(one, bytes) else ctypes.c_long(one) for one in arguments)
    return _check(_LIBC.syscall(number, *words), f"system call {number}")


def forbid_inspection() -> None:
    """Hide this process's memory, environment and open files from other processes of its user, also its children.

    A parser that a document has taken over must not read the worker's token or another child's document.
    """
    set_option(_PR_SET_DUMPABLE, 0)


def drop_rights() -> None:
    """Give up root's rights except to read files; a process without rights keeps none.

    No process may inspect one with more rights. So a child of a worker that runs as root cannot read the memory or
    environment of root's other programs.
    """
    header, held = struct.pack("Ii", _CAPABILITY_VERSION, 0), ctypes.create_string_buffer(24)
    _check(_LIBC.capget(header, held), "capget")
    effective, permitted, _, *_ = struct.unpack("6I", held.raw)
    kept = struct.pack("6I", effective & _CAP_DAC_READ_SEARCH, permitted & _CAP_DAC_READ_SEARCH, 0, 0, 0, 0)
    _check(_LIBC.capset(header, kept), "capset")


def set_option(option: int, *values: int) -> None:
    """Call prctl(2)."""
    arguments = (*values, 0, 0, 0, 0)[:4]
    _check(_LIBC.prctl(option, *map(ctypes.c_ulong, arguments)), "prctl")


def _check(result: int, call: str) -> int:
    """Return a call's result, or raise its error."""
    if result < 0:
        raise OSError(ctypes.get_errno(), f"{call}: {os.strerror(ctypes.get_errno())}")
    return int(result)


def make_filter(machine: str, pid: int) -> bytes:
    """Return the filter's program for the process with this id."""
    column = list(_MACHINES).index(machine)
    number = {name: numbers[column] for name, numbers in CHECKED_CALLS.items()}
    steps: list[tuple[int, ...]] = [
        *((_LOAD, _MACHINE), (_IF_EQUAL, _MACHINES[machine], 1, 0), (_RETURN, _DENY)),  # calls of 32 bits, too
        (_LOAD, _NUMBER),
        *_answer_if(_IF_AT_LEAST, _FIRST_UNKNOWN, _UNKNOWN),  # also those of x32, whose numbers have a high bit
    ]
    for denied in (numbers[column] for numbers in DENIED_CALLS.values()):
        if denied is not None:
            steps += _answer_if(_IF_EQUAL, denied, _DENY)
    # The C library asks by clone when there is no clone3, and only the flags of clone are visible here.
    steps += _answer_if(_IF_EQUAL, number["clone3"], _UNKNOWN)
    steps += _answer_by_argument(number["clone"], 0, [(_IF_ANY_BIT, _CLONE_THREAD)], found=_ALLOW, otherwise=_DENY)
    for name in ("kill", "tkill", "tgkill"):  # abort() signals its own process
        steps += _answer_by_argument(number[name], 0, [(_IF_EQUAL, pid)], found=_ALLOW, otherwise=_DENY)
    steps += _answer_by_argument(
        number["prlimit64"], 0, [(_IF_EQUAL, 0), (_IF_EQUAL, pid)], found=_ALLOW, otherwise=_DENY
    )
    for name, values in (("fcntl", _SIGNAL_OWNER_COMMANDS), ("ioctl", _SIGNAL_OWNER_REQUESTS)):
        steps += _answer_by_argument(
            number[name], 1, [(_IF_EQUAL, value) for value in values], found=_DENY, otherwise=_ALLOW
        )
    steps.append((_RETURN, _ALLOW))
    return b"".join(_encode(*step) for step in steps)


def _answer_if(test: int, value: int, answer: int) -> list[tuple[int, ...]]:
    return [(test, value, 0, 1), (_RETURN, answer)]


def _answer_by_argument(
    number: int | None, argument: int, tests: Iterable[tuple[int, int]], *, found: int, otherwise: int
) -> list[tuple[int, ...]]:
    """Return steps that answer one call by an argument of it."""
    assert number is not None
    body: list[tuple[int, ...]] = [(_LOAD, _ARGUMENTS[argument])]
    for test, value in tests:
        body += _answer_if(test, value, found)
    body.append((_RETURN, otherwise))
    return [(_IF_EQUAL, number, 0, len(body)), *body]


def _encode(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, value)
