"""`longhand status`: where a job is. The exit code says it, too."""

import json
from typing import Annotated

import typer

from contract.answers import Done, Failed, NotFound, Waiting
from ops.api import Answer
from ops.errors import UserError
from ops.exit_codes import ExitCode
from ops.progress import describe, show_progress
from ops.screen import Screen
from ops.target import Target, open_target
from ops.target_options import TargetOptions
from ops.watch import exit_code_of, watch_job

from .options import AsJson


def status(
    job_id: Annotated[str, typer.Argument(metavar="JOB", help="The job's name.")],
    where: TargetOptions,
    *,
    watch: Annotated[bool, typer.Option("--watch", help="Look until it has ended.")] = False,
    as_json: AsJson = False,
) -> int:
    """Show where a job is.

    Exit code: 0 done, 1 failed, 2 waits (for a worker, or for somebody's decision) or runs, 3 no such job, 4 canceled.

    For example:

      longhand status invoice-4f2a9c1b7e10

      longhand status report-7 --watch

      longhand status report-7 --json | jq .result.extractedData
    """
    screen, target = Screen.open(), open_target(where)
    if not as_json:
        screen.print_note(f"Using {target.name}")
    if watch:
        return follow(screen, target, job_id, as_json=as_json)
    return show(screen, target.api.status(job_id), as_json=as_json)


def follow(screen: Screen, target: Target, job_id: str, *, as_json: bool) -> int:
    """Look until the job has ended, and show what became of it."""
    answer: Answer | None = None
    try:
        with show_progress(screen, job_id) as see:
            for answer in watch_job(target.api, job_id):
                see(answer)
    except KeyboardInterrupt:
        remedy = f"./longhand status {job_id} --watch"
        raise UserError(ExitCode.INTERRUPTED, f"the job {job_id} goes on without anybody who looks", remedy) from None
    assert answer is not None
    return show(screen, answer, as_json=as_json)


def show(screen: Screen, answer: Answer, *, as_json: bool = False) -> int:
    """Print an answer and return its exit code."""
    if as_json:
        screen.print_json(answer.model_dump(mode="json", exclude_none=True))
        return exit_code_of(answer)
    match answer:
        case Done():
            screen.print_line(f"{answer.job_id}: done", "green")
            screen.print_pairs(_result(answer))
        case Failed():
            step = f", in step {answer.error.step}" if answer.error.step else ""
            screen.print_line(f"{answer.job_id}: failed{step}", "red")
            screen.print_pairs({"  code": answer.error.code, "  message": answer.error.message})
        case Waiting():
            screen.print_line(f"{answer.job_id}: waits for somebody", "yellow")
            screen.print_pairs({"  for": answer.message, "  until": answer.until, "  promise": answer.promise})
        case NotFound():
            screen.print_line(f"{answer.job_id}: there is no such job")
        case _:
            screen.print_line(f"{answer.job_id}: {describe(answer)}")
    return exit_code_of(answer)


def _result(answer: Done) -> dict[str, str]:
    """What a person wants to see of a result; --json shows all."""
    result = answer.result
    found = result.get("extractedData")
    values = found if isinstance(found, dict) else {}
    warnings = result.get("warnings") or []
    told = {
        "pages": result.get("pageCount"),
        "summary": result.get("summary"),
        **values,
        "stored": result.get("storedAt"),
        "notified": result.get("notifiedAt"),
        **({"warnings": "; ".join(map(str, warnings))} if warnings else {}),
    }
    return {f"  {name}": _text(value) for name, value in told.items() if value is not None}


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
