"""Arguments and options that several commands have, in the same words."""

from enum import StrEnum
from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a program.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


class Profile(StrEnum):
    """How large and how safe, as the CDK app has it."""

    SMALL = "small"
    PRODUCTION = "production"


ProfileOption = Annotated[Profile, typer.Option(help="How large and how safe.")]

Context = Annotated[list[str] | None, typer.Option("--context", "-c", help="KEY=VALUE for the CDK app; repeatable.")]
