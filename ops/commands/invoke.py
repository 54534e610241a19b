"""`longhand invoke`: run a durable function, and print what it returns."""

import json
import secrets
from typing import Annotated, Any

import typer
from pydantic import JsonValue

from contract.api_value import read_json
from contract.functions import (
    InvocationAccepted,
    InvocationAnswer,
    InvocationDone,
    InvocationFailed,
    InvocationProcessing,
    make_id,
)
from ops.errors import UserError
from ops.exit_codes import ExitCode
from ops.job_watch import EXIT_CODES, PACE
from ops.screen import Screen
from ops.target import Target, open_target
from ops.target_options import TargetOptions

from .options import AsJson


def invoke(  # noqa: PLR0913 - an argument for each option
    function: Annotated[str, typer.Argument(metavar="NAME", help="The function's name.")],
    args: Annotated[
        list[str] | None, typer.Argument(metavar="[ARGS]...", help="Its arguments: JSON each, or else a text.")
    ] = None,
    *,
    options: TargetOptions,
    invocation_id: Annotated[
        str | None, typer.Option("--id", help="The invocation's id; made of function and arguments by default.")
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Start a new invocation even if the same one was made before.")
    ] = False,
    wait: Annotated[bool, typer.Option(help="Wait until the function has returned.")] = True,
    as_json: AsJson = False,
) -> int:
    """Run a durable function, and print what it returns.

    The same function with the same arguments is one invocation, which runs once; --again starts a new one. Ctrl-C ends
    the waiting, never the function. Put -- before an argument that begins with a dash.

    Exit code: as of longhand status.

    For example:

      longhand invoke factorial 10

      longhand invoke factorial 10 --stack Longhand

      longhand invoke factorial 20 --id mine --no-wait

      longhand invoke factorial 10 --json | jq .result
    """
    if again and invocation_id:
        raise UserError(ExitCode.USAGE, "--again makes a new id and --id sets one", "leave one of them out")
    screen, target = Screen.open(), open_target(options)
    name = make_id(function, secrets.token_hex(8)) if again else invocation_id
    accepted = target.api.invoke(function, [_parse_argument(word) for word in args or []], name)
    if not as_json:
        screen.print_note(f"Using {target.name}")
    answer = _wait(target, accepted) if wait else target.api.invocation(accepted.id)
    return _print_answer(screen, answer, as_json=as_json)


def _parse_argument(word: str) -> JsonValue:
    try:
        value: JsonValue = read_json(word, Any)
    except ValueError:
        return word
    return value


def _wait(target: Target, accepted: InvocationAccepted) -> InvocationAnswer:
    try:
        return target.api.wait_for_invocation(accepted.id, pace=PACE)
    except KeyboardInterrupt:
        remedy = f"wait for it again: the same command, or with --id {accepted.id}"
        raise UserError(
            ExitCode.INTERRUPTED, f"stopped waiting; the invocation {accepted.id} continues", remedy
        ) from None


def _print_answer(screen: Screen, answer: InvocationAnswer, *, as_json: bool) -> int:
    if as_json:
        screen.print_json(answer.to_dict())
    elif isinstance(answer, InvocationDone):
        screen.print_line(
            answer.result if isinstance(answer.result, str) else json.dumps(answer.result, ensure_ascii=False)
        )
    elif isinstance(answer, InvocationFailed):
        screen.print_line(f"{answer.id}: failed: {answer.error.code}: {answer.error.message}", "red")
    else:
        screen.print_line(f"{answer.id}: {answer.status}")
        if isinstance(answer, InvocationProcessing):
            screen.print_note(
                f"To wait for its result, give the same command without --no-wait, or with --id {answer.id}"
            )
    return EXIT_CODES[answer.status]
