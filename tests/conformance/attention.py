"""When the next request happens and which record it is about: the two choices before its kind is drawn.

A request at a random time about a random record seldom does anything. Time leaps to just before, on or just after what
falls due, and attention stays with a record for some requests, since what goes deep happens to one record again and
again.
"""

from dataclasses import replace
from random import Random

from .draw import chance
from .view import Edge, View

NEAR = 100_000  # ms; what is further away is left to the finale, or nothing would live long
STEP_BACK = -3_000  # ms
LEAP = 35_000  # ms; further than a re-send: much falls due and nothing has looked yet


def next_view(rng: Random, view: View, *, finale: bool) -> View:
    """Let time pass or stand, and decide who is in the spotlight."""
    edges = coming_at_last(view) if finale else coming(view)
    haste = max(view.mood.haste, 0.2) if finale else view.mood.haste
    if edges and chance(rng, haste):
        edge = one_edge(rng, view, edges)
        now = max(view.now, edge.at + rng.choice((-1, 0, 0, 1)))
        return replace(view, now=now, spotlight=edge.id if chance(rng, 0.7) else view.spotlight)
    return replace(view, now=view.now + passed(rng), spotlight=next_spotlight(rng, view))


def passed(rng: Random) -> int:
    """Mostly next to nothing; now and then a leap, or a step back, since a request says what time it is."""
    if chance(rng, 0.02):
        return LEAP
    return STEP_BACK if chance(rng, 0.01) else rng.choice((0, 0, 0, 1, 10))


def coming(view: View) -> list[Edge]:
    """The next few edges that are near."""
    return [edge for edge in view.edges if view.now < edge.at <= view.now + NEAR][:4]


def coming_at_last(view: View) -> list[Edge]:
    """The next few deadlines however far: what lived through the script times out at last, in whatever state."""
    timers = [Edge(timer.timeout, timer.id) for timer in view.state.promise_timeouts]
    return sorted(edge for edge in timers if edge.at > view.now)[:4]


def next_spotlight(rng: Random, view: View) -> str | None:
    """Stay with a record for a while, unless one is overdue."""
    overdue = [edge for edge in view.edges if edge.at <= view.now]
    if overdue and chance(rng, 0.5):
        return one_edge(rng, view, overdue).id
    if chance(rng, 0.75):
        return view.spotlight
    return view.any_task(rng) if chance(rng, 0.8) else view.any_promise(rng)


def one_edge(rng: Random, view: View, edges: list[Edge]) -> Edge:
    """One of the edges, those of resting tasks and of awaited promises rather than others: they are rare."""
    rare = {*view.tasks_in("suspended", "halted"), *view.awaited}
    return rng.choices(edges, [5 if edge.id in rare else 1 for edge in edges])[0]
