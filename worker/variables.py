"""Single variables of an environment, each as what it must be, or one sentence that names it and says what to do.

Whatever they are to be put into later, a header, an address or a clock, must not be where a slip of the keyboard shows
first. What may be a secret is never repeated.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final
from urllib.parse import unquote

_SHOWN: Final = 60  # characters that are repeated of what somebody wrote
_LONGEST: Final = 1_000  # characters of a name or a path
_PORTS: Final = 65_535
_LABEL: Final = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_NAMED: Final = rf"{_LABEL}(?:\.{_LABEL})*\.?"
_ADDRESS: Final = re.compile(rf"https?://(?:{_NAMED}|\[[0-9A-Fa-f:.]+\])(?::([0-9]{{1,5}}))?(?:/[\w.~%/-]*)?", re.ASCII)
_HOST: Final = re.compile(rf"(?:{_NAMED}|[0-9A-Fa-f:]+):([0-9]{{1,5}})")
_BUCKET: Final = r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:/(?!\.{1,2}(?:/|$))[\w.!*'() -]+)*/?"
_PLACE: Final = re.compile(_BUCKET, re.ASCII)
_OBJECTS: Final = re.compile(f"s3://{_BUCKET}", re.ASCII)
_TOPIC: Final = re.compile(r"arn:aws[a-z-]*:sns:[a-z]{2,}(?:-[a-z]+)+-[0-9]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}(?:\.fifo)?")
_GROUP: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")  # it stands in addresses

type Env = Mapping[str, str]


class SettingsError(ValueError):
    """A variable is missing or makes no sense; its text names it."""


@contextmanager
def naming(names: str, *errors: type[Exception]) -> Iterator[None]:
    """Say which variable it was that led to one of these errors."""
    try:
        yield
    except errors as exc:
        first = next(iter(str(exc).splitlines()), type(exc).__name__)  # what follows is for who wrote the library
        raise SettingsError(f"{names}: {first}") from exc


def text(env: Env, name: str) -> str:
    """Return a name or a path, or an empty text."""
    value = env.get(name, "")
    if not value.isprintable() or len(value) > _LONGEST:
        raise SettingsError(f"{name} must be one line of at most {_LONGEST} characters, and is {_shown(value)}")
    return value


def number(env: Env, name: str, most: int, *, unit: int = 1) -> int | None:
    """Return a whole number up to the most that makes sense, in units, or nothing if nobody set it."""
    value = env.get(name, "")
    if not value:
        return None
    is_number = value.isascii() and value.isdigit() and len(value) <= _SHOWN  # Python reads no number of any length
    if not is_number or not 0 < int(value) <= most:
        raise SettingsError(f"{name} must be a whole number from 1 to {most}, and is {_shown(value)}")
    return int(value) * unit


def address(env: Env, name: str) -> str:
    """Return the address of a server."""
    value = env.get(name, "")
    if not _fits(_ADDRESS, value):
        raise SettingsError(
            f"{name} must be an address such as http://server:8001, without credentials or a query, and is none"
        )
    return value


def objects(env: Env, name: str) -> str:
    """Return where objects are kept."""
    return _either(env, name, _OBJECTS, "s3://bucket/prefix")


def channel(env: Env, name: str) -> str:
    """Return where notices go."""
    return _either(env, name, _TOPIC, "the ARN of a topic of SNS, which begins with arn:aws:sns:")


def _either(env: Env, name: str, pattern: re.Pattern[str], words: str) -> str:
    value = env.get(name, "")
    if not pattern.fullmatch(value) and not _is_folder(value):
        raise SettingsError(f"{name} must be a folder, as file:///its/path, or {words}, and is neither")
    return value


def _is_folder(value: str) -> bool:
    return value.startswith("file:///") and unquote(value).isprintable() and not {"?", "#"} & set(value)


def group(env: Env, name: str) -> str | None:
    """Return a group's name, if there is one."""
    value = env.get(name, "")
    if value and not _GROUP.fullmatch(value):
        raise SettingsError(f"{name} must be letters, digits, dots, dashes and underscores, and is {_shown(value)}")
    return value or None


def secret(env: Env, name: str) -> str | None:
    """Return what goes into a header, if there is one."""
    value = env.get(name, "")
    if not (value.isascii() and value.isprintable()) or " " in value:
        raise SettingsError(f"{name} must have no blank, line break or letter beyond ASCII: look at how it was copied")
    return value or None


def hosts(env: Env, name: str) -> tuple[str, ...]:
    """Return hosts with ports, in the spelling that urls come to."""
    found = _each(env, name, lambda word: _fits(_HOST, word), "hosts with ports, as in files.internal:8080")
    return tuple(word.lower() for word in found)


def places(env: Env, name: str) -> tuple[str, ...]:
    """Return buckets, or folders in them."""
    return _each(env, name, lambda word: bool(_PLACE.fullmatch(word)), "names of buckets, as in letters or letters/in")


def words(value: str) -> tuple[str, ...]:
    """Return what commas divide."""
    return tuple(word.strip() for word in value.split(",") if word.strip())


def _each(env: Env, name: str, is_one: Callable[[str], bool], what: str) -> tuple[str, ...]:
    found = words(env.get(name, ""))
    if wrong := next((word for word in found if not is_one(word)), None):
        raise SettingsError(f"{name} must be {what}, with commas between them, and has {_shown(wrong)}")
    return found


def _fits(pattern: re.Pattern[str], value: str) -> bool:
    """Whether the value is like that, and its port one that there can be."""
    found = pattern.fullmatch(value)
    return found is not None and (found[1] is None or 0 < int(found[1]) <= _PORTS)


def _shown(value: str) -> str:
    return repr(value if len(value) <= _SHOWN else f"{value[:_SHOWN]}...")
