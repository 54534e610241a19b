"""Which system a command is about: its options, and none that the command does not look at."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from .laptop import STATE

PANEL: Final = "Which system (a running `make serve` when none is named)"


class Auth(StrEnum):
    """How requests to the API say who sends them."""

    IAM = "iam"
    JWT = "jwt"
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class AccountOptions:
    """An account and region on AWS, by whose credentials are used."""

    region: Annotated[
        str | None,
        # boto3 reads the second of these variables only, the rest of AWS's tools the first.
        typer.Option(
            envvar=["AWS_REGION", "AWS_DEFAULT_REGION"],
            help="Its region; else that of the AWS profile.",
            rich_help_panel=PANEL,
        ),
    ] = None
    aws_profile: Annotated[
        str | None,
        typer.Option(help="The profile of ~/.aws/config to use; else AWS_PROFILE's.", rich_help_panel=PANEL),
    ] = None


@dataclass(frozen=True, kw_only=True)
class StackOptions(AccountOptions):
    """A stack on AWS."""

    stack: Annotated[
        str | None,
        typer.Option(envvar="LONGHAND_STACK", help="A stack on AWS, by its name.", rich_help_panel=PANEL),
    ] = None


@dataclass(frozen=True, kw_only=True)
class SystemOptions(StackOptions):
    """A stack, or, when none is named, what runs on this machine."""

    state: Annotated[
        Path,
        typer.Option(
            envvar="LONGHAND_STATE",
            help="The folder that make serve writes to.",
            show_default="the project's .state/serve",
            rich_help_panel=PANEL,
        ),
    ] = STATE


@dataclass(frozen=True, kw_only=True)
class TargetOptions(SystemOptions):
    """One of these, or an API by its address."""

    url: Annotated[
        str | None,
        typer.Option(help="An API by its address; documents must then be URLs.", rich_help_panel=PANEL),
    ] = None
    auth: Annotated[
        Auth | None,
        typer.Option(help="How to say who asks: iam for a stack, else none.", rich_help_panel=PANEL),
    ] = None
    # From the environment, too: the command line can be read by everybody on the machine.
    token: Annotated[
        str | None,
        typer.Option(envvar="LONGHAND_TOKEN", help="The token for --auth jwt.", rich_help_panel=PANEL),
    ] = field(default=None, repr=False)
