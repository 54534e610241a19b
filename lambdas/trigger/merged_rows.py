"""Merges the pages of several keepers into one page, which ends at the same place for all of them.

Places order the rows of all cells. A page knows nothing after its end. So the merged page ends at the first of these
ends, and the next page asks every keeper for the rows after it.
"""

from collections.abc import Sequence

from contract.keeper import Position, Rows


def merge_rows[R](pages: Sequence[Rows[R]], limit: int) -> Rows[R]:
    """Return one page with at most `limit` places, the newest first. A single page stays as it is."""
    if len(pages) == 1:
        return pages[0]
    placed = [one for page in pages for one in zip(page.places or (), page.rows, strict=True)]
    placed.sort(key=lambda one: _order(one[0]), reverse=True)
    end = max((page.after for page in pages if page.after), key=_order, default=None)
    placed = _cut(placed, end)
    places = list(dict.fromkeys(place for place, _ in placed))
    if len(places) > limit:
        end = places[limit - 1]
        placed = _cut(placed, end)
    return Rows(rows=tuple(row for _, row in placed), after=end)


def _cut[R](placed: Sequence[tuple[Position, R]], end: Position | None) -> list[tuple[Position, R]]:
    """Return the rows up to this place."""
    return [one for one in placed if end is None or _order(one[0]) >= _order(end)]


def _order(place: Position) -> tuple[int, str]:
    return place.created_at, place.id
