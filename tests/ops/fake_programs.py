"""Scripts that replace the CDK and Docker, and record their arguments."""

from pathlib import Path

SCRIPT = """#!/bin/sh
echo "$(basename "$0") $*" >>"{record}"
echo "region=$AWS_REGION" >>"{record}"
{then}
"""


def write_program(folder: Path, name: str, then: str = "exit 0") -> Path:
    """Write a script that records its arguments and then runs `then`."""
    file = folder / name
    file.write_text(SCRIPT.format(record=folder / "record", then=then))
    file.chmod(0o755)
    return file


def read_calls(folder: Path) -> list[str]:
    """Return the recorded lines."""
    file = folder / "record"
    return file.read_text().splitlines() if file.exists() else []
