"""Read environment variables as typed values, for the settings of every program.

Each error is one sentence that names the variable and states what it must be. The value of an address, a token or a
password is never repeated, because it may hold a secret. Only the standard library is imported, and patterns are
compiled at their first use, because they would slow down the trigger's start.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Concatenate, Final
from urllib.parse import unquote

PORT: Final = r"0*(?:[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5])"
_LABEL: Final = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
HOST_NAME: Final = rf"{_LABEL}(?:\.{_LABEL})*\.?"
BUCKET: Final = r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:/(?!\.{1,2}(?:/|$))[\w.!*'() -]+)*/?"
_AUTHORITY: Final = rf"(?:{HOST_NAME}|\[[0-9A-Fa-f:.]+\])(?::{PORT})?"
_MAX_QUOTE: Final = 60  # characters of a wrong value in an error
_MAX_TEXT: Final = 1_000  # characters of a name or a path


class SettingsError(ValueError):
    """A variable is missing or has a wrong value; the text names the variable."""


@contextmanager
def settings_errors(names: str, *errors: type[Exception]) -> Iterator[None]:
    """Turn these errors into one sentence that begins with the names of their variables."""
    try:
        yield
    except errors as exc:
        first = next(iter(str(exc).splitlines()), type(exc).__name__)  # later lines are of no use to an operator
        raise SettingsError(f"{names}: {first}") from exc


class Environment:
    """Variables by name. Every method requires its variable to be set; `optional` reads one that may be unset."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables: Final = variables

    def optional[**P, T](
        self, read: Callable[Concatenate[str, P], T], name: str, *args: P.args, **kwargs: P.kwargs
    ) -> T | None:
        """Read the variable with one of the other methods, or return None if it is unset or empty."""
        return read(name, *args, **kwargs) if self._variables.get(name) else None

    def text(self, name: str) -> str:
        """Return one line, such as a name or a path."""
        return self._read(
            name, f"one line of at most {_MAX_TEXT} characters", lambda v: v.isprintable() and len(v) <= _MAX_TEXT
        )

    def match(self, name: str, pattern: str, meaning: str) -> str:
        """Return a value that matches the pattern as a whole; errors describe it by its meaning."""
        return self._read(name, meaning, lambda value: _matches(pattern, value))

    def one_of(self, name: str, allowed: Collection[str]) -> str:
        """Return one of the allowed values."""
        return self._read(name, f"one of {', '.join(allowed)}", lambda value: value in allowed)

    def number(self, name: str, maximum: int) -> int:
        """Return a whole number from 1 to the maximum."""

        def is_valid(value: str) -> bool:
            # Python refuses to read numbers of thousands of digits.
            return value.isascii() and value.isdigit() and len(value) <= _MAX_QUOTE and 0 < int(value) <= maximum

        return int(self._read(name, f"a whole number from 1 to {maximum}", is_valid))

    def url(self, name: str, *, schemes: Collection[str] = ("http", "https")) -> str:
        """Return the address of a server. Credentials and queries are refused: they would end up in logs."""
        pattern = rf"(?:{'|'.join(schemes)})://{_AUTHORITY}(?:/[\w.~%/-]*)?"
        meaning = "an address such as http://server:8001, without credentials or a query"
        return self._read(name, meaning, lambda value: _matches(pattern, value), shows_value=False)

    def location(self, name: str, pattern: str, meaning: str) -> str:
        """Return the address of a local folder, or a value that matches the pattern."""
        return self._read(
            name,
            f"a folder, as file:///its/path, or {meaning}",
            lambda value: _is_folder(value) or _matches(pattern, value),
            shows_value=False,
        )

    def store_url(self, name: str) -> str:
        """Return the address of an object store."""
        return self.location(name, f"s3://{BUCKET}", "s3://bucket/prefix")

    def token(self, name: str) -> str:
        """Return a secret that goes into a header."""
        meaning = "ASCII text without blanks and line breaks (copy it again)"
        return self._read(name, meaning, lambda v: v.isascii() and v.isprintable() and " " not in v, shows_value=False)

    def secret(self, name: str) -> str:
        """Return a secret of any characters, such as a password."""
        return self._read(name, "a secret", bool, shows_value=False)

    def list(self, name: str, pattern: str, meaning: str) -> tuple[str, ...]:
        """Return the items between commas, each of which matches the pattern; none if the variable is unset."""
        items = tuple(item.strip() for item in self._variables.get(name, "").split(",") if item.strip())
        for item in items:
            if not _matches(pattern, item):
                raise SettingsError(f"{name} must be {meaning}, separated by commas, not {_quote(item)}")
        return items

    def _read(self, name: str, meaning: str, is_valid: Callable[[str], bool], *, shows_value: bool = True) -> str:
        value = self._variables.get(name, "")
        if not value:
            raise SettingsError(f"{name} is not set: it must be {meaning}")
        if not is_valid(value):
            actual = f"not {_quote(value)}" if shows_value else "but has another value"
            raise SettingsError(f"{name} must be {meaning}, {actual}")
        return value


def _matches(pattern: str, value: str) -> bool:
    return re.fullmatch(pattern, value, re.ASCII) is not None


def _is_folder(value: str) -> bool:
    return value.startswith("file:///") and unquote(value).isprintable() and not {"?", "#"} & set(value)


def _quote(value: str) -> str:
    return repr(value if len(value) <= _MAX_QUOTE else f"{value[:_MAX_QUOTE]}...")
