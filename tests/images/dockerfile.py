"""Reads a Dockerfile, as much of the language as ours use. What it does not know it refuses, rather than skip it."""

import json
import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path


class UnknownError(ValueError):
    """A line that this reader does not know."""


@dataclass(frozen=True)
class Copy:
    """Files from the context, or from a former stage."""

    sources: tuple[str, ...]
    target: str
    stage: str | None


@dataclass(frozen=True)
class Run:
    """A command of the shell."""

    command: str


@dataclass(frozen=True)
class Env:
    """Variables from here on."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Workdir:
    """Where commands run from here on."""

    path: str


@dataclass(frozen=True)
class User:
    """Who runs it."""

    name: str


@dataclass(frozen=True)
class Volume:
    """A folder that is mounted."""

    paths: tuple[str, ...]


@dataclass(frozen=True)
class Entrypoint:
    """What starts, word by word."""

    words: tuple[str, ...]


type Step = Copy | Run | Env | Workdir | User | Volume | Entrypoint


@dataclass(frozen=True)
class Stage:
    """A FROM and what follows it."""

    base: str
    name: str | None
    steps: tuple[Step, ...]

    def all_of[S: Step](self, kind: type[S]) -> list[S]:
        """Every step of a kind."""
        return [step for step in self.steps if isinstance(step, kind)]


def read(file: Path) -> list[Stage]:
    """Return the stages; arguments have their defaults."""
    arguments: dict[str, str] = {}
    stages: list[Stage] = []
    for word, rest in _instructions(file.read_text()):
        if word == "ARG" and not stages:
            name, _, value = rest.partition("=")
            arguments[name] = value
        elif word == "FROM":
            stages.append(_stage(re.sub(r"\$\{(\w+)\}", lambda found: arguments[found[1]], rest)))
        elif stages:
            last = stages.pop()
            stages.append(Stage(last.base, last.name, (*last.steps, _step(word, rest))))
        else:
            raise UnknownError(f"{word} {rest}")
    return stages


def _instructions(text: str) -> Iterator[tuple[str, str]]:
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        word, _, rest = line.partition(" ")
        yield word, rest.strip()


def _stage(rest: str) -> Stage:
    match rest.split():
        case [base]:
            return Stage(base, None, ())
        case [base, "AS", name]:
            return Stage(base, name, ())
    raise UnknownError(f"FROM {rest}")


def _step(word: str, rest: str) -> Step:
    readers: dict[str, Callable[[str], Step]] = {
        "COPY": _copy,
        "ENTRYPOINT": lambda rest: Entrypoint(_words(rest)),
        "ENV": _env,
        "RUN": lambda rest: Run(_command(rest)),
        "USER": User,
        "VOLUME": lambda rest: Volume(_words(rest)),
        "WORKDIR": Workdir,
    }
    if word not in readers:
        raise UnknownError(f"{word} {rest}")
    return readers[word](rest)


def _env(rest: str) -> Env:
    pairs = (pair.partition("=") for pair in shlex.split(rest))
    return Env(tuple((name, value) for name, _, value in pairs))


def _copy(rest: str) -> Copy:
    options, words = _options(rest)
    if options.keys() - {"from"} or len(words) < 2:
        raise UnknownError(f"COPY {rest}")
    return Copy(tuple(words[:-1]), words[-1], options.get("from"))


def _command(rest: str) -> str:
    """The command; a cache that is mounted is whoever runs it's own."""
    while rest.startswith("--"):
        option, _, rest = rest.partition(" ")
        if not option.startswith("--mount=type=cache,"):
            raise UnknownError(f"RUN {option}")
        rest = rest.strip()
    if rest.startswith("["):
        raise UnknownError(f"RUN {rest}")
    return rest


def _options(rest: str) -> tuple[dict[str, str], list[str]]:
    words = rest.split()
    named = [word.removeprefix("--").partition("=") for word in words if word.startswith("--")]
    return {name: value for name, _, value in named}, [word for word in words if not word.startswith("--")]


def _words(rest: str) -> tuple[str, ...]:
    if not rest.startswith("["):
        raise UnknownError(f"a shell would stand between the signal and the program: {rest}")
    return tuple(json.loads(rest))
