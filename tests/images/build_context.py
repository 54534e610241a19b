"""The build context of the repository: the files that .dockerignore lets through. Its last matching line decides."""

import re
from functools import cache
from pathlib import Path, PurePosixPath


def list_context(root: Path) -> set[PurePosixPath]:
    """Return all files that a COPY can read, relative to the root."""
    lines = (root / ".dockerignore").read_text().splitlines()
    patterns = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    # Folders of tools and their output are not part of the context, and slow to walk.
    tops = (top for top in root.iterdir() if not top.name.startswith(".") and top.name != "cdk.out")
    files = (file for top in tops for file in _files(top))
    paths = (PurePosixPath(file.relative_to(root)) for file in files)
    return {path for path in paths if not is_ignored(path, patterns)}


def is_ignored(path: PurePosixPath, patterns: list[str]) -> bool:
    """Whether the file is excluded: a pattern matches the file or a folder above it."""
    names = [str(part) for part in (path, *path.parents)]
    for pattern in reversed(patterns):
        expression = _expression(pattern.removeprefix("!"))
        if any(map(expression.fullmatch, names)):
            return not pattern.startswith("!")
    return False


def _files(top: Path) -> list[Path]:
    return [top] if top.is_file() else [file for file in top.rglob("*") if file.is_file()]


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    if set(pattern) & set("?[\\"):
        raise ValueError(f"this reader does not support the pattern {pattern}")
    pieces = {"**/": "(?:.*/)?", "*": "[^/]*"}
    parts = re.split(r"(\*\*/|\*)", pattern.strip("/"))
    return re.compile("".join(pieces.get(part, re.escape(part)) for part in parts))
