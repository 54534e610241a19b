"""The operator's own document types: files in a folder, which go into the worker's image.

Only the names are read here, because the API must know which types there are. The worker checks the rest when it
starts. If workers do not start, ECS rolls the deployment back.
"""

import json
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from contract.job import TYPE_NAME

from .choice_values import ChoiceError

_SUFFIXES: Final = (".toml", ".json")  # that the worker reads


@dataclass(frozen=True, kw_only=True)
class CustomTypes:
    """Files, and the names of the types that they define."""

    files: tuple[Path, ...]
    names: tuple[str, ...]

    @classmethod
    def from_folder(cls, folder: Path) -> Self:
        """Read the names, or raise an error that names the file without one."""
        if not folder.is_dir():
            raise ChoiceError(f"-c documentTypes={folder} is not a folder: name one with a file for each type")
        files = tuple(sorted(file for file in folder.iterdir() if file.suffix in _SUFFIXES))
        if not files:
            raise ChoiceError(f"-c documentTypes={folder} has no file that ends in {' or '.join(_SUFFIXES)}")
        names = tuple(_name(file) for file in files)
        for name, file in zip(names, files, strict=True):
            if names.count(name) > 1:
                raise ChoiceError(f"{file} defines the type {name}, and so does another file beside it: remove one")
        return cls(files=files, names=names)


def _name(file: Path) -> str:
    name = _read(file).get("name")
    if not isinstance(name, str) or not re.fullmatch(TYPE_NAME, name):
        raise ChoiceError(f"{file} has no valid type name: it needs a line such as {_write_example(file)}")
    return name


def _read(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text(encoding="utf-8")
        data = tomllib.loads(text) if file.suffix == ".toml" else json.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise ChoiceError(f"{file} cannot be read: {error}") from error
    return data if isinstance(data, dict) else {}


def _write_example(file: Path) -> str:
    return 'name = "purchase-order"' if file.suffix == ".toml" else '"name": "purchase-order"'
