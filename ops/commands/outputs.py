"""`longhand outputs`: print the addresses of a system for a user, a shell or a program."""

import re
import shlex
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final

import typer

from contract.object_keys import INBOX
from ops.exit_codes import ExitCode
from ops.screen import Screen
from ops.target import find_running, open_stack
from ops.target_options import SystemOptions

LAPTOP_OUTPUTS: Final = ("ApiUrl", "ServerUrl", "StoreUrl", "DocumentsUrl", "InboxFolder")


class Format(StrEnum):
    """The output format."""

    TEXT = "text"
    ENV = "env"
    JSON = "json"


def outputs(
    system: SystemOptions,
    *,
    output_format: Annotated[Format, typer.Option("--format", help="Columns, shell variables, or JSON.")] = Format.TEXT,
) -> int:
    """Print the addresses of make serve, or the outputs of a stack. They contain no secrets.

    For example:

      longhand outputs

      longhand outputs --stack Longhand --format env > .env.aws

      curl "$(longhand outputs --format json | jq -r .ApiUrl)/status/report-7"
    """
    screen = Screen.open()
    values = _read_stack(system) if system.stack else _read_laptop(system)
    match output_format:
        case Format.JSON:
            screen.print_json(dict(values))
        case Format.ENV:
            for name, value in values.items():
                screen.print_line(f"{to_variable(name)}={shlex.quote(value)}")
        case Format.TEXT:
            screen.print_pairs(values)
    return ExitCode.OK


def to_variable(name: str) -> str:
    """Return the environment variable for an output: ApiUrl is LONGHAND_API_URL."""
    return "LONGHAND_" + re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).upper()


def _read_laptop(system: SystemOptions) -> Mapping[str, str]:
    laptop = find_running(system.state)
    values = laptop.api, laptop.server, laptop.store.as_uri(), laptop.documents, str(laptop.store / INBOX)
    return dict(zip(LAPTOP_OUTPUTS, values, strict=True))


def _read_stack(system: SystemOptions) -> Mapping[str, str]:
    stack = open_stack(system)
    values = stack.read_outputs().values
    return {"Stack": stack.name, "Region": stack.session.region_name, **dict(sorted(values.items()))}
