"""The options that select a system, in groups: a command takes only the group that it uses."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from .laptop import STATE

PANEL: Final = "Which system (default: the running `make serve`)"


class Auth(StrEnum):
    """How requests to the API authenticate."""

    IAM = "iam"
    JWT = "jwt"
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class AccountOptions:
    """An AWS account and region."""

    region: Annotated[
        str | None,
        # boto3 reads only the second of these variables, the other tools of AWS the first.
        typer.Option(
            envvar=["AWS_REGION", "AWS_DEFAULT_REGION"],
            help="The AWS region; the profile's by default.",
            rich_help_panel=PANEL,
        ),
    ] = None
    aws_profile: Annotated[
        str | None,
        typer.Option(help="The profile of ~/.aws/config; AWS_PROFILE by default.", rich_help_panel=PANEL),
    ] = None


@dataclass(frozen=True, kw_only=True)
class StackOptions(AccountOptions):
    """A stack on AWS."""

    stack: Annotated[
        str | None,
        typer.Option(envvar="LONGHAND_STACK", help="The name of a stack on AWS.", rich_help_panel=PANEL),
    ] = None


@dataclass(frozen=True, kw_only=True)
class SystemOptions(StackOptions):
    """A stack, or the running `make serve`."""

    state: Annotated[
        Path,
        typer.Option(
            envvar="LONGHAND_STATE",
            help="The state folder of make serve.",
            show_default="the project's .state/serve",
            rich_help_panel=PANEL,
        ),
    ] = STATE


@dataclass(frozen=True, kw_only=True)
class TargetOptions(SystemOptions):
    """A stack, the running `make serve`, or an API by its address."""

    url: Annotated[
        str | None,
        typer.Option(help="The address of an API.", rich_help_panel=PANEL),
    ] = None
    auth: Annotated[
        Auth | None,
        typer.Option(help="How requests authenticate: by default iam for a stack, else none.", rich_help_panel=PANEL),
    ] = None
    # Settable by the environment because other users of the machine can read the command line.
    token: Annotated[
        str | None,
        typer.Option(envvar="LONGHAND_TOKEN", help="The token for --auth jwt.", rich_help_panel=PANEL),
    ] = field(default=None, repr=False)
