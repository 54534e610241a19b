"""`longhand status`: where a job is. The exit code says it, too."""

import json
from typing import Annotated

import typer

from contract.answers import Done, Failed, NotFound, Waiting
from ops.api import Answer
from ops.exits import Exit
from ops.faults import Fault
from ops.progress import shown, words
from ops.screen import Screen
from ops.target import Target, open_target
from ops.watch import changes, exit_of
from ops.where import Where

from .options import AsJson


def status(
    job_id: Annotated[str, typer.Argument(metavar="JOB", help="The job's name.")],
    where: Where,
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
    screen, target = Screen.here(), open_target(where)
    if not as_json:
        screen.note(f"Using {target.name}")
    if watch:
        return follow(screen, target, job_id, as_json=as_json)
    return show(screen, target.api.status(job_id), as_json=as_json)


def follow(screen: Screen, target: Target, job_id: str, *, as_json: bool) -> int:
    """Look until the job has ended, and show what became of it."""
    answer: Answer | None = None
    try:
        with shown(screen, job_id) as see:
            for answer in changes(target.api, job_id):
                see(answer)
    except KeyboardInterrupt:
        remedy = f"./longhand status {job_id} --watch"
        raise Fault(Exit.INTERRUPTED, f"the job {job_id} goes on without anybody who looks", remedy) from None
    assert answer is not None
    return show(screen, answer, as_json=as_json)


def show(screen: Screen, answer: Answer, *, as_json: bool = False) -> int:
    """Print an answer and return its exit code."""
    if as_json:
        screen.json(answer.model_dump(mode="json", exclude_none=True))
        return exit_of(answer)
    match answer:
        case Done():
            screen.say(f"{answer.job_id}: done", "green")
            screen.pairs(_result(answer))
        case Failed():
            step = f", in step {answer.error.step}" if answer.error.step else ""
            screen.say(f"{answer.job_id}: failed{step}", "red")
            screen.pairs({"  code": answer.error.code, "  message": answer.error.message})
        case Waiting():
            screen.say(f"{answer.job_id}: waits for somebody", "yellow")
            screen.pairs({"  for": answer.message, "  until": answer.until, "  promise": answer.promise})
        case NotFound():
            screen.say(f"{answer.job_id}: there is no such job")
        case _:
            screen.say(f"{answer.job_id}: {words(answer)}")
    return exit_of(answer)


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
