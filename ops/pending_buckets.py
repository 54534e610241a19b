"""Remembers what a teardown still has to delete once its stack, which knew it, is gone; so that it can be run again."""

import json
from pathlib import Path
from typing import Final


class PendingBuckets:
    """The buckets that are to be deleted with one stack."""

    def __init__(self, region: str, stack: str, state: Path) -> None:
        self._path: Final = state.parent / "teardown" / f"{region}-{stack}.json"

    def read(self) -> list[str]:
        """Return them."""
        return [str(name) for name in json.loads(self._path.read_text())] if self._path.exists() else []

    def write(self, buckets: list[str]) -> None:
        """Remember them."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(json.dumps(buckets))

    def forget(self) -> None:
        """All is done."""
        self._path.unlink(missing_ok=True)
