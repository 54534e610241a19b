"""Arguments and options that several commands have, in the same words."""

import json
from enum import StrEnum
from typing import Annotated

import typer

from ops.errors import UserError
from ops.exit_codes import ExitCode
from ops.laptop import ROOT

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a program.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


class Profile(StrEnum):
    """How large and how safe, as the CDK app has it."""

    SMALL = "small"
    PRODUCTION = "production"


ProfileOption = Annotated[Profile | None, typer.Option(help="How large and how safe.", show_default="that of cdk.json")]

CdkContext = Annotated[list[str] | None, typer.Option("--context", "-c", help="KEY=VALUE for the CDK app; repeatable.")]


def default_choice(key: str) -> str:
    """What the CDK app takes when nobody says this choice."""
    return str(json.loads((ROOT / "cdk.json").read_text())["context"][key])


def merge_choices(context: CdkContext, **options: str | None) -> list[str]:
    """Return KEY=VALUE for the CDK app. What has an option of its own is said by that alone: it is what is checked."""
    said = context or []
    for key in options:
        if any(word.partition("=")[0] == key for word in said):
            raise UserError(ExitCode.USAGE, f"-c {key}= is not looked at", f"say --{key}")
    return [*(f"{key}={value}" for key, value in options.items() if value), *said]
