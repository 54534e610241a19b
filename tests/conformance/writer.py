"""Writes a script against a running server: each request is chosen from the state that the last one left.

Blind requests seldom get anywhere; these follow what is pending, held, awaited or about to fall due, and so reach
fences, resumes, halts and lapsed leases in every script. The same seed against a correct server is the same script.
"""

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import NamedTuple

from . import moves_promises as promises
from . import moves_tasks as tasks
from .attention import next_view
from .draw import Data, chance
from .play import Outcome, Pair, Seen
from .script import Step
from .target import START, Json
from .view import Mood, View

LENGTH = 60  # requests; shorter ones end before anything has gone deep
FINALE = 15  # the last requests of a script: nothing new, and even far deadlines pass
FEW = 6  # pending promises: with fewer, little can meet
PATIENCE = 30  # draws; some records no request that is possible would name

CROWD = 25  # one seed in so many gathers more records than a page of a search has by default
GATHERED = 13  # schedules in a crowd: more than the ten of a page
FIRED = 9  # times that they fire: 13 * 9 promises are more than the hundred of a page
MINUTE = 60_000


class Move(NamedTuple):
    """A kind of request, how often it is drawn, and what says its data: None when there is nothing to say it of."""

    weight: float
    kind: str
    data: Callable[[Random, View], Data | None]


def tick(rng: Random, view: View) -> Data | None:
    """Do what is due now, or see that nothing is."""
    is_due = any(edge.at <= view.now for edge in view.edges)
    return {"time": view.now} if is_due or chance(rng, 0.2) else None


def everything(_: Random, __: View) -> Data:
    """Search without a limit: the server has one of its own."""
    return {}


# The weights are what the planted faults taught: with these the random scripts find each of them.
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
    Move(3, "task.release", tasks.held),
    Move(4, "task.heartbeat", tasks.heartbeat),
    Move(3, "task.halt", tasks.halt),
    Move(6, "task.continue", tasks.proceed),
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
EVERYTHING = tuple(Move(3, f"{name}.search", everything) for name in ("promise", "task", "schedule"))
EVENLY = tuple(move._replace(weight=1) for move in MOVES)
CREATE_NEW = (Move(1, "promise.create", promises.create_new),)
ACQUIRE = (Move(1, "task.acquire", tasks.acquire),)
GATHER = (Move(1, "schedule.create", promises.crowd_schedule),)
TICK = (Move(1, "debug.tick", tick),)


class Writer:
    """One script in the making."""

    def __init__(self, seed: int, length: int = LENGTH) -> None:
        """Begin with an empty server at the start of time, in a mood of its own."""
        self.rng = Random(seed)
        self.view = View(START, Mood.drawn(self.rng))
        self.moves = liked(self.rng)
        self.left = length
        self.crowd = seed % CROWD == 0
        self.fired = 0

    def next_step(self) -> Step:
        """Choose when, about what, and then which request."""
        self.left -= 1
        self.view = next_view(self.rng, self.view, finale=self.left < FINALE)
        moves = self._crowd_moves() if self.crowd else self._moves()
        kind, data = self._draw(moves)
        for _ in range(PATIENCE if self._insists() else 0):
            if names(data, self.view.spotlight):
                break
            kind, data = self._draw(moves)
        return Step(kind, data, self.view.now)

    def saw(self, seen: Seen) -> None:
        """Take in what the step did."""
        self.view = self.view.after(seen)

    def _draw(self, moves: tuple[Move, ...]) -> tuple[str, Data]:
        weights = [move.weight for move in moves]
        while True:
            move = self.rng.choices(moves, weights)[0]
            data = move.data(self.rng, self.view)
            if data is not None:
                return move.kind, data

    def _insists(self) -> bool:
        """What is overdue shall meet every kind of request that names it, before one that does not ends it."""
        return self.view.is_overdue(self.view.spotlight) and chance(self.rng, 0.6)

    def _moves(self) -> tuple[Move, ...]:
        """See to it that there is something to do, and that each kind of request meets each state."""
        missing = FEW - len(self.view.pending())
        if self.left >= FINALE and self.view.unused() and chance(self.rng, missing / FEW):
            return CREATE_NEW
        overdue = [name for name in self.view.soon if self.view.is_overdue(name)]
        if len(overdue) > 1 and chance(self.rng, 0.15):
            return TICK
        if not self.view.tasks_in("acquired") and self.view.tasks_in("pending") and chance(self.rng, 0.3):
            return ACQUIRE
        return EVENLY if chance(self.rng, 0.25) else self.moves

    def _crowd_moves(self) -> tuple[Move, ...]:
        """First what gathers the crowd, then mostly what pages through it."""
        if len(self.view.schedules) < GATHERED and not self.fired:
            return GATHER
        if self.fired < FIRED:
            self.fired += 1
            due = max(schedule.next_run_at for schedule in self.view.schedules)
            self.view = replace(self.view, now=max(self.view.now, due + self.rng.choice((0, 1, MINUTE))))
            return TICK
        return SEARCHES + SCHEDULES[-1:] + EVERYTHING if chance(self.rng, 0.5) else self.moves


def written(pair: Pair, seed: int, length: int = LENGTH) -> list[Outcome]:
    """Write a script and play it on both servers, until it ends or they disagree."""
    writer = Writer(seed, length)
    pair.begin()
    outcomes = []
    for _ in range(length):
        outcomes.append(pair.play(writer.next_step()))
        if not outcomes[-1].agrees:
            break
        writer.saw(outcomes[-1].reference)
    return outcomes


def liked(rng: Random) -> tuple[Move, ...]:
    """Give a script its own likings: what is rare in one leaves room for something deep in another."""
    moves = [move._replace(weight=move.weight * rng.choice((0.2, 1, 1, 3))) for move in MOVES + SEARCHES]
    much = rng.choice((0.2, 0.2, 1, 4))
    return (*moves, *(move._replace(weight=move.weight * much) for move in SCHEDULES))


def names(data: Json, record: str | None) -> bool:
    """Tell whether a request has this id anywhere in it."""
    match data:
        case dict():
            return any(names(part, record) for part in data.values())
        case list():
            return any(names(part, record) for part in data)
    return data == record
