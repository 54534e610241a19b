"""Writes a script against a running server: it chooses each request from the state after the last one.

Random requests seldom have an effect. These follow what is pending, held, awaited or about to time out, and so reach
fences, resumes, halts and lapsed leases in every script. Against a correct server a seed always gives the same script.
"""

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import NamedTuple

from . import promise_moves as promises
from . import task_moves as tasks
from .draw import Data, chance
from .pair import Observation, Outcome, Pair
from .script import Step
from .target import START, Json
from .timing import advance_view
from .view import Mood, View

LENGTH = 60  # requests; shorter scripts reach too few states
FINALE = 15  # the last requests of a script: they create nothing, and even far deadlines pass
MIN_PENDING = 6  # promises; with fewer, they seldom interact
MAX_DRAWS = 30  # some records cannot be named by any possible request

CROWD_EVERY = 25  # every so many seeds, a script creates more records than a default page has
CROWD_SCHEDULES = 13  # schedules in a crowd: more than the ten of a page
CROWD_FIRINGS = 9  # firings of each: 13 * 9 promises are more than the hundred of a page
MINUTE = 60_000


class Move(NamedTuple):
    """A kind of request, its weight, and a function that draws its data, or None if the state has no subject for it."""

    weight: float
    kind: str
    data: Callable[[Random, View], Data | None]


def tick(rng: Random, view: View) -> Data | None:
    """Tick if something is due, and sometimes if not."""
    is_due = any(edge.at <= view.now for edge in view.edges)
    return {"time": view.now} if is_due or chance(rng, 0.2) else None


def search_everything(_: Random, __: View) -> Data:
    """Search without a limit."""
    return {}


# With these weights the random scripts find each of the planted faults.
MOVES = (
    Move(3, "promise.get", promises.get),
    Move(3, "promise.create", promises.create),
    Move(6, "promise.settle", promises.settle),
    Move(8, "promise.register_callback", promises.register_callback),
    Move(3, "promise.register_listener", promises.register_listener),
    Move(2, "task.get", tasks.get),
    Move(4, "task.create", tasks.create),
    Move(20, "task.acquire", tasks.acquire),
    Move(6, "task.fence", tasks.fence_create),
    Move(6, "task.fence", tasks.fence_settle),
    Move(14, "task.suspend", tasks.suspend),
    Move(3, "task.fulfill", tasks.fulfill),
    Move(3, "task.release", tasks.choose_held_task),
    Move(4, "task.heartbeat", tasks.heartbeat),
    Move(3, "task.halt", tasks.halt),
    Move(6, "task.continue", tasks.continue_halted),
    Move(6, "debug.tick", tick),
)
SEARCHES = (
    Move(3, "promise.search", promises.search),
    Move(2, "task.search", tasks.search),
)
SCHEDULES = (
    Move(1.5, "schedule.create", promises.schedule_create),
    Move(0.5, "schedule.get", promises.schedule_named),
    Move(0.5, "schedule.delete", promises.schedule_named),
    Move(1, "schedule.search", promises.schedule_search),
)
EVERYTHING = tuple(Move(3, f"{name}.search", search_everything) for name in ("promise", "task", "schedule"))
EVENLY = tuple(move._replace(weight=1) for move in MOVES)
CREATE_NEW = (Move(1, "promise.create", promises.create_new),)
ACQUIRE = (Move(1, "task.acquire", tasks.acquire),)
GATHER = (Move(1, "schedule.create", promises.crowd_schedule),)
TICK = (Move(1, "debug.tick", tick),)


class Writer:
    """Writes one script."""

    def __init__(self, seed: int, length: int = LENGTH) -> None:
        """Start with an empty server and a random mood."""
        self.rng = Random(seed)
        self.view = View(START, Mood.draw(self.rng))
        self.moves = draw_weights(self.rng)
        self.left = length
        self.crowd = seed % CROWD_EVERY == 0
        self.fired = 0

    def next_step(self) -> Step:
        """Choose the time, the record and the request."""
        self.left -= 1
        self.view = advance_view(self.rng, self.view, finale=self.left < FINALE)
        moves = self._crowd_moves() if self.crowd else self._moves()
        kind, data = self._draw(moves)
        for _ in range(MAX_DRAWS if self._must_name_spotlight() else 0):
            if names_record(data, self.view.spotlight):
                break
            kind, data = self._draw(moves)
        return Step(kind, data, self.view.now)

    def record(self, seen: Observation) -> None:
        """Update the view after a step."""
        self.view = self.view.after(seen)

    def _draw(self, moves: tuple[Move, ...]) -> tuple[str, Data]:
        weights = [move.weight for move in moves]
        while True:
            move = self.rng.choices(moves, weights)[0]
            data = move.data(self.rng, self.view)
            if data is not None:
                return move.kind, data

    def _must_name_spotlight(self) -> bool:
        """Return whether the request must name the spotlight: every kind shall meet an overdue record."""
        return self.view.is_overdue(self.view.spotlight) and chance(self.rng, 0.6)

    def _moves(self) -> tuple[Move, ...]:
        """Return the moves that fit the state."""
        missing = MIN_PENDING - len(self.view.list_pending())
        if self.left >= FINALE and self.view.list_unused() and chance(self.rng, missing / MIN_PENDING):
            return CREATE_NEW
        overdue = [name for name in self.view.soon if self.view.is_overdue(name)]
        if len(overdue) > 1 and chance(self.rng, 0.15):
            return TICK
        if not self.view.tasks_in("acquired") and self.view.tasks_in("pending") and chance(self.rng, 0.3):
            return ACQUIRE
        return EVENLY if chance(self.rng, 0.25) else self.moves

    def _crowd_moves(self) -> tuple[Move, ...]:
        """Return moves that create many records, then those that page through them."""
        if len(self.view.schedules) < CROWD_SCHEDULES and not self.fired:
            return GATHER
        if self.fired < CROWD_FIRINGS:
            self.fired += 1
            due = max(schedule.next_run_at for schedule in self.view.schedules)
            self.view = replace(self.view, now=max(self.view.now, due + self.rng.choice((0, 1, MINUTE))))
            return TICK
        return SEARCHES + SCHEDULES[-1:] + EVERYTHING if chance(self.rng, 0.5) else self.moves


def write_script(pair: Pair, seed: int, length: int = LENGTH) -> list[Outcome]:
    """Write a script and play it on both servers, until it ends or they disagree."""
    writer = Writer(seed, length)
    pair.begin()
    outcomes = []
    for _ in range(length):
        outcomes.append(pair.play(writer.next_step()))
        if not outcomes[-1].agrees:
            break
        writer.record(outcomes[-1].reference)
    return outcomes


def draw_weights(rng: Random) -> tuple[Move, ...]:
    """Draw the weights of a script, so that scripts differ in depth."""
    moves = [move._replace(weight=move.weight * rng.choice((0.2, 1, 1, 3))) for move in MOVES + SEARCHES]
    much = rng.choice((0.2, 0.2, 1, 4))
    return (*moves, *(move._replace(weight=move.weight * much) for move in SCHEDULES))


def names_record(data: Json, record: str | None) -> bool:
    """Return whether a request contains this id."""
    match data:
        case dict():
            return any(names_record(part, record) for part in data.values())
        case list():
            return any(names_record(part, record) for part in data)
    return data == record
