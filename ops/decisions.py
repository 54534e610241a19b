"""Answers the question that a job waits for: the one that its status shows at the time."""

from contract.answers import Decided, Waiting
from contract.decision import Decision

from .api import Api
from .errors import UserError
from .exit_codes import ExitCode
from .screen import Screen
from .target import open_target
from .target_options import TargetOptions


def decide(job_id: str, options: TargetOptions, *, max_cost_usd: float | None, as_json: bool) -> int:
    """Approve with a new limit, or reject without one; print the answer and return the exit code."""
    screen, target = Screen.open(), open_target(options)
    answer = _decide(target.api, job_id, max_cost_usd)
    if as_json:
        screen.print_json(answer.to_dict())
    else:
        screen.print_line(f"{job_id}: {'approved; the job continues' if answer.approve else 'rejected; the job fails'}")
    return ExitCode.OK


def _decide(api: Api, job_id: str, max_cost_usd: float | None) -> Decided:
    match api.status(job_id):
        case Waiting() as waiting:
            approve = max_cost_usd is not None
            return api.decide(job_id, Decision(promise=waiting.promise, approve=approve, max_cost_usd=max_cost_usd))
        case answer:
            sentence = f"the job {job_id} does not wait for approval: it is {answer.status}"
            raise UserError(ExitCode.REFUSED, sentence, f"see ./longhand status {job_id}")
