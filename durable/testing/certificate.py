"""The results of a certifier, and its table."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .request_log import CUTS, Fault, Point


@dataclass(frozen=True, kw_only=True)
class TrialRun:
    """One run of a scenario: its end, how often each body began, and its effects on the world."""

    fault: Fault | None  # None: the plain run
    order: int
    outcome: object
    bodies: Counter[str]
    effects: Counter[str]
    was_cut: bool  # in another order of requests, a point need not be reached
    points: tuple[Point, ...]

    def __str__(self) -> str:
        if self.fault is None:
            return "the plain run"
        order = f", order {self.order}" if self.order else ""
        return f"cut {self.fault.cut} {self.fault.point}{order}"


@dataclass(frozen=True)
class Problem:
    """What is wrong in one run."""

    run: TrialRun
    text: str

    def __str__(self) -> str:
        return f"{self.run}: {self.text}"


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """All runs of a scenario. It is good if it has no problems."""

    plain: TrialRun
    runs: tuple[TrialRun, ...]
    problems: tuple[Problem, ...]
    seconds: float

    @property
    def is_good(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    @property
    def max_bodies(self) -> Counter[str]:
        """How often each step's body began at most in one run."""
        return _find_maximum([run.bodies for run in self.runs])

    def __str__(self) -> str:
        return "\n".join([*self._format_table(), self._summarize(), *map(str, self.problems)])

    def _format_table(self) -> Iterator[str]:
        width = max((len(str(point)) for point in self.plain.points), default=0)
        cuts = [cut for cut in CUTS if any(run.fault and run.fault.cut == cut for run in self.runs)]
        yield f"{'cut at':{width}}  {''.join(f'{cut:8}' for cut in cuts)}bodies begun more often than in the plain run"
        for point in self.plain.points:
            runs = [run for run in self.runs if run.fault and run.fault.point == point]
            words = [self._choose_word([run for run in runs if run.fault and run.fault.cut == cut]) for cut in cuts]
            again = _find_maximum([run.bodies for run in runs]) - self.plain.bodies
            repeated = ", ".join(f"{step} +{count}" for step, count in sorted(again.items()))
            yield f"{point!s:{width}}  {''.join(f'{word:8}' for word in words)}{repeated}".rstrip()

    def _choose_word(self, runs: Sequence[TrialRun]) -> str:
        if any(problem.run in runs for problem in self.problems):
            return "FAULT"
        return "ok" if any(run.was_cut for run in runs) else "-"

    def _summarize(self) -> str:
        effects = _format_counts(_find_maximum([run.effects for run in (self.plain, *self.runs)]))
        return (
            f"{len(self.runs)} runs in {self.seconds:.1f} s, {len(self.problems)} faults; the plain run has "
            f"{len(self.plain.points)} requests; bodies at most: {_format_counts(self.max_bodies)}; effects: {effects}"
        )


def _find_maximum(counts: Sequence[Counter[str]]) -> Counter[str]:
    found = Counter[str]()
    for one in counts:
        found |= one
    return found


def _format_counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or "none"
