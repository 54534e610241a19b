"""Workflows as functions: how their tasks reach them, what a call and a start cost, and what a long history costs."""

from .function_delivery import measure_cpu, measure_delivery
from .function_starts import measure_starts
from .histories import measure_histories
from .scale import Scale


def measure_functions(_: Scale) -> str:
    """Delivery to functions beside the server's own push, CPU of a call, starts, and histories with and without end."""
    return f"{measure_delivery()}\n\n{measure_cpu()}\n\n{measure_starts()}\n\n{measure_histories()}"
