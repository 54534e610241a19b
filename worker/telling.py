"""How far the reading of a document is, for whoever wants to know. It decides nothing."""

from collections.abc import Callable

type TellPages = Callable[[int, int], None]  # how many pages are read, of how many
type TellPagesOf = Callable[[str, int, int], None]  # the same, of the job with this id
type TellBatchOf = Callable[[str, int, int], None]  # of that job: from this page on, so many were read somewhere


def tell_nobody(_job_id: str, _one: int, _other: int) -> None:
    """Keep it to oneself."""
