"""Read a Dockerfile: the part of the language that ours use. It refuses all other instructions."""

import json
import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path


class UnsupportedError(ValueError):
    """A line that this reader does not support."""


@dataclass(frozen=True)
class Copy:
    """Copies files from the context or an earlier stage."""

    sources: tuple[str, ...]
    target: str
    stage: str | None


@dataclass(frozen=True)
class Add:
    """Downloads a file."""

    url: str
    target: str


@dataclass(frozen=True)
class Run:
    """Runs a shell command."""

    command: str


@dataclass(frozen=True)
class Env:
    """Sets variables for the later steps."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Workdir:
    """Sets the folder of the later commands."""

    path: str


@dataclass(frozen=True)
class User:
    """Sets the user."""

    name: str


@dataclass(frozen=True)
class Volume:
    """Declares folders for mounts."""

    paths: tuple[str, ...]


@dataclass(frozen=True)
class Entrypoint:
    """Sets the command and its arguments."""

    words: tuple[str, ...]


type Step = Copy | Add | Run | Env | Workdir | User | Volume | Entrypoint


@dataclass(frozen=True)
class Stage:
    """A FROM instruction and its steps."""

    base: str
    name: str | None
    steps: tuple[Step, ...]

    def steps_of[S: Step](self, kind: type[S]) -> list[S]:
        """Return all steps of a kind."""
        return [step for step in self.steps if isinstance(step, kind)]


def read_stages(file: Path, **given: str) -> list[Stage]:
    """Return the stages, with the given arguments and the defaults of others."""
    arguments: dict[str, str] = {}
    stages: list[Stage] = []
    for word, rest in _instructions(file.read_text()):
        if word == "ARG" and not stages:
            name, _, value = rest.partition("=")
            arguments[name] = given.get(name, value)
        elif word == "FROM":
            stages.append(_stage(re.sub(r"\$\{(\w+)\}", lambda match: arguments[match[1]], rest)))
        elif stages:
            last = stages.pop()
            stages.append(Stage(last.base, last.name, (*last.steps, _step(word, rest))))
        else:
            raise UnsupportedError(f"{word} {rest}")
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
    raise UnsupportedError(f"FROM {rest}")


def _step(word: str, rest: str) -> Step:
    readers: dict[str, Callable[[str], Step]] = {
        "ADD": _add,
        "COPY": _copy,
        "ENTRYPOINT": lambda rest: Entrypoint(_words(rest)),
        "ENV": _env,
        "RUN": lambda rest: Run(_command(rest)),
        "USER": User,
        "VOLUME": lambda rest: Volume(_words(rest)),
        "WORKDIR": Workdir,
    }
    if word not in readers:
        raise UnsupportedError(f"{word} {rest}")
    return readers[word](rest)


def _env(rest: str) -> Env:
    pairs = (pair.partition("=") for pair in shlex.split(rest))
    return Env(tuple((name, value) for name, _, value in pairs))


def _copy(rest: str) -> Copy:
    options, words = _options(rest)
    if options.keys() - {"from"} or len(words) < 2:
        raise UnsupportedError(f"COPY {rest}")
    return Copy(tuple(words[:-1]), words[-1], options.get("from"))


def _add(rest: str) -> Add:
    options, words = _options(rest)
    if options != {"chmod": "0444"} or len(words) != 2 or not words[0].startswith("https://"):
        raise UnsupportedError(f"ADD {rest}: only a file that all may read, from an https address")
    return Add(*words)


def _command(rest: str) -> str:
    """Return the command without its cache mounts."""
    while rest.startswith("--"):
        option, _, rest = rest.partition(" ")
        if not option.startswith("--mount=type=cache,"):
            raise UnsupportedError(f"RUN {option}")
        rest = rest.strip()
    if rest.startswith("["):
        raise UnsupportedError(f"RUN {rest}")
    return rest


def _options(rest: str) -> tuple[dict[str, str], list[str]]:
    words = rest.split()
    options = [word.removeprefix("--").partition("=") for word in words if word.startswith("--")]
    return {name: value for name, _, value in options}, [word for word in words if not word.startswith("--")]


def _words(rest: str) -> tuple[str, ...]:
    if not rest.startswith("["):
        raise UnsupportedError(f"a shell would receive the signals in place of the program: {rest}")
    return tuple(json.loads(rest))
