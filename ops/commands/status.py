"""`longhand status`: show the state of a job, also as the exit code."""

import json
from typing import Annotated

import typer

from contract.answers import Done, Failed, NotFound, Reason, Waiting
from ops.api import Answer
from ops.errors import UserError
from ops.exit_codes import ExitCode
from ops.job_watch import exit_code_of, watch_job
from ops.progress import describe, show_progress
from ops.screen import Screen
from ops.target import Target, open_target
from ops.target_options import TargetOptions

from .options import AsJson


def status(
    job_id: Annotated[str, typer.Argument(metavar="JOB", help="The job's id.")],
    options: TargetOptions,
    *,
    watch: Annotated[bool, typer.Option("--watch", help="Show each change until the job has ended.")] = False,
    as_json: AsJson = False,
) -> int:
    """Show the state of a job.

    Exit code: 0 done, 1 failed, 2 running or waiting (for a worker, or for a decision), 3 no such job, 4 canceled.

    For example:

      longhand status invoice-4f2a9c1b7e10

      longhand status report-7 --watch

      longhand status report-7 --json | jq .result.extractedData
    """
    screen, target = Screen.open(), open_target(options)
    if not as_json:
        screen.print_note(f"Using {target.name}")
    if watch:
        return watch_and_print(screen, target, job_id, as_json=as_json)
    return print_answer(screen, target.api.read_status(job_id), as_json=as_json)


def watch_and_print(screen: Screen, target: Target, job_id: str, *, as_json: bool) -> int:
    """Show the job's progress until it has ended, print its result, and return the exit code."""
    answer: Answer | None = None
    try:
        with show_progress(screen, job_id) as show:
            for answer in watch_job(target.api, job_id):
                show(answer)
    except KeyboardInterrupt:
        remedy = f"watch it again: ./longhand status {job_id} --watch"
        raise UserError(ExitCode.INTERRUPTED, f"stopped watching; the job {job_id} continues", remedy) from None
    assert answer is not None
    return print_answer(screen, answer, as_json=as_json)


def print_answer(screen: Screen, answer: Answer, *, as_json: bool = False) -> int:
    """Print an answer and return its exit code."""
    if as_json:
        screen.print_json(answer.to_dict())
        return exit_code_of(answer)
    match answer:
        case Done(revoked_at=str(revoked_at)):
            screen.print_line(f"{answer.job_id}: done, and its result was revoked at {revoked_at}", "red")
            screen.print_pairs({"  message": "its values must not be used any more"})
        case Done():
            screen.print_line(f"{answer.job_id}: done", "green")
            screen.print_pairs(_summarize(answer))
        case Failed():
            step = f", in step {answer.error.step}" if answer.error.step else ""
            screen.print_line(f"{answer.job_id}: failed{step}", "red")
            screen.print_pairs({"  code": answer.error.code, "  message": answer.error.message})
        case Waiting():
            screen.print_line(f"{answer.job_id}: waits for a decision", "yellow")
            named = answer.decision or answer.promise
            screen.print_pairs({"  reason": answer.message, "  until": answer.until, "  decision": named})
            limit = " --max-cost USD" if answer.reason is Reason.COST else ""
            screen.print_note(f"Decide with ./longhand decide {answer.job_id} approve{limit}, or reject")
        case NotFound():
            screen.print_line(f"{answer.job_id}: the job does not exist")
        case _:
            screen.print_line(f"{answer.job_id}: {describe(answer)}")
    return exit_code_of(answer)


def _summarize(answer: Done) -> dict[str, str]:
    """Return the values of a result that users look for; --json has all of them."""
    result = answer.result
    data = result.get("extractedData")
    warnings = result.get("warnings") or []
    values = {
        "pages": result.get("pageCount"),
        "summary": result.get("summary"),
        **(data if isinstance(data, dict) else {}),
        "stored": result.get("storedAt"),
        "notified": result.get("notifiedAt"),
        **({"warnings": "; ".join(map(str, warnings))} if warnings else {}),
    }
    return {f"  {name}": _format(value) for name, value in values.items() if value is not None}


def _format(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
