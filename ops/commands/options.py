"""Options that several commands share."""

import json
from enum import StrEnum
from typing import Annotated

import typer

from ops.errors import UserError
from ops.exit_codes import ExitCode
from ops.laptop import ROOT

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]


class Profile(StrEnum):
    """The CDK app's profiles."""

    SMALL = "small"
    PRODUCTION = "production"


ProfileOption = Annotated[
    Profile | None, typer.Option(help="Size and safety of the stack.", show_default="as in cdk.json")
]

CdkContext = Annotated[
    list[str] | None, typer.Option("--context", "-c", help="KEY=VALUE for the CDK app; can be repeated.")
]


def read_default(key: str) -> str:
    """Return the value of cdk.json for a choice."""
    return str(json.loads((ROOT / "cdk.json").read_text())["context"][key])


def merge_context(context: CdkContext, **options: str | None) -> list[str]:
    """Return KEY=VALUE for the CDK app. A choice with an option of its own is refused as -c: the option is checked."""
    choices = context or []
    for key in options:
        if any(choice.partition("=")[0] == key for choice in choices):
            raise UserError(ExitCode.USAGE, f"use --{key} instead of -c {key}=")
    return [*(f"{key}={value}" for key, value in options.items() if value), *choices]


def confirm(question: str, *, is_confirmed: bool) -> None:
    """Ask, unless the command line has the answer. Raises UserError if it is no, or if no terminal can give one."""
    if is_confirmed:
        return
    try:
        answer = typer.confirm(question, err=True)
    except typer.Abort:
        raise UserError(ExitCode.USAGE, "the question was not answered", "add --yes without a terminal") from None
    if not answer:
        raise UserError(ExitCode.INTERRUPTED, "nothing was changed")
