"""The spans of a test as a tree."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class SpanView:
    """What a test looks at of a span, whether it comes from memory or by OTLP. Ids are in hexadecimal digits."""

    trace: str
    id: str
    parent: str | None
    name: str
    began: int  # nanoseconds
    ended: int
    is_ok: bool | None
    attributes: dict[str, object]


def find_orphans(spans: Sequence[SpanView]) -> list[str]:
    """Return the names of spans whose parent is none of the spans; a job's own has none."""
    ids = {span.id for span in spans}
    return [span.name for span in spans if span.parent is not None and span.parent not in ids]


def draw_tree(spans: Sequence[SpanView]) -> list[str]:
    """Return the names in the order of their start, indented below their parents."""
    ids = {span.id for span in spans}

    def draw(parent: str | None, depth: int) -> Iterator[str]:
        children = [span for span in spans if span.parent == parent or (depth == 0 and span.parent not in ids)]
        for span in sorted(children, key=lambda one: (one.began, str(one.attributes.get("durable.promise")))):
            yield "  " * depth + span.name
            yield from draw(span.id, depth + 1)

    return list(draw(None, 0))
