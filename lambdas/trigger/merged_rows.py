"""Merges the pages of several keepers into one page, which ends at the same place for all of them.

Places order the rows of all cells. A page knows nothing after its end. So the merged page ends at the first of these
ends, and the next page asks every keeper for the rows after it.
"""

from collections.abc import Iterable, Sequence

from contract.keeper import DecisionRows, JobRows, Position

type _Placed[R] = tuple[Position, R]


def merge_jobs(pages: Sequence[JobRows], limit: int) -> JobRows:
    """Return one page of jobs. A single page stays as it is."""
    if len(pages) == 1:
        return pages[0]
    placed = [one for page in pages for one in zip(page.places or (), page.jobs, strict=True)]
    jobs, after = _merge(placed, _find_end(page.after for page in pages), limit)
    return JobRows(jobs=tuple(jobs), after=after)


def merge_decisions(pages: Sequence[DecisionRows], limit: int) -> DecisionRows:
    """Return one page of decisions. A single page stays as it is."""
    if len(pages) == 1:
        return pages[0]
    placed = [one for page in pages for one in zip(page.places or (), page.decisions, strict=True)]
    decisions, after = _merge(placed, _find_end(page.after for page in pages), limit)
    return DecisionRows(decisions=tuple(decisions), after=after)


def _find_end(ends: Iterable[Position | None]) -> Position | None:
    """Return the first place at which a page ends although more rows follow."""
    return max((end for end in ends if end), key=_order, default=None)


def _merge[R](placed: Sequence[_Placed[R]], end: Position | None, limit: int) -> tuple[list[R], Position | None]:
    """Return the newest rows, at most `limit` places of them, and where the next page begins."""
    whole = [one for one in placed if end is None or _order(one[0]) >= _order(end)]
    whole.sort(key=lambda one: _order(one[0]), reverse=True)
    places = list(dict.fromkeys(place for place, _ in whole))
    if len(places) > limit:
        end = places[limit - 1]
        whole = [one for one in whole if _order(one[0]) >= _order(end)]
    return [row for _, row in whole], end


def _order(place: Position) -> tuple[int, str]:
    return place.created_at, place.id
