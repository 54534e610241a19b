"""The function worker's bundle, for the processor of this machine or another."""

from typing import Final, cast

from stacks.bundle import Bundle, Machine

from .declared_function import THIS_MACHINE

ROOMS: Final = ("contract", "durable", "lambdas/functions")
LOCK: Final = "lambdas/functions/requirements.txt"


def functions_bundle(machine: str = THIS_MACHINE) -> Bundle:
    """Return the bundle for a processor architecture."""
    return Bundle(rooms=ROOMS, lock=LOCK, machine=cast("Machine", machine))
