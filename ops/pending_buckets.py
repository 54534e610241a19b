"""Records the buckets that a teardown still has to delete, so that it can resume after the stack itself is gone."""

import json
from pathlib import Path
from typing import Final


class PendingBuckets:
    """The buckets to delete with one stack, in a file outside the state folder."""

    def __init__(self, region: str, stack: str, state: Path) -> None:
        self._path: Final = state.parent / "teardown" / f"{region}-{stack}.json"

    def read(self) -> list[str]:
        """Return the names."""
        return [str(name) for name in json.loads(self._path.read_text())] if self._path.exists() else []

    def write(self, buckets: list[str]) -> None:
        """Replace the names."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(json.dumps(buckets))

    def clear(self) -> None:
        """Delete the file, once every bucket is deleted."""
        self._path.unlink(missing_ok=True)
