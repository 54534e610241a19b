"""Reads what happened in a job, event by event."""

from typing import Final

from contract.events import END, Event, JobEvents

from .exchange import Item, Pause, Request, Stream
from .jobs import check_id
from .sending import RETRY_AFTER, read, send

_PAUSE_SECONDS: Final = 1.0  # between two reads of a job that has not ended


def events(job_id: str, after: str = "") -> Stream[Event]:
    """Yield each event after the one with the id `after`, until the job has ended.

    They are hints of workers: the state of a job is in its status. A program that reads on later keeps the last `id`.
    """
    while True:
        path = f"/jobs/{check_id(job_id)}/events" + (f"?after={after}" if after else "")
        reply = yield from send(Request(method="GET", path=path))
        page: JobEvents = read(reply, JobEvents)
        for event in page.events:
            yield Item(event)
        if page.next.endswith(END):
            return
        after = page.next
        if RETRY_AFTER in reply.headers:  # without it there are more
            yield Pause(_PAUSE_SECONDS)
