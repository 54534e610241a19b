"""`longhand decide`: show what a job asks a person, or answer it."""

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

import typer

from contract.answers import DecisionDetails
from contract.decision import MAX_COMMENT, Decision
from contract.job import MAX_COST_USD
from ops.decisions import describe_decided, find_decision, parse_corrections
from ops.errors import UserError
from ops.exit_codes import ExitCode
from ops.screen import Screen
from ops.target import open_target
from ops.target_options import TargetOptions

from .options import AsJson


class Choice(StrEnum):
    """What can be decided."""

    APPROVE = "approve"
    REJECT = "reject"


def decide(  # noqa: PLR0913 - an argument for each option
    decision: Annotated[str, typer.Argument(metavar="JOB_OR_DECISION", help="The job that waits, or its decision.")],
    options: TargetOptions,
    verdict: Annotated[Choice | None, typer.Argument(help="Without it, what there is to decide is shown.")] = None,
    *,
    max_cost: Annotated[
        float | None,
        typer.Option(metavar="USD", min=0, max=MAX_COST_USD, help="To approve a cost: the new limit of the whole job."),
    ] = None,
    corrections: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FIELD=VALUE", help="To approve findings: the right value of a field, or null."),
    ] = None,
    comment: Annotated[str | None, typer.Option(help=f"At most {MAX_COMMENT} characters.")] = None,
    as_json: AsJson = False,
) -> int:
    """Show or answer the question of a job that waits for a person.

    To approve a cost, name the new limit; if it is too small, the job asks again. To approve findings, name the values
    that are wrong, if any. A job that is rejected fails.

    For example:

      longhand decide report-7

      longhand decide report-7 approve --max-cost 2.50

      longhand decide invoice-3 approve --set amount=119.00 --set due=null --comment "as the letter says"

      longhand decide invoice-3:6 reject --comment "not ours"
    """
    screen, api = Screen.open(), open_target(options).api
    if verdict is None and (max_cost is not None or corrections or comment):
        raise UserError(ExitCode.USAGE, "nothing is decided without a verdict", "add approve or reject")
    found = find_decision(api, decision)
    if verdict is None:
        return _print_details(screen, api.decision(found), as_json=as_json)
    made = Decision(
        approve=verdict is Choice.APPROVE,
        max_cost_usd=max_cost,
        corrections=parse_corrections(corrections or ()),
        comment=comment,
    )
    decided = api.decide(found, made)
    if as_json:
        screen.print_json(decided.to_dict())
    else:
        screen.print_line(describe_decided(decided))
    return ExitCode.OK


def _print_details(screen: Screen, details: DecisionDetails, *, as_json: bool) -> int:
    if as_json:
        screen.print_json(details.to_dict())
        return ExitCode.OK
    screen.print_line(f"{details.id}: {details.state}", "yellow")
    names = {"question": details.message, "since": details.since, "until": details.until, "decided": details.at}
    names |= {"reviewer": details.reviewer, "comment": details.comment}
    screen.print_pairs({f"  {name}": text for name, text in names.items() if text})
    for finding in details.findings:
        screen.print_line(f"  {_describe_finding(finding)}")
    return ExitCode.OK


def _describe_finding(finding: Mapping[str, Any]) -> str:
    """Return one line: the value, how sure it is, and where it is in the document."""
    evidence = finding["evidence"]
    confidence = evidence.get("confidence")
    sure = "no confidence" if confidence is None else f"confidence {confidence:.2f}"
    value = json.dumps(finding["value"], ensure_ascii=False)
    return f"{finding['field']} = {value} ({sure}, page {evidence['page']}: {evidence['quote']})"
