"""A script: requests with the times at which they happen. What disagreed once is pasted as text and played again."""

import json
from typing import NamedTuple

from .target import Json


class Step(NamedTuple):
    """One request that happens at `now`."""

    kind: str
    data: dict[str, Json]
    now: int


def to_text(script: list[Step]) -> str:
    """Write a script as JSON, a step a line."""
    return "[\n" + ",\n".join(json.dumps(step, separators=(",", ":"), ensure_ascii=False) for step in script) + "\n]"


def from_text(text: str) -> list[Step]:
    """Read a script that `to_text` wrote."""
    return [Step(*fields) for fields in json.loads(text)]
