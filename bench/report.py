"""How figures are shown: a description of the machine, and tables that can be pasted into a document."""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import psutil


def machine() -> str:
    """What the figures were measured on, in one line."""
    cores = os.cpu_count()
    memory = round(psutil.virtual_memory().total / 2**30)
    return (
        f"{datetime.now(UTC):%Y-%m-%d}: {_processor()}, {cores} cores for everything, {memory} GiB, "
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    )


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table with its columns aligned."""
    widths = [max(len(row[n]) for row in (header, *rows)) for n in range(len(header))]
    lines = [header, ["-" * width for width in widths], *rows]
    return "\n".join(
        f"| {' | '.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))} |" for line in lines
    )
