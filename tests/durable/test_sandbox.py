"""The filter of system calls means what its names say, on both machines."""

import re
import struct
from pathlib import Path

import pytest

from durable.sandbox import CHECKED_CALLS, DENIED_CALLS, make_filter

PID = 4_711
MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
I386 = 0x40000003
HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),  # the table that newer machines share
}
ALLOWED, DENIED, UNKNOWN = 0x7FFF0000, 0x00050001, 0x00050026
READ = {"x86_64": 0, "aarch64": 63}
CLONE_THREAD = 0x10000
F_GETFL, F_SETOWN = 3, 8


def answer(program: bytes, machine: int, number: int, *arguments: int) -> int:
    """Run a filter as the kernel does."""
    data = struct.pack("IIQ6Q", number, machine, 0, *(arguments + 6 * (0,))[:6])
    steps = list(struct.iter_unpack("HBBI", program))
    at, loaded = 0, 0
    while True:
        code, if_true, if_false, value = steps[at]
        if code == 0x06:
            return int(value)
        if code == 0x20:
            [loaded] = struct.unpack_from("I", data, value)
            at += 1
            continue
        is_true = {0x15: loaded == value, 0x35: loaded >= value, 0x45: bool(loaded & value)}[code]
        at += 1 + (if_true if is_true else if_false)


@pytest.mark.parametrize("machine", MACHINES)
def test_each_denied_call_fails_and_reading_does_not(machine: str) -> None:
    column = list(MACHINES).index(machine)
    program = make_filter(machine, PID)
    numbers = [one[column] for one in DENIED_CALLS.values()]
    assert {answer(program, MACHINES[machine], number) for number in numbers if number is not None} == {DENIED}
    assert answer(program, MACHINES[machine], READ[machine]) == ALLOWED
    assert answer(program, I386, READ[machine]) == DENIED
    assert answer(program, MACHINES[machine], 463) == UNKNOWN
    assert answer(program, MACHINES[machine], 0x40000000 + 41) == UNKNOWN


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("clone", (CLONE_THREAD,), ALLOWED),
        ("clone", (17,), DENIED),
        ("clone3", (), UNKNOWN),
        ("kill", (PID, 6), ALLOWED),
        ("kill", (PID + 1, 9), DENIED),
        ("kill", (2**32 - 1, 9), DENIED),
        ("tgkill", (PID, PID, 6), ALLOWED),
        ("tgkill", (1, 1, 9), DENIED),
        ("prlimit64", (0, 7), ALLOWED),
        ("prlimit64", (1, 7), DENIED),
        ("fcntl", (0, F_GETFL), ALLOWED),
        ("fcntl", (0, F_SETOWN, 1), DENIED),
        ("ioctl", (0, 0x5401), ALLOWED),
        ("ioctl", (0, 0x8901), DENIED),
    ],
)
def test_some_calls_depend_on_their_arguments(
    machine: str, name: str, arguments: tuple[int, ...], expected: int
) -> None:
    number = CHECKED_CALLS[name][list(MACHINES).index(machine)]
    assert answer(make_filter(machine, PID), MACHINES[machine], number, *arguments) == expected


@pytest.mark.parametrize("machine", MACHINES)
def test_the_numbers_are_those_of_the_kernels_headers(machine: str) -> None:
    header = HEADERS[machine]
    if not header.exists():
        pytest.skip("this machine has no headers of the kernel")
    found = re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)\s*$", header.read_text(), re.MULTILINE)
    real = {name: int(number) for name, number in found}
    column = list(MACHINES).index(machine)
    ours = {name: one[column] for name, one in {**DENIED_CALLS, **CHECKED_CALLS}.items()}
    assert ours == {name: real.get(name) for name in ours}
