"""Chooses when the next request happens and which record it is about.

A random request at a random time seldom has an effect. So the time jumps to just before, on or just after a timeout,
and several requests in a row are about the same record.
"""

from dataclasses import replace
from random import Random

from .draw import chance
from .view import Edge, View

NEAR = 100_000  # ms; later timeouts are left to the finale, or nothing would live long
STEP_BACK = -3_000  # ms
LEAP = 35_000  # ms; longer than a retry timeout, so that much is due at once


def advance_view(rng: Random, view: View, *, finale: bool) -> View:
    """Advance the time, and choose the record in the spotlight."""
    edges = find_far_edges(view) if finale else find_next_edges(view)
    haste = max(view.mood.haste, 0.2) if finale else view.mood.haste
    if edges and chance(rng, haste):
        edge = choose_edge(rng, view, edges)
        now = max(view.now, edge.at + rng.choice((-1, 0, 0, 1)))
        return replace(view, now=now, spotlight=edge.id if chance(rng, 0.7) else view.spotlight)
    return replace(view, now=view.now + draw_time_step(rng), spotlight=choose_spotlight(rng, view))


def draw_time_step(rng: Random) -> int:
    """Draw a time step in ms: mostly small, sometimes a jump, sometimes back."""
    if chance(rng, 0.02):
        return LEAP
    return STEP_BACK if chance(rng, 0.01) else rng.choice((0, 0, 0, 1, 10))


def find_next_edges(view: View) -> list[Edge]:
    """Return the next few near edges."""
    return [edge for edge in view.edges if view.now < edge.at <= view.now + NEAR][:4]


def find_far_edges(view: View) -> list[Edge]:
    """Return the next few deadlines however far, so that every promise times out in the end."""
    timers = [Edge(timer.timeout, timer.id) for timer in view.state.promise_timeouts]
    return sorted(edge for edge in timers if edge.at > view.now)[:4]


def choose_spotlight(rng: Random, view: View) -> str | None:
    """Keep the record for a while, unless another is overdue."""
    overdue = [edge for edge in view.edges if edge.at <= view.now]
    if overdue and chance(rng, 0.5):
        return choose_edge(rng, view, overdue).id
    if chance(rng, 0.75):
        return view.spotlight
    return view.any_task(rng) if chance(rng, 0.8) else view.any_promise(rng)


def choose_edge(rng: Random, view: View, edges: list[Edge]) -> Edge:
    """Choose an edge, rather of resting tasks and awaited promises, because those are rare."""
    rare = {*view.tasks_in("suspended", "halted"), *view.awaited}
    return rng.choices(edges, [5 if edge.id in rare else 1 for edge in edges])[0]
