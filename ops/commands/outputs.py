"""`longhand outputs`: where everything is, for a person, a shell or a program."""

import re
import shlex
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final

import typer

from ops.exit_codes import ExitCode
from ops.screen import Screen
from ops.target import open_stack, running
from ops.target_options import SystemOptions

OF_LAPTOP: Final = ("ApiUrl", "EngineUrl", "StoreUrl", "DocumentsUrl", "InboxFolder")


class Format(StrEnum):
    """For whom it is printed."""

    TEXT = "text"
    ENV = "env"
    JSON = "json"


def outputs(
    system: SystemOptions,
    *,
    form: Annotated[Format, typer.Option("--format", help="For a person, a shell, or a program.")] = Format.TEXT,
) -> int:
    """Show where everything is: the addresses of make serve, or the outputs of a stack. None of them is a secret.

    For example:

      longhand outputs

      longhand outputs --stack Longhand --format env > .env.aws

      curl "$(longhand outputs --format json | jq -r .ApiUrl)/status/report-7"
    """
    screen = Screen.open()
    values = _of_stack(system) if system.stack else _of_laptop(system)
    match form:
        case Format.JSON:
            screen.print_json(dict(values))
        case Format.ENV:
            for name, value in values.items():
                screen.print_line(f"{variable(name)}={shlex.quote(value)}")
        case Format.TEXT:
            screen.print_pairs(values)
    return ExitCode.OK


def variable(name: str) -> str:
    """Make an output's name that of an environment variable."""
    return "LONGHAND_" + re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).upper()


def _of_laptop(system: SystemOptions) -> Mapping[str, str]:
    found = running(system.state)
    values = found.api, found.server, found.store.as_uri(), found.documents, str(found.inbox)
    return dict(zip(OF_LAPTOP, values, strict=True))


def _of_stack(system: SystemOptions) -> Mapping[str, str]:
    stack = open_stack(system)
    outputs = stack.outputs()
    return {"Stack": stack.name, "Region": stack.session.region_name, **dict(sorted(outputs.values.items()))}
