"""The folders whose files an agent may submit. Any other file of the user stays where it is.

An agent reads documents of strangers, and such a document may tell it to submit a key or a letter.
"""

from dataclasses import dataclass
from pathlib import Path

from .failures import ToolError


@dataclass(frozen=True)
class Folders:
    """Folders, each with all that is below it."""

    paths: tuple[Path, ...] = ()

    def find_file(self, name: str) -> Path:
        """Return a file in one of the folders, but not by a link that leads out of them. Raises ToolError."""
        if not self.paths:
            raise ToolError("file_refused", "no folder is allowed: the user starts longhand mcp with --files FOLDER")
        for folder in self.paths:
            file = _resolve(folder / name)
            if file and file.is_relative_to(folder.resolve()):
                return file
        allowed = ", ".join(map(str, self.paths))
        raise ToolError("file_refused", f"there is no such file in the folders that are allowed: {allowed}")


def _resolve(file: Path) -> Path | None:
    try:
        found = file.resolve(strict=True)
    except (OSError, ValueError, RuntimeError):  # missing, unreadable, an impossible name, or circular links
        return None
    return found if found.is_file() else None
